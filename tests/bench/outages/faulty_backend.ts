/**
 * A backend that fails in a chosen way, and writes down each request that arrives whole before it does
 * anything else with it.
 *
 * Use: `deno run -A tests/bench/outages/faulty_backend.ts PORT LEDGER`. It says `done` once it listens, then takes
 * commands from standard input, one at a time, and says `done` after each: the name of a behaviour, or
 * - `flap`: refuse and serve alternately
 * - `break`: close all connections that are open
 * - `swallow`: listen, and let no connect come to an end
 *
 * It ends with its standard input, so that it never outlives the bench.
 */
import { once } from "node:events";
import { createServer, type Socket } from "node:net";
import { print } from "../../../lib/logging/log.ts";
import { concat, type ParsedRequest, parseRequest } from "../../support/strict_parser.ts";
import { type Behaviour, type BehaviourName, BEHAVIOURS, queue } from "./behaviours.ts";

const HOST = "127.0.0.1";
const FLAP_MS = 700;

const port = Number(Deno.args[0]);
const ledger = Deno.openSync(Deno.args[1]!, { create: true, append: true });
const encoder = new TextEncoder();
const open = new Set<Socket>();
const server = createServer(accept);
let behaviour: Behaviour = BEHAVIOURS.serve;
/** Ends what a command began that is more than a behaviour. */
let undo: () => Promise<void> = async () => {};

const COMMANDS: Record<string, () => void | Promise<void>> = {
  flap,
  break: breakConnections,
  swallow,
};

await listen();
print("done\n");
for await (const command of Deno.stdin.readable.pipeThrough(new TextDecoderStream())) {
  await obey(command.trim());
  print("done\n");
}
Deno.exit(0);

async function obey(command: string): Promise<void> {
  await undo();
  undo = async () => {};
  behaviour = BEHAVIOURS[command as BehaviourName] ?? BEHAVIOURS.serve;
  queue.slow = command === "slow";
  await COMMANDS[command]?.();
}

async function listen(): Promise<void> {
  server.listen(port, HOST);
  await once(server, "listening");
}

async function refuse(): Promise<void> {
  const closed = once(server, "close");
  server.close();
  breakConnections();
  await closed;
}

function breakConnections(): void {
  for (const socket of open) socket.destroy();
}

/** Refuses first; leaves it serving when it is undone. */
function flap(): void {
  let turns: Promise<void> = refuse();
  const turn = async () => await (server.listening ? refuse() : listen());
  const timer = setInterval(() => turns = turns.then(turn), FLAP_MS);
  undo = async () => {
    clearInterval(timer);
    await turns;
    if (!server.listening) await listen();
  };
}

/** A listener that accepts nothing, and whose backlog is full: Linux drops the SYNs that come then. */
async function swallow(): Promise<void> {
  await refuse();
  const full = Deno.listen({ hostname: HOST, port, tcpBacklog: 1 });
  const connects = await Promise.allSettled(
    Array.from(
      { length: 8 },
      () => Deno.connect({ hostname: HOST, port, signal: AbortSignal.timeout(100) }),
    ),
  );
  undo = async () => {
    full.close();
    for (const connect of connects) if (connect.status === "fulfilled") connect.value.close();
    await listen();
  };
}

function accept(socket: Socket): void {
  open.add(socket);
  socket.setNoDelay(true);
  socket.on("close", () => open.delete(socket));
  socket.on("error", () => {}); // the balancer may break a connection as it likes
  let received = new Uint8Array();
  let last: Promise<void> = Promise.resolve();
  socket.on("data", (part) => {
    received = concat([received, new Uint8Array(part)]);
    for (let parsed; (parsed = parseRequest(received)) !== undefined;) {
      received = received.slice(parsed.consumed);
      const entry = writeDown(parsed.request);
      last = last.then(() => behaviour(socket, entry)); // answers keep the order of the requests
    }
  });
}

/** @returns the entry by which the client knows the request; `-` if it is a request of the balancer itself */
function writeDown({ method, fields, body }: ParsedRequest): string {
  const entry = fields.find(([name]) => name === "x-entry")?.[1] ?? "-";
  ledger.writeSync(encoder.encode(`${Date.now()} ${method} ${entry} ${body.length}\n`));
  return entry;
}
