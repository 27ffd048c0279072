/** The help of `roundabout simulate`. */
import { PART_NAMES } from "./settings.ts";

const SETTINGS = PART_NAMES.join(", ").replace(/(.{1,88})(?:\s|$)/g, "  $1\n");

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
                     either seconds or a line of the access log in JSON
  --json             all figures as JSON
  --help             this text

A FILE of - is standard input; the compiled program may read no other.

Backends are separated by ; and begin with how long one works on a request:

  20ms                    always as long
  uniform(5ms,15ms)       from 5 to 15 ms, all alike
  exponential(20ms)       20 ms in the mean
  lognormal(20ms,0.5)     20 ms in the median, with a sigma of 0.5

Then options:

  capacity=8              works on 8 requests at a time, others wait in a queue; no limit without it
  weight=2                its share of requests, 1 to 100
  name=a                  a, b, c and so on are the names by default
  refuses=10s-20s         refuses connections from 10 s to 20 s, and drops what it was working on
  swallows=10s-20s        connections go unanswered
  breaks=10s-20s          accepts requests and closes the connection
  hangs=10s-20s           accepts requests and says nothing
  errors=10s-20s          answers 500 at once
  slow=10s-20s*5          takes 5 times as long over what it begins with in that time
  refuses=10s-40s/2s      fails for 2 s, is well for 2 s and so on, until 40 s are over

Failures may be repeated.

Settings that have a part in it:

${SETTINGS}
Examples:

  roundabout simulate --compare
  roundabout simulate --backends '20ms;20ms;20ms refuses=10s-40s/2s' --posts 10% --set EJECT_AFTER=3
`;
