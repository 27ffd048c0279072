/**
 * Stops a balancer under load, with a long download and a long upload under way, and counts what that cost.
 *
 * Use: `ENGINE=tcp deno run -A tests/bench/drain_under_load.ts`. Once with the default DRAIN_TIMEOUT: exits with 1
 * where the download or the upload did not arrive whole, a request sent before the SIGTERM was cut, or any answer
 * that had begun was; what is sent behind the SIGTERM may meet a closed connection, and is counted apart. Then with
 * DRAIN_TIMEOUT=1s, which is too short: the exit status must be 1, and the log must say how many were cut off.
 * Everything runs on loopback, as processes of its own.
 */
import { print } from "../../lib/logging/log.ts";
import { CountedCheck, whole, writeCounted } from "./counted_body.ts";
import { startSite } from "./counted_site.ts";
import { DrainLoad } from "./drain_load.ts";
import { isGone, MessageReader } from "./message_reader.ts";

const MIB = 1024 * 1024;
const DOWNLOAD = 20 * MIB;
const UPLOAD = 10 * MIB;
/** How long each of them takes, and when the balancer gets its SIGTERM, in milliseconds. */
const LONG = 6_000;
const STOP_AFTER = 2_000;
/** A balancer that has not stopped by then never will. */
const PATIENCE = 45_000;
const ENGINE = Deno.env.get("ENGINE") ?? "web";
const encoder = new TextEncoder();

/** How a stop went. */
interface Stop {
  /** Exit status; undefined if it did not end. */
  readonly status: number | undefined;
  readonly seconds: number;
  readonly download: string;
  readonly upload: string;
  readonly stoppedAt: number;
  readonly load: DrainLoad;
  /** What the balancer wrote on standard error. */
  readonly log: string;
}

const patient = await stopUnderLoad({});
report("DRAIN_TIMEOUT=30s", patient);
const hasty = await stopUnderLoad({ DRAIN_TIMEOUT: "1s" });
report("DRAIN_TIMEOUT=1s", hasty);
const reported = /^.*(?:cut off: [1-9]|[1-9]\d* requests? (?:were |was )?cut off).*$/m.exec(
  hasty.log,
);
print(`  it says: ${reported === null ? "NOTHING of requests cut off" : reported[0]}\n`);
Deno.exit(isSound(patient) && hasty.status === 1 && reported !== null ? 0 : 1);

async function stopUnderLoad(env: Record<string, string>): Promise<Stop> {
  await using site = await startSite({ env: { ENGINE, ...env } });
  const { port, balancer } = site;
  const [downloading, uploading] = [download(port), upload(port)];
  const load = new DrainLoad(port);
  await new Promise((resolve) => setTimeout(resolve, STOP_AFTER));
  const stoppedAt = performance.now();
  balancer.kill("SIGTERM");
  const status = await Promise.race([balancer.status(), late()]);
  const seconds = (performance.now() - stoppedAt) / 1000;
  if (status === undefined) balancer.kill("SIGKILL"); // ends what is waited for below, too
  await load.stop();
  return {
    status,
    seconds,
    download: await downloading,
    upload: await uploading,
    stoppedAt,
    load,
    log: balancer.stderr,
  };
}

function late(): Promise<undefined> {
  return new Promise((resolve) => Deno.unrefTimer(setTimeout(() => resolve(undefined), PATIENCE)));
}

async function download(port: number): Promise<string> {
  using connection = await Deno.connect({ hostname: "127.0.0.1", port });
  const target = `/download?size=${DOWNLOAD}&over=${LONG}`;
  await connection.write(encoder.encode(`GET ${target} HTTP/1.1\r\nHost: a.test\r\n\r\n`));
  const reader = new MessageReader(connection);
  const check = new CountedCheck();
  return await untilCut(async () => {
    const head = await reader.head();
    if (head !== null) await reader.body(head, (bytes) => check.take(bytes));
    return String(check);
  }, () => String(check));
}

async function upload(port: number): Promise<string> {
  using connection = await Deno.connect({ hostname: "127.0.0.1", port });
  const head = `POST /upload HTTP/1.1\r\nHost: a.test\r\nContent-Length: ${UPLOAD}\r\n\r\n`;
  await connection.write(encoder.encode(head));
  let pushed = 0;
  return await untilCut(async () => {
    await writeCounted(connection, UPLOAD, { over: LONG, onWritten: (bytes) => pushed += bytes });
    const reader = new MessageReader(connection);
    const head = await reader.head();
    let text = "";
    if (head !== null) await reader.body(head, (bytes) => text += new TextDecoder().decode(bytes));
    return text || "no answer";
  }, () => `${pushed} bytes pushed`);
}

/** How a transfer ended, and if it was cut off, after how much. */
async function untilCut(transfer: () => Promise<string>, soFar: () => string): Promise<string> {
  try {
    return await transfer();
  } catch (error) {
    if (!isGone(error)) throw error;
    return `${soFar()}, CUT: ${error.name}`;
  }
}

/** The load's requests that were sent before or after the SIGTERM, and ended in that way. */
function count({ load, stoppedAt }: Stop, when: "before" | "after", ...ends: string[]) {
  return load.sent.filter(({ at, end, first }) =>
    (at < stoppedAt) === (when === "before") &&
    (ends.length === 0 || ends.includes(end) ||
      ends.includes(`${end} ${first ? "first" : "later"}`))
  ).length;
}

function isSound(stop: Stop): boolean {
  return stop.status === 0 && stop.download === whole(DOWNLOAD) && stop.upload === whole(UPLOAD) &&
    count(stop, "before", "cut", "cut short") === 0 && count(stop, "after", "cut short") === 0;
}

function report(title: string, stop: Stop): void {
  const { load } = stop;
  const others = load.sent.filter(({ end, status }) => end === "answered" && status !== "200");
  const closing = load.sent.filter(({ closes }) => closes);
  print(
    `ENGINE=${ENGINE} ${title}: exit status ${stop.status ?? "NONE"}, ` +
      `${stop.seconds.toFixed(1)} s after SIGTERM\n` +
      `  download: ${stop.download}; upload: ${stop.upload}\n` +
      `  sent before SIGTERM: ${count(stop, "before")}, cut ${count(stop, "before", "cut")}, ` +
      `cut short ${count(stop, "before", "cut short")}\n` +
      `  sent after SIGTERM: ${count(stop, "after")}, ` +
      `cut ${count(stop, "after", "cut first")} on new connections, ` +
      `${count(stop, "after", "cut later")} on used ones, ` +
      `cut short ${count(stop, "after", "cut short")}\n` +
      `  answers with connection: close ${closing.length}, other than 200: ${others.length}; ` +
      `closed while idle ${load.closedIdle}, connections refused ${load.refused}\n`,
  );
}
