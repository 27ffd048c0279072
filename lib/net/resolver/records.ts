/** Takes what was asked for out of an answer, by the chain of CNAME records that leads to it. */
import { isIP } from "../is_ip.ts";
import type { DecodedMessage, ResourceRecord } from "./dns_packet.d.ts";
import { type Failure, failureOfRcode } from "./failure.ts";
import { canonicalName, isDnsName, type Question, type RecordType } from "./question.ts";

/** A longer chain is a mistake. */
const MAX_CNAMES = 16;

const SECOND_MS = 1000;

/** The largest TTL; a larger number counts as 0 (RFC 2181, 8). In seconds. */
const MAX_TTL = 2 ** 31 - 1;

/** The data of an SRV record (RFC 2782). */
export interface Service {
  /** The lowest is asked first. 0 to 65535. */
  readonly priority: number;
  /** The share among those of a priority. 0 to 65535. */
  readonly weight: number;
  readonly port: number;
  /** A name without a dot at its end; empty if the service is not to be had (`.`). */
  readonly target: string;
}

export interface Records<Data> {
  readonly data: readonly Data[];
  /** The smallest of the records and of the chain that leads to them. */
  readonly ttlMs: number;
}

export type Reply<Data> = Records<Data> | Pick<Failure, "kind" | "detail">;

const NAMES: Readonly<Record<RecordType, string>> = {
  A: "IPv4 address",
  AAAA: "IPv6 address",
  SRV: "SRV records",
};

const GARBAGE = { kind: "garbage", detail: "" } as const;

/** @returns the addresses, in the spelling that URLs have */
export function readAddresses(message: DecodedMessage, question: Question): Reply<string> {
  return readRecords(message, question, (data) => readAddress(data, question.type));
}

/** @returns those that are to be had, at least one */
export function readServices(message: DecodedMessage, question: Question): Reply<Service> {
  const reply = readRecords(message, question, readService);
  if (!("data" in reply)) return reply;
  const data = reply.data.filter(({ target }) => target !== "");
  if (data.length > 0) return { ...reply, data };
  return { kind: "no_data", detail: 'such service, as the target of its SRV record is "."' };
}

/** @param read a record's data; undefined if it is not valid */
function readRecords<Data>(
  { rcode, answers }: DecodedMessage,
  { name, type }: Question,
  read: (data: unknown) => Data | undefined,
): Reply<Data> {
  if (rcode !== "NOERROR") return failureOfRcode(rcode);
  const found = follow(answers, canonicalName(name), type);
  if (found === undefined) return GARBAGE;
  const { records, ttls } = found;
  if (records.length === 0) return { kind: "no_data", detail: NAMES[type] };
  const data = records.map((record) => read(record.data)).filter((item) => item !== undefined);
  // A message of which a part is nonsense may be nonsense elsewhere, too.
  if (data.length < records.length) return GARBAGE;
  return { data, ttlMs: Math.min(...ttls) * SECOND_MS };
}

/** @returns undefined if the chain has no end */
function follow(
  answers: readonly ResourceRecord[],
  name: string,
  type: RecordType,
): { readonly records: readonly ResourceRecord[]; readonly ttls: readonly number[] } | undefined {
  const ttls: number[] = [];
  const byName = Map.groupBy(
    answers.filter((record) => record.class === "IN"),
    (record) => canonicalName(record.name),
  );
  for (let cnames = 0; cnames <= MAX_CNAMES; cnames++) {
    const own = byName.get(name) ?? [];
    const records = own.filter((record) => record.type === type);
    const alias = own.find((record) => record.type === "CNAME");
    if (records.length > 0 || alias === undefined) {
      // One by one, as a thousand arguments are too many for some engines.
      for (const record of records) ttls.push(ttlOf(record));
      return { records, ttls };
    }
    ttls.push(ttlOf(alias));
    name = canonicalName(String(alias.data));
  }
  return undefined;
}

function ttlOf({ ttl = 0 }: ResourceRecord): number {
  return ttl > MAX_TTL ? 0 : ttl;
}

/** dns-packet makes `10.0.undefined.undefined` of data that was cut. */
function readAddress(data: unknown, type: RecordType): string | undefined {
  const version = type === "AAAA" ? 6 : 4;
  if (typeof data !== "string" || isIP(data) !== version) return undefined;
  return version === 4 ? data : new URL(`http://[${data}]`).hostname.slice(1, -1);
}

function readService(data: unknown): Service | undefined {
  const { priority, weight, port, target } = data as Partial<Service>;
  if (![priority, weight, port].every((number) => Number.isInteger(number))) return undefined;
  if (typeof target !== "string" || (target !== "." && !isDnsName(target))) return undefined;
  return { priority: priority!, weight: weight!, port: port!, target: canonicalName(target) };
}
