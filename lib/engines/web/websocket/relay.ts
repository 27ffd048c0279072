/**
 * Passes the messages of a WebSocket between its two sides, and how each of them closes. Deno's WebSocket
 * cannot stop reading: so what one side does not take is held here, up to a limit.
 */
import type { Failed } from "../../../outcome.ts";
import { Timed, type Wheel } from "../../../time/timer_wheel.ts";
import {
  BACKEND_BROKE_OFF,
  BACKEND_TOO_SLOW,
  CLIENT_GONE,
  CLIENT_TOO_SLOW,
  TUNNEL_IDLE,
} from "../../shared/failures.ts";
import { type Closure, closureFor, mayClientSend, mayServerSend, NO_CODE } from "./close_code.ts";

type Message = string | ArrayBuffer;

/**
 * What may wait for one side, in bytes, when another message comes for it. One as fast as the other lets
 * up to 13 MiB wait, as Deno reads what is there before it goes on writing.
 */
export const MAX_WAITING_BYTES = 16 * 1024 * 1024;

export interface RelayOptions {
  readonly wheel: Wheel;
  /** How long no message may pass, in milliseconds. */
  readonly idleTimeout: number;
  /** Called once it is over. @param broken why; undefined if one side has closed in due form */
  readonly onEnd: (broken: Failed | undefined) => void;
}

export class Relay extends Timed {
  /** Bytes of messages that were sent to the client. */
  sentBytes = 0;
  readonly #backend: WebSocket;
  #client: WebSocket | undefined;
  #options: RelayOptions | undefined;
  /** What the backend has sent before the client could be sent anything. */
  #early: Message[] = [];
  #earlyBytes = 0;
  /** How the client is closed once it is open, if that is known by then. */
  #closure: Closure | undefined;
  #over = false;
  #broken: Failed | undefined;
  readonly #clientClosed = Promise.withResolvers<void>();
  readonly #backendClosed = Promise.withResolvers<void>();

  /** @param backend open; no event of it must be lost until then */
  constructor(backend: WebSocket) {
    super();
    this.#backend = backend;
    backend.binaryType = "arraybuffer";
    backend.onmessage = ({ data }) => this.#toClient(data);
    backend.onerror = () => {}; // a close follows
    backend.onclose = (event) => {
      this.#backendClosed.resolve();
      if (event.wasClean) this.#finish(event, undefined);
      else this.end(BACKEND_BROKE_OFF);
    };
  }

  /** The subprotocol that the backend has chosen; empty for none. */
  get protocol(): string {
    return this.#backend.protocol;
  }

  /** Resolves when both sides have closed. */
  get closed(): Promise<void> {
    return Promise.all([this.#clientClosed.promise, this.#backendClosed.promise]).then(() => {});
  }

  /** Begins to pass messages. @param client about to open */
  open(client: WebSocket, options: RelayOptions): void {
    this.#client = client;
    this.#options = options;
    client.binaryType = "arraybuffer";
    client.onopen = () => this.#begin(client);
    client.onmessage = ({ data }) => this.#toBackend(data);
    client.onerror = () => {
      if (client.readyState === WebSocket.CONNECTING) this.#clientLeft(); // no close follows
    };
    client.onclose = (event) => this.#clientLeft(event);
    if (this.#over) options.onEnd(this.#broken);
    else options.wheel.set(this, options.idleTimeout);
  }

  /** To be called if the client leaves before its WebSocket is open, which says nothing of that. */
  noteClientGone(): void {
    if (this.#client?.readyState === WebSocket.CONNECTING) this.#clientLeft();
  }

  /** Closes both sides. */
  end(reason: Failed): void {
    this.#finish(closureFor(reason), reason);
  }

  override expire(): void {
    this.end(TUNNEL_IDLE);
  }

  #begin(client: WebSocket): void {
    for (const message of this.#early) this.#send(client, message);
    this.#early = [];
    if (this.#closure !== undefined) closeClient(client, this.#closure);
  }

  #toClient(message: Message): void {
    if (this.#over) return;
    const client = this.#client;
    if (client?.readyState === WebSocket.OPEN) {
      if (client.bufferedAmount > MAX_WAITING_BYTES) return this.end(CLIENT_TOO_SLOW);
      this.#send(client, message);
    } else {
      if (this.#earlyBytes > MAX_WAITING_BYTES) return this.end(CLIENT_TOO_SLOW);
      this.#early.push(message);
      this.#earlyBytes += typeof message === "string" ? message.length : message.byteLength;
    }
    this.#moved();
  }

  #toBackend(message: Message): void {
    if (this.#over) return;
    if (this.#backend.bufferedAmount > MAX_WAITING_BYTES) return this.end(BACKEND_TOO_SLOW);
    this.#backend.send(message);
    this.#moved();
  }

  /** A text has more bytes than characters: what waits grows by them at once. */
  #send(client: WebSocket, message: Message): void {
    const before = client.bufferedAmount;
    client.send(message);
    this.sentBytes += client.bufferedAmount - before;
  }

  #moved(): void {
    this.#options?.wheel.set(this, this.#options.idleTimeout);
  }

  /** @param event undefined if it had left before it was open */
  #clientLeft(event?: CloseEvent): void {
    this.#clientClosed.resolve();
    if (event?.wasClean) this.#finish(event, undefined);
    else this.#finish(NO_CODE, CLIENT_GONE);
  }

  /** Tells both sides that it is over; the one that has closed is not told again. */
  #finish(closure: Closure, broken: Failed | undefined): void {
    if (this.#over) return;
    this.#over = true;
    this.#broken = broken;
    closeBackend(this.#backend, broken === undefined ? closure : NO_CODE);
    if (this.#client?.readyState === WebSocket.OPEN) closeClient(this.#client, closure);
    else this.#closure = closure;
    this.#options?.wheel.remove(this);
    this.#options?.onEnd(broken);
  }
}

function closeClient(client: WebSocket, { code, reason }: Closure): void {
  if (mayServerSend(code)) client.close(code, reason);
  else client.close();
}

function closeBackend(backend: WebSocket, { code, reason }: Closure): void {
  if (mayClientSend(code)) backend.close(code, reason);
  else backend.close();
}
