/** Runs wrk, a closed loop: it finds the throughput of a proxy, but is not fit to measure latency. */
import { textOf } from "../../../lib/engines/tcp/http1/bytes.ts";
import { pinned } from "../cores.ts";
import { runProgram } from "./programs.ts";
import type { Workload } from "./workloads.ts";

export interface Load {
  readonly url: string;
  readonly workload: Workload;
  readonly connections: number;
  readonly seconds: number;
  readonly cores: readonly number[];
  /** For its script. */
  readonly directory: string;
  /** Variables of its environment. */
  readonly env?: Record<string, string>;
}

/** What wrk counted. */
export interface Burst {
  readonly requests: number;
  /** How long it actually took. */
  readonly seconds: number;
  /** All bytes received, including heads and responses that were incomplete at the end. */
  readonly bytes: number;
  /** Errors by kind. */
  readonly errors: {
    readonly connect: number;
    readonly read: number;
    readonly write: number;
    readonly timeout: number;
    /** Responses with a status of 400 or more. */
    readonly status: number;
  };
}

export async function runWrk(load: Load): Promise<Burst> {
  const { url, workload, connections, seconds, cores, directory, env } = load;
  const script = `${directory}/wrk-${workload.key}.lua`;
  await Deno.writeTextFile(script, formatScript(workload));
  const [program, ...words] = pinned(cores);
  const said = await runProgram(program!, [
    ...[...words, "wrk", "--threads", "1", "--connections", String(connections)],
    ...["--duration", `${seconds}s`, "--script", script, `${url}${workload.path}`],
  ], env === undefined ? {} : { env });
  const line = said?.text.split("\n").find((line) => line.startsWith("{"));
  if (line === undefined) throw new Error(`Cannot load ${url} as wrk failed: ${said?.text}`);
  return JSON.parse(line);
}

/** The request never changes, so wrk calls Lua only at the start and the end, not for each request. */
function formatScript({ method, body }: Workload): string {
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
