/** The help of the program; that of a command is where the command is. */

export const HELP = `roundabout: an HTTP load balancer

Usage: roundabout [command] [words and flags]

  start        balance requests over the backends of USERS_SERVICE (the default command)
  demo         run three backends and a balancer in one process, to try things out
  backend      run one demo backend
  check        check the configuration, run its tests, and say where requests would go
  status       show how a running balancer and its backends are
  reload       make a running balancer read its configuration again
  drain        let a backend finish what it has, without new requests
  ready        let a backend have requests again
  weight       change a backend's share of the requests
  healthcheck  exit with 0 if the balancer on this machine is alive, or with --ready, ready
  cert         make a certificate for trying TLS out
  simulate     predict what clients see with other policies and settings
  help         print this text, or the help of a command: roundabout help simulate
  version      print the version

  -h, --help     print this text, or behind a command its help
  -v, --version  print the version

Settings are read from the environment and from .env in the working directory, and with --config FILE
or CONFIG from a configuration file; docs/configuration.md explains them.
Exit status: 0 stopped cleanly, 1 failed while running or cut requests off, 2 wrong usage or settings.
`;
