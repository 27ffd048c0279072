/**
 * A process of its own, as descriptors belong to processes and other tests open and close theirs.
 *
 * Use: `sockets_process.ts deno|epoll churn|lack`. It prints what it has found.
 *
 * - churn: connections are made, given up, reset and closed; what is open at last beside what was open before?
 * - lack: what do connect and accept say if no descriptor is left, and do they work again afterwards?
 */
import { delay } from "@std/async/delay";
import { classifyAcceptError } from "../../lib/net/accept_error.ts";
import { failedConnect } from "../../lib/net/connect_error.ts";
import { hasDescriptorLeft } from "../../lib/net/descriptors.ts";
import { IO } from "../../lib/net/io.ts";
import { formatFailure } from "../../lib/outcome.ts";
import {
  abstractPlace,
  failureOf,
  LISTENING,
  LOOPBACK,
  NEVER,
  pairOfBoth,
  placeOf,
} from "./both_sockets.ts";
import { DeafPort } from "./deaf_port.ts";

/** How often everything is done: of whatever is left each time, that many would be left. */
const TIMES = 100;

const [name, what] = Deno.args;
const sockets = await IO[name as keyof typeof IO]();
const found = what === "churn" ? await churn() : await lack();
await Deno.stdout.write(new TextEncoder().encode(JSON.stringify(found)));

async function churn() {
  await useAndClose(5); // whatever is opened once and stays open
  const before = await openDescriptors();
  await useAndClose(TIMES);
  const more = await openDescriptors() - before;
  return { areLeft: more > TIMES / 10 ? more : 0 }; // Deno opens some of its own now and then
}

async function useAndClose(times: number): Promise<void> {
  using deaf = await DeafPort.open();
  const deafPlace = { hostname: "127.0.0.1", port: Number(new URL(deaf.url).port) };
  for (let count = 0; count < times; count++) {
    const place = count % 2 === 0 ? LOOPBACK : abstractPlace();
    using pair = await pairOfBoth(sockets, place);
    await pair.tested.write(new Uint8Array(100));
    await pair.peer.read(new Uint8Array(10));
    if (count % 3 === 0) await pair.tested.closeWrite();
    if (count % 5 === 0) pair.peer.close(); // resets it, as bytes are unread
    const listener = sockets.listen(LOOPBACK, LISTENING);
    const waiting = await sockets.connect(placeOf(listener), NEVER);
    listener.close(); // with a connection that was not accepted
    waiting.close();
    const controller = new AbortController();
    const failing = failureOf(() => sockets.connect(deafPlace, controller.signal));
    if (count % 2 === 0) await delay(0);
    controller.abort();
    await failing;
    await failureOf(() => sockets.connect(placeOf(listener), NEVER)); // refused
    await failureOf(() => sockets.connect({ path: "/tmp/no-such.sock" }, NEVER));
    await failureOf(() => sockets.connect({ path: `/tmp/${"a".repeat(200)}` }, NEVER));
  }
}

/** Once all that is about to be closed is closed. */
async function openDescriptors(): Promise<number> {
  await delay(100);
  return (await Array.fromAsync(Deno.readDir("/proc/self/fd"))).length;
}

async function lack() {
  const listener = sockets.listen(LOOPBACK, LISTENING);
  const connected = await sockets.connect(placeOf(listener), NEVER);
  await delay(100); // for whatever is opened to wait with
  const files = openAllThatIsLeft();
  const connect = failedConnect(
    await failureOf(() => sockets.connect(placeOf(listener), NEVER)),
    hasDescriptorLeft,
  );
  const named = failedConnect(
    await failureOf(() => sockets.connect({ hostname: "localhost", port: 1 }, NEVER)),
    hasDescriptorLeft,
  );
  const accept = classifyAcceptError(await failureOf(() => listener.accept()));
  const again = classifyAcceptError(await failureOf(() => listener.accept()));
  for (const file of files) file.close();
  const accepted = await listener.accept(); // it was not lost
  await accepted.write(new Uint8Array(1));
  const received = await connected.read(new Uint8Array(1));
  for (const open of [listener, connected, accepted]) open.close();
  return { connect: formatFailure(connect), named: formatFailure(named), accept, again, received };
}

function openAllThatIsLeft(): Deno.FsFile[] {
  const files: Deno.FsFile[] = [];
  try {
    while (true) files.push(Deno.openSync("/dev/null"));
  } catch {
    return files;
  }
}
