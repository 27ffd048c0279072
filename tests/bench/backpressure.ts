/**
 * How much of a large body is accepted while the other side does not read, and how the balancer's memory grows.
 *
 * Use: `ENGINE=tcp deno run -A tests/bench/backpressure.ts`, on Linux; exits with 1 where more than 16 MiB went in,
 * or a body did not arrive whole and right. 400 MiB down and up: the reader takes the head, then nothing for 5 s,
 * then all. What the kernel's buffers hold counts, and is shown apart: a row without the balancer has one connection,
 * one with it has two, and the kernel widens what was read fast, at its own discretion (tcp_rmem, tcp_wmem).
 * Everything runs on loopback, as processes of its own.
 */
import { print } from "../../lib/logging/log.ts";
import { CountedCheck, whole, writeCounted } from "./counted_body.ts";
import { isGone, MessageReader } from "./message_reader.ts";
import { inKernel, residentMemory } from "../support/proc.ts";
import { end, freePort, listening, ROOT, spawn, spawnBalancer } from "./processes.ts";

const MIB = 1024 * 1024;
const SIZE = 400 * MIB;
const MOST = 16 * MIB;
/** What the balancer itself may hold of it, where the system holds more than that. */
const OURS = MIB;
const STALL = 5_000;
/** How long the body may take once its reader goes on, in milliseconds: ten times what it should. */
const PATIENCE = 30_000;
const ENGINE = Deno.env.get("ENGINE") ?? "web";
const encoder = new TextEncoder();

type Direction = "download" | "upload";
type Framing = "length" | "chunked";
type Path = "balancer" | "direct";

interface Row {
  readonly direction: Direction;
  readonly framing: Framing;
  readonly path: Path;
}

const ROWS: readonly Row[] = (["download", "upload"] as const).flatMap((direction) => [
  { direction, framing: "length", path: "balancer" },
  { direction, framing: "chunked", path: "balancer" },
  { direction, framing: "length", path: "direct" },
]);

/** A transfer whose receiver does not read for a while. */
interface Stall {
  /** Where it goes. */
  readonly port: number;
  readonly backendPort: number;
  readonly framing: Framing;
  /** Called when it has stood still long enough to be looked at. */
  readonly stalled: () => void;
}

/** A finished transfer: bytes accepted until the stall was over, and bytes received in the end. */
interface Transfer {
  readonly wentIn: number;
  readonly cameOut: string;
  readonly seconds: number;
}

print(`ENGINE=${ENGINE}, ${SIZE / MIB} MiB, nothing read for ${STALL / 1000} s behind the head\n`);
const sound = await Array.fromAsync(ROWS, measure);
Deno.exit(sound.every(Boolean) ? 0 : 1);

/** Each row has processes of its own, so that the peak of memory is its own as well. */
async function measure({ direction, framing, path }: Row): Promise<boolean> {
  const [port, backendPort] = [freePort(), freePort()];
  const backend = spawn([`${ROOT}tests/bench/counted_backend.ts`, String(backendPort)]);
  const balancer = spawnBalancer(port, [backendPort], { ENGINE, ADMIN_PORT: "off" });
  try {
    await Promise.all([listening(port), listening(backendPort)]);
    await warm(port);
    const memory = [residentMemory(balancer.pid)];
    let queued = 0;
    const { wentIn, cameOut, seconds } = await { download, upload }[direction]({
      port: path === "direct" ? backendPort : port,
      backendPort,
      framing,
      stalled() {
        memory.push(residentMemory(balancer.pid));
        queued = inKernel([port, backendPort]);
      },
    });
    await new Promise((resolve) => setTimeout(resolve, 2_000)); // the collector's turn
    memory.push(residentMemory(balancer.pid));
    const right = cameOut === whole(SIZE);
    // What the system's buffers take alone is no fault: some let one connection have 32 MiB.
    const little = wentIn <= MOST || path === "direct" || wentIn - queued <= OURS;
    const peak = residentMemory(balancer.pid, "VmHWM");
    const remembered = `; memory before, in the stall, after: ${
      memory.join(", ")
    } MB, peak ${peak} MB`;
    print(
      `${direction.padEnd(8)} ${framing.padEnd(7)} ${path.padEnd(8)} ` +
        `${mib(wentIn)} MiB went in${little ? "" : " (TOO MUCH)"}, ${
          mib(queued)
        } are in the kernel; ` +
        `then ${right ? "all, right" : cameOut} in ${seconds.toFixed(1)} s` +
        `${path === "direct" ? "" : remembered}\n`,
    );
    return right && little;
  } finally {
    await Promise.all([end(balancer), end(backend)]);
  }
}

async function download({ port, backendPort, framing, stalled }: Stall): Promise<Transfer> {
  using connection = await Deno.connect({ hostname: "127.0.0.1", port });
  const target = `/download?size=${SIZE}${framing === "chunked" ? "&chunked" : ""}`;
  await connection.write(encoder.encode(`GET ${target} HTTP/1.1\r\nHost: a.test\r\n\r\n`));
  const reader = new MessageReader(connection);
  const head = await reader.head();
  await new Promise((resolve) => setTimeout(resolve, STALL));
  stalled();
  const wentIn = Number(await ask(backendPort, "/written"));
  const check = new CountedCheck();
  return await finish(connection, wentIn, async () => {
    await reader.body(head!, (bytes) => check.take(bytes));
    return String(check);
  });
}

async function upload({ port, backendPort, framing, stalled }: Stall): Promise<Transfer> {
  using connection = await Deno.connect({ hostname: "127.0.0.1", port });
  const chunked = framing === "chunked";
  const line = chunked ? "Transfer-Encoding: chunked" : `Content-Length: ${SIZE}`;
  await connection.write(
    encoder.encode(`POST /upload?held HTTP/1.1\r\nHost: a.test\r\n${line}\r\n\r\n`),
  );
  let pushed = 0;
  const written = writeCounted(connection, SIZE, {
    chunked,
    onWritten: (bytes) => pushed += bytes,
  }).then(() => undefined, (error: unknown) => error); // it is looked at once the answer is there
  await new Promise((resolve) => setTimeout(resolve, STALL));
  stalled();
  const wentIn = pushed;
  await ask(backendPort, "/release");
  return await finish(connection, wentIn, async () => {
    const reader = new MessageReader(connection);
    const head = await reader.head();
    let text = "";
    if (head !== null) await reader.body(head, (bytes) => text += new TextDecoder().decode(bytes));
    const error = await written;
    return error === undefined ? text : `${head?.words.join(" ")} ${text} (${error})`;
  });
}

/** Does the rest of a transfer, for as long as patience lasts. */
async function finish(
  connection: Deno.Conn,
  wentIn: number,
  rest: () => Promise<string>,
): Promise<Transfer> {
  const startedAt = performance.now();
  let late = false;
  const timer = setTimeout(() => {
    late = true;
    connection.close();
  }, PATIENCE);
  const cameOut = await rest().catch((error: unknown) => {
    if (!isGone(error)) throw error;
    return late ? "NOT WHOLE" : `CUT OFF: ${error}`;
  });
  clearTimeout(timer);
  return { wentIn, cameOut, seconds: (performance.now() - startedAt) / 1000 };
}

/** Gets a first answer, so that what is loaded late is loaded; a balancer that starts may reset connections. */
async function warm(port: number): Promise<void> {
  for (let tries = 0; tries < 20; tries++) {
    if (await ask(port, "/").catch(() => undefined) === "ok") return;
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
  throw new Error("The balancer answers no request");
}

async function ask(port: number, target: string): Promise<string> {
  return await (await fetch(`http://127.0.0.1:${port}${target}`)).text();
}

function mib(bytes: number): string {
  return (bytes / MIB).toFixed(1).padStart(4);
}
