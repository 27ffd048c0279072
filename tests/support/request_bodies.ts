/** Bodies of requests, and what fetch would send of them, for tests of the web engine. */
import type { RequestBody } from "../../lib/engines/web/request_body.ts";
import { concat } from "./strict_parser.ts";

export type Bytes = Uint8Array<ArrayBuffer>;

export const KIB = 1024;

/** A source that gives these chunks, each only when pulled, then its end or an error. */
export class Source {
  given = 0;
  cancelled = false;
  readonly stream: ReadableStream<Bytes>;

  constructor(chunk: (index: number) => Bytes | undefined | Error | Promise<Bytes>) {
    this.stream = new ReadableStream({
      type: "bytes", // as Deno.serve's are
      autoAllocateChunkSize: 64 * KIB,
      pull: async (controller) => {
        const next = await chunk(this.given);
        if (next instanceof Error) return controller.error(next);
        if (next === undefined) {
          controller.close();
          controller.byobRequest?.respond(0);
          return;
        }
        this.given++;
        const { byobRequest } = controller;
        const { buffer, byteOffset, byteLength } = byobRequest!.view!;
        if (next.length > byteLength) return controller.enqueue(next.slice());
        new Uint8Array(buffer, byteOffset).set(next);
        byobRequest!.respond(next.length);
      },
      cancel: () => void (this.cancelled = true),
    }, { highWaterMark: 0 });
  }
}

export const from = (chunks: readonly Bytes[]) => new Source((index) => chunks[index]);

export const nothing = () => {};

/** A reader for the bytes that fetch would send. */
export function readerOf(body: BodyInit): ReadableStreamDefaultReader<Bytes> {
  const stream = body instanceof Blob ? body.stream() : body as ReadableStream<Bytes>;
  return stream.getReader() as ReadableStreamDefaultReader<Bytes>;
}

export const open = (body: RequestBody, onProgress = nothing) => readerOf(body.open(onProgress));

/** Reads to the end. A chunk is valid only until the next one. @param most chunks, if there are more */
export async function read(
  reader: ReadableStreamDefaultReader<Bytes>,
  most = Infinity,
): Promise<Bytes> {
  const chunks: Bytes[] = [];
  while (chunks.length < most) {
    const { done, value } = await reader.read();
    if (done) break;
    chunks.push(value.slice());
  }
  return concat(chunks);
}

export const bytes = (text: string) => new TextEncoder().encode(text);
export const CHUNKS = ["one", "two", "three", "four"].map(bytes);
export const WHOLE = bytes("onetwothreefour");

export const filled = (size: number, value = 0): Bytes => new Uint8Array(size).fill(value);
