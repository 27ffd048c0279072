/** The IPv4 and IPv6 addresses of one full name, asked for together. */
import { askServers, type AskServersOptions } from "./ask_servers.ts";
import { type Answer, type Endpoint, found, type Unanswered } from "./answer.ts";
import { type Failure, isNegative } from "./failure.ts";
import { readAddresses, type Records } from "./records.ts";

/** The result for one version of addresses. */
type Side = Records<string> | Failure;

const TYPES = { 4: "A", 6: "AAAA" } as const;

/**
 * One version that fails beside one that answers takes nothing away: what is known of its addresses stays.
 * And it is not waited for beyond the try that runs then, as some servers never answer one of the two.
 *
 * @param asked the full name
 * @param name of the endpoints
 * @throws the options' signal's reason
 */
export async function askAddresses(
  asked: string,
  name: string,
  options: AskServersOptions,
): Promise<Answer> {
  let hasAddresses = false;
  const ask = async (version: 4 | 6): Promise<Side> => {
    const side = await askServers({ name: asked, type: TYPES[version] }, readAddresses, {
      ...options,
      mayAskAgain: () => !hasAddresses,
    });
    hasAddresses ||= "data" in side;
    return side;
  };
  const [four, six] = await Promise.all([ask(4), ask(6)]);
  return combine(name, four, six);
}

function combine(name: string, four: Side, six: Side): Answer {
  if ("kind" in four && "kind" in six) return { kind: "no news", failure: worse(four, six) };
  const sides = [[4, four], [6, six]] as const;
  const endpoints: Endpoint[] = [];
  const unanswered: Unanswered[] = [];
  let ttlMs = Infinity;
  for (const [version, side] of sides) {
    if ("data" in side) {
      endpoints.push(...side.data.map((address) => ({ name, address })));
      ttlMs = Math.min(ttlMs, side.ttlMs);
    } else if (!isNegative(side)) {
      unanswered.push({
        name,
        version,
        failure: { ...side, subject: `${TYPES[version]} records` },
      });
    }
  }
  return found(endpoints, ttlMs, unanswered);
}

/** A failure says more than "no data", and that says more than "no such name". */
function worse(four: Failure, six: Failure): Failure {
  const real = [four, six].find((failure) => !isNegative(failure));
  if (real !== undefined) return real;
  const empty = [four, six].find(({ kind }) => kind === "no_data");
  return empty === undefined ? four : { ...empty, detail: "addresses" };
}
