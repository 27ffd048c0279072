/** The help of `roundabout simulate`. */
import { MAX_DAYS, MAX_REQUESTS } from "./scenario/arrivals.ts";
import { SIMULATED_SETTINGS } from "./scenario/settings.ts";

const SETTINGS = SIMULATED_SETTINGS.join(", ").replace(/(.{1,88})(?:\s|$)/g, "  $1\n");

export const SIMULATE_HELP = `roundabout simulate: what clients would see

Runs the balancer's own policies, health rules and retry rules on a virtual clock, against simulated
backends. A run depends on its input alone, and is the same each time: the environment and .env are
not read.

Usage: roundabout simulate [flags]

  --backends TEXT    the backends, see below; by default three of 20 ms and one of 100 ms
  --rate N           requests a second, independent of each other: 250
  --requests N       how many: 100000
  --posts P%         the share of POSTs, which are not sent twice: 0%
  --clients N        how many clients they come from: 1000
  --seed N           another seed, another run: 1
  --policy NAME      how backends are picked: round_robin
  --compare          all policies, side by side
  --set NAME=VALUE   a setting, by its name in the environment; may be repeated
  --scenario FILE    JSON with the names of these flags, and "settings" in place of --set:
                     {"rate": 250, "backends": ["20ms", "100ms"], "settings": {"POLICY": "p2c"}}
                     What the command line says comes first.
  --arrivals FILE    when requests come, in place of rate, requests, posts and clients: a line each,
                     either seconds or a line of the access log in JSON; lines of requests that were
                     refused are skipped, but for those that MAX_IN_FLIGHT turned away
  --json             all figures as JSON, with their units
  --help             this text

A FILE of - is standard input; the compiled program may read no other. A run has ${MAX_REQUESTS}
requests and ${MAX_DAYS} days at most.

Latencies are of answered requests only: a policy with errors may look fast. In the lines of bars a
dot is a slice of the run without a single attempt.

Backends are separated by ; and begin with how long one works on a request:

  20ms                    always as long
  uniform(5ms,15ms)       from 5 to 15 ms, all alike
  exponential(20ms)       20 ms in the mean
  lognormal(20ms,0.5)     20 ms in the median, with a sigma of 0.5

Then options:

  capacity=8              works on 8 requests at a time, others wait in a queue; no limit without it
  weight=2                its share of requests, 1 to 100
  name=a                  a, b, c and so on by default, without those that others are given
  refuses=10s-20s         refuses connections from 10 s to 20 s, and drops what it was working on
  swallows=10s-20s        connections go unanswered
  breaks=10s-20s          accepts requests and closes the connection
  hangs=10s-20s           accepts requests and says nothing
  errors=10s-20s          answers 500 at once
  slow=10s-20s*5          takes 5 times as long over what it begins with in that time; where such
                          periods overlap, their factors multiply
  refuses=10s-40s/2s      fails for 2 s, is well for 2 s and so on, until 40 s are over

Failures may be repeated.

What is idealised: connections cost no time, and timeouts are exact to the millisecond and finer. It
is ENGINE=tcp that is modelled; the web engine cannot tell a connection that goes unanswered from an
answer that does not come. A probe is answered in 0.1 ms, waits in no queue and does not feel slow=.
Requests that hang take none of the capacity; those that the balancer gave up keep theirs until they
are done. The client of a line of the access log is the address of the peer, as that is what is
logged. Simulated requests have no headers, no cookies and no bodies; generated ones have the path /.

Settings that have a part in it:

${SETTINGS}
Examples:

  roundabout simulate --compare
  roundabout simulate --backends '20ms;20ms;20ms refuses=10s-40s/2s' --posts 10% --set EJECT_AFTER=3
`;
