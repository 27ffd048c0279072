/**
 * What is asked for, and what is the right answer to it: known to the load, to the backend and to every
 * check.
 */
import { bytesOf } from "../../../lib/engines/tcp/http1/bytes.ts";

type Bytes = Uint8Array<ArrayBuffer>;

export interface Workload {
  readonly key: WorkloadKey;
  /** What stands above its table. */
  readonly title: string;
  readonly method: "GET" | "POST";
  readonly path: string;
  /** What is sent along, and must arrive. */
  readonly body: Bytes;
  /** The body of the right answer. */
  readonly answer: Bytes;
  readonly isTls: boolean;
}

export const WORKLOAD_KEYS = ["small", "64k", "post", "tls"] as const;
export type WorkloadKey = (typeof WORKLOAD_KEYS)[number];

const LARGE = 65_536;
const POSTED = 1_024;

const SMALL_BODY = bytesOf(
  "a small answer, of about as many bytes as the count of a thing in JSON ".padEnd(90, "."),
);
/** All values of a byte, and in no order that a piece of it in the wrong place would fit into. */
const LARGE_BODY = Uint8Array.from({ length: LARGE }, (_, index) => index * 31 + (index >> 8));
/** Letters, since it must fit into a string of Lua. */
const POST_BODY = Uint8Array.from(
  { length: POSTED },
  (_, index) => 97 + (index * 7 + (index >> 5)) % 26,
);
const NO_BODY = bytesOf("");

export const WORKLOADS: readonly Workload[] = [
  get("small", `GET of ${SMALL_BODY.length} bytes`, "/small", SMALL_BODY),
  get("64k", "GET of 64 KiB", "/64k", LARGE_BODY),
  {
    ...get("post", "POST of 1 KiB", "/post", bytesOf("as it should be")),
    method: "POST",
    body: POST_BODY,
  },
  {
    ...get("tls", `GET of ${SMALL_BODY.length} bytes over TLS`, "/small", SMALL_BODY),
    isTls: true,
  },
];

/** Asked for by the proxies on their own account, so not a request that came from a client. */
export const HEALTH_PATH = "/health";

/** All bytes of a request. */
export function requestOf({ method, path, body }: Workload): Bytes {
  const length = body.length === 0 ? "" : `Content-Length: ${body.length}\r\n`;
  const head = bytesOf(`${method} ${path} HTTP/1.1\r\nHost: bench.test\r\n${length}\r\n`);
  return new Uint8Array([...head, ...body]);
}

function get(key: WorkloadKey, title: string, path: string, answer: Bytes): Workload {
  return { key, title, method: "GET", path, body: NO_BODY, answer, isTls: false };
}
