/** The help texts of the commands; that of `simulate` is in lib/simulate/help.ts. */

export const HELP = `roundabout: an HTTP load balancer

Usage: roundabout [command] [flags]

  start        balance requests over the backends of USERS_SERVICE (the default command)
  demo         run three backends and a balancer in one process, to try things out
  backend      run one demo backend
  check        check the settings and print them with their defaults
  healthcheck  exit with 0 if the balancer on this machine is alive, or with --ready, ready
  simulate     predict what clients see with other policies and settings
  help         print this text, or the help of a command: roundabout help simulate
  version      print the version

  -h, --help     print this text, or behind a command its help
  -v, --version  print the version

Settings are read from the environment and from .env in the working directory;
docs/configuration.md lists them.
Exit status: 0 stopped cleanly, 1 failed while running or cut requests off, 2 wrong usage or settings.
`;

export const START_HELP = `roundabout start: balance requests over backends

Usage: roundabout [start]

  USERS_SERVICE='http://localhost:3001;http://localhost:3002' roundabout start

USERS_SERVICE lists the backends. All settings are variables of the environment or of .env in the
working directory; roundabout check prints them, docs/configuration.md explains them.

Ctrl-C, SIGTERM, SIGQUIT and SIGHUP let what is in flight finish, for DRAIN_TIMEOUT, and stop it. A
further one stops it at once, from a second after the first.
`;

export const DEMO_HELP = `roundabout demo: try things out

Usage: roundabout demo

Runs three backends and a balancer in one process, on loopback, and prints commands to try. Settings
apply as in roundabout start, except USERS_SERVICE and HOST:

  PORT=5050 POLICY=p2c roundabout demo
`;

export const BACKEND_HELP = `roundabout backend: run one demo backend

Usage: roundabout backend [--name NAME]

  --name NAME  what its responses call it (default backend)

It answers every request, and listens on HOST and PORT.
`;

export const CHECK_HELP = `roundabout check: check the settings

Usage: roundabout check

Prints every setting as it would be applied, or everything that is wrong with them, with exit status 2.
`;

export const HEALTHCHECK_HELP = `roundabout healthcheck: ask the balancer on this machine how it is

Usage: roundabout healthcheck [--ready]

  --ready  ask whether it should get requests (/readyz) instead of whether it is alive (/livez)

Exit status 0 if so, otherwise 1. It asks the admin port, which ADMIN_HOST and ADMIN_PORT name. With
ADMIN_PORT=off it asks HOST and PORT whether a balancer or a demo backend responds.

A balancer without a usable backend is alive and not ready: restarting it would not help. So whatever
restarts it should ask without --ready, and whatever waits for it or sends requests to it with --ready.
`;
