/** Bursts of wrk: a closed loop, which finds how much a proxy can do and says nothing fair of latency. */
import { textOf } from "../../../lib/engines/tcp/http1/bytes.ts";
import { pinned } from "../cores.ts";
import { outputOf } from "./programs.ts";
import type { Workload } from "./workloads.ts";

export interface Load {
  readonly url: string;
  readonly workload: Workload;
  readonly connections: number;
  readonly seconds: number;
  readonly cores: readonly number[];
  /** For its script. */
  readonly directory: string;
}

/** What wrk has counted. */
export interface Burst {
  readonly requests: number;
  /** As long as it really took, in seconds. */
  readonly seconds: number;
  /** All bytes that came, heads included, those of answers that were cut off at the end too. */
  readonly bytes: number;
  /** Sockets that failed, by how. */
  readonly errors: {
    readonly connect: number;
    readonly read: number;
    readonly write: number;
    readonly timeout: number;
    /** Answers with a status of 400 or more. */
    readonly status: number;
  };
}

export async function runWrk(load: Load): Promise<Burst> {
  const { url, workload, connections, seconds, cores, directory } = load;
  const script = `${directory}/wrk-${workload.key}.lua`;
  await Deno.writeTextFile(script, scriptOf(workload));
  const [program, ...words] = pinned(cores);
  const said = await outputOf(program!, [
    ...[...words, "wrk", "--threads", "1", "--connections", String(connections)],
    ...["--duration", `${seconds}s`, "--script", script, `${url}${workload.path}`],
  ]);
  const line = said?.text.split("\n").find((line) => line.startsWith("{"));
  if (line === undefined) throw new Error(`Cannot load ${url} as wrk says: ${said?.text}`);
  return JSON.parse(line);
}

/** The request never changes, so wrk calls Lua for none of them: once at the start, once at the end. */
function scriptOf({ method, body }: Workload): string {
  return `
wrk.method = "${method}"
${body.length === 0 ? "" : `wrk.body = "${textOf(body)}"`}
function done(summary)
  local errors = summary.errors
  print(string.format('{"requests":%d,"seconds":%f,"bytes":%d,"errors":' ..
    '{"connect":%d,"read":%d,"write":%d,"timeout":%d,"status":%d}}',
    summary.requests, summary.duration / 1e6, summary.bytes,
    errors.connect, errors.read, errors.write, errors.timeout, errors.status))
end
`;
}
