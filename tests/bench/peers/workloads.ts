/** The requests of the bench and the expected responses, shared by the load, the backends and the checks. */
import { bytesOf } from "../../../lib/engines/tcp/http1/bytes.ts";

type Bytes = Uint8Array<ArrayBuffer>;

export interface Workload {
  readonly key: WorkloadKey;
  /** The title of its table. */
  readonly title: string;
  readonly method: "GET" | "POST";
  readonly path: string;
  /** The body of the request, which must reach the backend unchanged. */
  readonly body: Bytes;
  /** The body of the expected response. */
  readonly answer: Bytes;
  readonly isTls: boolean;
}

export const WORKLOAD_KEYS = ["small", "64k", "post", "tls"] as const;
export type WorkloadKey = (typeof WORKLOAD_KEYS)[number];

const LARGE_BYTES = 65_536;
const POST_BYTES = 1_024;

const SMALL_BODY = bytesOf(
  "a small answer, of about as many bytes as the count of a thing in JSON ".padEnd(90, "."),
);
/** Has all byte values, and no repeated block: a misplaced piece is detected. */
const LARGE_BODY = Uint8Array.from(
  { length: LARGE_BYTES },
  (_, index) => index * 31 + (index >> 8),
);
/** Only letters, as it is written into a Lua string. */
const POST_BODY = Uint8Array.from(
  { length: POST_BYTES },
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

/** The path of the proxies' own probes, which are not counted as requests. */
export const HEALTH_PATH = "/health";

/** @returns all bytes of a request */
export function buildRequest({ method, path, body }: Workload): Bytes {
  const length = body.length === 0 ? "" : `Content-Length: ${body.length}\r\n`;
  const head = bytesOf(`${method} ${path} HTTP/1.1\r\nHost: bench.test\r\n${length}\r\n`);
  return new Uint8Array([...head, ...body]);
}

function get(key: WorkloadKey, title: string, path: string, answer: Bytes): Workload {
  return { key, title, method: "GET", path, body: NO_BODY, answer, isTls: false };
}
