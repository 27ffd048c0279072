/** DNS messages (RFC 1035, 4; EDNS: RFC 6891), by npm:dns-packet, which checks neither id nor question. */
import { Buffer } from "node:buffer";
// @ts-types="./dns_packet.d.ts"
import dnsPacket, { type DecodedMessage } from "dns-packet";
import { isSameName, type Question } from "./question.ts";

/** The largest datagram that we ask for, in bytes: it passes any network unfragmented (DNS flag day 2020). */
const MAX_DATAGRAM_BYTES = 1232;

/** @param id that the answer must have, 0 to 65535 */
export function encodeQuestion(
  { name, type }: Question,
  id: number,
): Uint8Array<ArrayBuffer> {
  return dnsPacket.encode({
    id,
    type: "query",
    flags: dnsPacket.RECURSION_DESIRED,
    questions: [{ name, type }],
    additionals: [{ name: ".", type: "OPT", udpPayloadSize: MAX_DATAGRAM_BYTES }],
  });
}

/**
 * Reads an answer. Anything else may come from somebody who guesses, and is not to be taken for one.
 *
 * @returns undefined if it is no answer to this question with this id
 */
export function decodeAnswer(
  bytes: Uint8Array,
  question: Question,
  id: number,
): DecodedMessage | undefined {
  const message = decodeMessage(bytes);
  if (message?.type !== "response" || message.id !== id || message.opcode !== "QUERY") {
    return undefined;
  }
  const [asked, ...others] = message.questions;
  const isAsked = asked !== undefined && others.length === 0 && asked.type === question.type &&
    asked.class === "IN" && isSameName(asked.name, question.name);
  return isAsked ? message : undefined;
}

/** @returns undefined if it is malformed */
export function decodeMessage(bytes: Uint8Array): DecodedMessage | undefined {
  try {
    // It reads by the methods of Node's buffers.
    return dnsPacket.decode(Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength));
  } catch {
    return undefined; // it throws for whatever is cut or malformed
  }
}
