/**
 * A request's body, ready to be sent more than once.
 *
 * The bytes read are kept until they are more than {@linkcode KEPT_BYTES}. Until then another attempt
 * starts again from the first byte, then goes on with what the client still sends. After that the body
 * can be sent only once, and `spent` says so.
 *
 * fetch always gets a stream. If a pooled connection dies before the response, fetch sends a buffered
 * body of any method again, so a POST would be delivered twice; a stream it sends once
 * (tests/engines/web/fetch_resends_test.ts).
 */
import { announcedLength, type Head } from "./head.ts";
import { delay } from "@std/async/delay";
import type { Failed } from "../../outcome.ts";
import type { Wheel } from "../../time/timer_wheel.ts";
import { BODY_MALFORMED, BODY_TOO_LARGE, CLIENT_BROKE_OFF } from "../shared/failures.ts";
import { KeptPieces, Place } from "./kept_pieces.ts";
import { Pause } from "./pause.ts";
import { PieceReader } from "./piece_reader.ts";

/**
 * The bytes kept for another attempt: 64 KiB by design, plus the 128 KiB that Deno may read ahead even
 * before it has a connection to send them on. A refused connection must not cost the body.
 */
const KEPT_BYTES = 192 * 1024;

/** What Deno.serve says of a body whose chunks are not valid; if the client has left, it says otherwise. */
const INVALID_FRAMING = /invalid HTTP/;

/** A body of so many bytes is written by the time that fetch has taken its end; a longer one some time after. */
const WRITTEN_AT_ONCE = 64 * 1024;
const WRITTEN_MS = 1_000;

/**
 * After each of so many pieces fetch gets the time to look whether an answer has come. A backend that does
 * not want the body answers at its beginning and closes; what is written to it then ends the connection
 * before fetch has read the answer (tests/engines/early_answer_test.ts).
 */
const LOOKED_AFTER = 16;

/**
 * The body of a request; undefined if it has none.
 *
 * HTTP/2 may send a body without announcing it: for each of its methods Deno.serve gives a stream.
 */
export function receiveBody(request: Request, head: Head): RequestBody | undefined {
  const length = announcedLength(head);
  const unannounced = head.host === undefined && head.contentLength === undefined;
  if (length === 0 && !unannounced) return undefined;
  if (request.body === null) return undefined;
  return new RequestBody(request.body, unannounced ? undefined : length, !unannounced);
}

export class RequestBody {
  /** Bytes, as the client announced them; undefined for a chunked body. */
  readonly length: number | undefined;
  /** Whether bytes are gone that another attempt would have to send. */
  spent = false;
  /** How the client failed to send it: it left, or the framing was broken, or it is too large. */
  fault: Failed | undefined;
  /** The most bytes that it may have. */
  maxBytes = Infinity;
  /** Whether all of it has been read. */
  complete = false;
  readonly #source: PieceReader;
  readonly #kept = new KeptPieces();
  #readBytes = 0;
  /** When the attempt under way took the end of it, on the clock of performance.now(). */
  #takenAt = Infinity;
  #pause: Pause | undefined;
  #reading: Promise<void> | undefined;
  #sending = 0;

  /**
   * @param source from Deno.serve
   * @param length in bytes, as announced; undefined for a chunked or unannounced body
   * @param announced whether the head says that there is a body
   */
  constructor(
    source: ReadableStream<Uint8Array<ArrayBuffer>>,
    length: number | undefined,
    readonly announced = true,
  ) {
    this.#source = new PieceReader(source);
    this.length = length;
  }

  /** Whether bytes are awaited from the client: then a late response is not the backend's fault. */
  get awaitsClient(): boolean {
    return this.#reading !== undefined;
  }

  /** Whether an attempt is under way, and some of it may not have been written to the backend. */
  get isBeingSent(): boolean {
    const writing = this.#readBytes > WRITTEN_AT_ONCE ? WRITTEN_MS : 0;
    return this.#sending > 0 && performance.now() < this.#takenAt + writing;
  }

  /**
   * Whether there is a body. If it was not announced, this waits for its first byte or its end. A body that
   * breaks off before either is taken to be there, so that the request fails when the body is sent.
   */
  async isPresent(): Promise<boolean> {
    if (this.announced) return true;
    return await this.#next(new Place()).then((piece) => piece !== undefined, () => true);
  }

  /**
   * The body for one attempt, from its first byte. An earlier attempt gets nothing more.
   *
   * @param onProgress called with each piece that is sent, and at the end
   */
  open(onProgress: () => void): BodyInit {
    const sending = ++this.#sending;
    this.#takenAt = Infinity;
    this.#pause?.end();
    const place = new Place();
    let pieces = 0;
    const stream = new ReadableStream<Uint8Array<ArrayBuffer>>({
      pull: async (controller) => {
        const piece = await this.#next(place);
        if (pieces > 0 && pieces < LOOKED_AFTER && piece !== undefined) await delay(0);
        pieces++;
        if (this.#pause !== undefined) await this.#pause.over;
        if (sending !== this.#sending) return controller.error(new Error("superseded"));
        onProgress();
        if (piece === undefined) {
          this.#takenAt = performance.now();
          return controller.close();
        }
        if (this.spent) this.#kept.forgetBefore(place);
        controller.enqueue(piece);
      },
    }, { highWaterMark: 0 });
    return this.length === undefined ? stream : new SizedBody(stream, this.length);
  }

  /** Sends nothing more for that time. @param milliseconds on the wheel */
  pause(wheel: Wheel, milliseconds: number): void {
    if (this.#takenAt === Infinity) this.#pause = new Pause(wheel, milliseconds);
  }

  /** Gives up the bytes still to come, so that they do not hold the connection they come on. */
  cancel(): void {
    this.#sending++;
    this.#pause?.end();
    this.#source.cancel().catch(() => {}); // it has broken or ended already
  }

  /** The piece at that place, which moves behind it; undefined at the end. */
  async #next(place: Place): Promise<Uint8Array<ArrayBuffer> | undefined> {
    while (true) {
      const piece = this.#kept.take(place);
      if (piece !== undefined) return piece;
      if (this.complete) return undefined;
      await (this.#reading ??= this.#read());
    }
  }

  async #read(): Promise<void> {
    try {
      const piece = await this.#source.read();
      if (piece === undefined) {
        this.complete = true;
      } else if (piece.length > 0) { // Deno gives an empty piece for an empty body
        this.#kept.add(piece);
        this.#readBytes += piece.length;
        if (this.#readBytes > this.maxBytes) throw new RangeError("the body is too large");
        if (this.#readBytes > KEPT_BYTES) this.spent = true;
      }
    } catch (error) {
      this.fault = faultOf(error);
      throw error;
    } finally {
      this.#reading = undefined;
    }
  }
}

function faultOf(error: unknown): Failed {
  if (error instanceof RangeError) return BODY_TOO_LARGE;
  return INVALID_FRAMING.test(String(error)) ? BODY_MALFORMED : CLIENT_BROKE_OFF;
}

/**
 * A stream of known length. Of all bodies that fetch streams, it announces a Content-Length only for a
 * Blob; any other becomes chunked, which is not how the client sent it.
 */
class SizedBody extends Blob {
  readonly #stream: ReadableStream<Uint8Array<ArrayBuffer>>;
  readonly #length: number;

  constructor(stream: ReadableStream<Uint8Array<ArrayBuffer>>, length: number) {
    super();
    this.#stream = stream;
    this.#length = length;
  }

  override get size(): number {
    return this.#length;
  }

  override stream(): ReadableStream<Uint8Array<ArrayBuffer>> {
    return this.#stream;
  }
}
