/** The part of npm:dns-packet 5.6.1 that is used here; the package has no types. */
import type { Buffer } from "node:buffer";

export interface Question {
  readonly name: string;
  readonly type: string;
  readonly class?: string;
}

/** `data` is whatever the type's decoder made of it, and may be nonsense: it is checked where it is used. */
export interface ResourceRecord {
  readonly name: string;
  readonly type: string;
  readonly class?: string;
  /** In seconds. */
  readonly ttl?: number;
  readonly data?: unknown;
  /** Of OPT: the largest datagram that is taken, in bytes. */
  readonly udpPayloadSize?: number;
}

export interface Message {
  readonly id: number;
  readonly type: "query" | "response";
  readonly flags: number;
  readonly questions: readonly Question[];
  readonly answers?: readonly ResourceRecord[];
  readonly additionals?: readonly ResourceRecord[];
}

export interface DecodedMessage extends Required<Message> {
  readonly opcode: string;
  readonly rcode: string;
  readonly flag_tc: boolean;
}

declare const dnsPacket: {
  readonly RECURSION_DESIRED: number;
  readonly TRUNCATED_RESPONSE: number;
  encode(message: Message): Uint8Array<ArrayBuffer>;
  /** @throws if the message is cut or malformed */
  decode(bytes: Buffer): DecodedMessage;
};

export default dnsPacket;
