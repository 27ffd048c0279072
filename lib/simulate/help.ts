/** The help of `roundabout simulate`. */
import { MAX_DAYS, MAX_REQUESTS } from "./scenario/arrivals.ts";
import { SIMULATED_SETTINGS } from "./scenario/settings.ts";

const SETTINGS = SIMULATED_SETTINGS.join(", ").replace(/(.{1,88})(?:\s|$)/g, "  $1\n");

export const SIMULATE_HELP = `roundabout simulate: what clients would see

Runs the balancer's own policies, health checks and retries against simulated backends on a virtual
clock. The same flags and files always give the same result; the environment and .env are not read.

Usage: roundabout simulate [flags]

Requests:
  --rate N           mean number of requests a second, which arrive at random (default 250)
  --requests N       number of requests (default 100000)
  --posts P%         share of POSTs, which are not idempotent; the others are GETs (default 0%)
  --clients N        number of clients that send them (default 1000)
  --arrivals FILE    take the requests from FILE instead; each line is a time in seconds or an
                     access log entry in JSON; entries of refused requests are skipped, except those
                     over MAX_IN_FLIGHT

Backends and settings:
  --backends LIST    the backends, see below (default three of 20 ms and one of 100 ms)
  --policy NAME      the balancing policy (default round_robin)
  --compare          run all policies, and show them side by side
  --set NAME=VALUE   change a setting, named as in the environment; may be repeated
  --config FILE      take settings and the number of backends from a pool of a configuration file
  --pool NAME        that pool, if the file has several
  --scenario FILE    read flags from a JSON file, with settings in place of --policy and --set;
                     flags on the command line override it:
                     {"rate": 250, "backends": ["20ms", "100ms"], "settings": {"POLICY": "p2c"}}

Other:
  --seed N           seed of all random numbers (default 1)
  --json             print all results as JSON, with their units
  --help             print this help

If FILE is -, it is standard input.
A run has at most ${MAX_REQUESTS} requests and spans at most ${MAX_DAYS} days.

BACKENDS

Backends are separated by semicolons. Each begins with how long it works on a request:

  20ms                    always 20 ms
  uniform(5ms,15ms)       uniform from 5 to 15 ms
  exponential(20ms)       exponential with a mean of 20 ms
  lognormal(20ms,0.5)     lognormal with a median of 20 ms and a sigma of 0.5

Options follow, separated by spaces:

  capacity=8              work on at most 8 requests at a time, queue the others (default no limit)
  weight=2                share of requests relative to other backends, 1 to 100 (default 1)
  name=users-1            name in the report (default a, b, c and so on)

  refuses=10s-20s         refuse connections from 10 s to 20 s; at 10 s, drop all requests
  swallows=10s-20s        neither accept nor refuse connections
  breaks=10s-20s          accept requests, then close the connection without an answer
  hangs=10s-20s           accept requests and never answer
  errors=10s-20s          answer 500 at once
  slow=10s-20s*5          take 5 times as long for requests whose work starts in this period
  refuses=10s-40s/2s      from 10 s to 40 s, fail for 2 s, work for 2 s, and so on

Failures may be given more than once. If slow periods overlap, their factors multiply.

RESULTS

Latencies are of answered requests only, so a policy that causes errors may look fast. In sparklines
a dot is a part of the run without any attempt.

The model is simpler than reality:

  - Connections take no time, and timeouts are exact.
  - It models ENGINE=tcp. The web engine cannot distinguish a connection that is not accepted from a
    response that does not come.
  - Probes are answered in 0.1 ms: they do not queue, and slow= does not affect them.
  - Requests that hang use no capacity. Requests that the balancer gave up use it until their work
    is done.
  - Requests have no headers, cookies or bodies. The path of generated requests is /.
  - The client of an access log entry is the address of the peer, as that is what is logged.

SETTINGS

A simulation uses these settings:

${SETTINGS}
EXAMPLES

  roundabout simulate --compare
  roundabout simulate --backends '20ms;20ms;20ms refuses=10s-40s/2s' --posts 10% --set EJECT_AFTER=3
`;
