/** Receives what a client says first, or tells it why there will be no handshake. */
import { refusalReply } from "../../../http/local_reply.ts";
import { Buffers } from "../../../net/buffers.ts";
import type { Bytes, Connection } from "../../../net/connection.ts";
import { alertBytes } from "../../../tls/alert.ts";
import { type ClientHello, MAX_HELLO_BYTES, readClientHello } from "../../../tls/client_hello.ts";
import { localReplyBytes } from "../http1/local_reply_bytes.ts";

export interface ReceivedHello {
  readonly hello: ClientHello;
  /** All that was received. */
  readonly bytes: Bytes;
}

/** What the headers of records add to a hello, at most; and as much again for what follows it. In bytes. */
const RECORDS_BYTES = 512;

const KEPT_BUFFERS = 256;

const LARGES = new Buffers(MAX_HELLO_BYTES + RECORDS_BYTES, KEPT_BUFFERS);

/** The letters that methods begin with. */
const [A, Z] = [0x41, 0x5a];

/**
 * @param smalls buffers that most hellos fit into
 * @throws if what arrives is no ClientHello: then the client was told so, and the connection is to be closed
 */
export async function receiveHello(
  connection: Connection,
  smalls: Buffers,
): Promise<ReceivedHello> {
  let buffer = smalls.borrow();
  try {
    for (let filled = 0;;) {
      const size = await connection.read(buffer.subarray(filled));
      if (size === null) throw new Error("the client has left");
      filled += size;
      const hello = readClientHello(buffer.subarray(0, filled));
      if (hello === "invalid") return await refuseOther(connection, buffer[0]!);
      if (hello !== "incomplete") return { hello, bytes: buffer.slice(0, filled) };
      if (filled < buffer.length) continue;
      if (buffer.length === LARGES.size) throw new Error("the ClientHello is too long");
      const larger = LARGES.borrow();
      larger.set(buffer);
      smalls.giveBack(buffer);
      buffer = larger;
    }
  } finally {
    smalls.giveBack(buffer);
    LARGES.giveBack(buffer);
  }
}

/** Tells a client by an alert why there is no handshake. @throws the reason, for this side */
export function refuse(
  connection: Connection,
  alert: Parameters<typeof alertBytes>[0],
  reason: string,
): Promise<never> {
  return sendLast(connection, alertBytes(alert), reason);
}

/** What arrives is no ClientHello: whoever speaks HTTP without TLS is told so. @param first byte of it */
async function refuseOther(connection: Connection, first: number): Promise<never> {
  if (first < A || first > Z) {
    return await refuse(connection, "unexpectedMessage", "the client sent no ClientHello");
  }
  const reply = localReplyBytes(
    refusalReply({ status: 400, reason: "this port needs TLS: use https" }),
    "close",
    false,
  );
  return await sendLast(connection, reply, "the client speaks HTTP without TLS");
}

/** Closing with unread bytes would reset the connection, and overtake what is sent (RFC 9112, 9.6). */
async function sendLast(connection: Connection, bytes: Bytes, reason: string): Promise<never> {
  await connection.write(bytes);
  await connection.closeWrite();
  const rest = new Uint8Array(512);
  while (await connection.read(rest) !== null);
  throw new Error(reason);
}
