import { connect } from "node:net";

/**
 * Makes a connection and resets it.
 *
 * @param talk what to do before, by default nothing
 */
export async function connectAndReset(
  port: number,
  talk: (send: (text: string) => void) => Promise<void> = () => Promise.resolve(),
): Promise<void> {
  const socket = connect(port, "127.0.0.1");
  await new Promise((resolve) => socket.once("connect", resolve));
  await talk((text) => socket.write(text));
  const closed = new Promise((resolve) => socket.once("close", resolve));
  socket.resetAndDestroy();
  await closed;
}
