/** A request that Deno.serve received, as the RequestFacts of the core. */
import { plainAddress } from "../../http/client_address.ts";
import { type Scheme, UNIX_PEER } from "../../http/peer.ts";
import { type Target, targetOf } from "../../http/request_target.ts";
import type { LoggedFacts } from "../shared/access_entry.ts";
import { CLIENT_GONE, EXPIRED, UPLOAD_EXPIRED } from "../shared/failures.ts";
import type { Field, Forwarding } from "../../http/headers.ts";
import type { WebSocketHandshake } from "../../http/websocket.ts";
import type { Failed } from "../../outcome.ts";
import type { DispatchedFacts, Way } from "../shared/dispatch.ts";
import type { RequestBody } from "./request_body.ts";
import { announcedLength, type Head, readField } from "./head.ts";
import type { Expirable } from "../shared/request_deadline.ts";

/** What Deno.serve gives a handler beside the request. */
export type ServeInfo = Deno.ServeHandlerInfo<Deno.NetAddr | Deno.UnixAddr>;

export class WebRequest implements DispatchedFacts, Expirable {
  readonly method: string;
  readonly path: string;
  readonly host: string;
  readonly clientAddress: string;
  readonly scheme: Scheme;
  /** HTTP/2 has no Host field; Deno.serve does not say whether HTTP/1 was 1.0 or 1.1. */
  readonly version: "1.1" | "2";
  readonly fields: readonly Field[];
  /** The name of the listener that it came in at. */
  readonly listener: string;
  body: RequestBody | undefined;
  readonly contentLength: number | undefined;
  user: string | undefined;
  /** Undefined until its route is found. */
  way: Way | undefined;
  clientGone = false;
  expired = false;
  /** The WebSocket that it asks for; undefined if it asks for none. */
  webSocket: WebSocketHandshake | undefined;
  /** The attempt under way, or the one whose response is being sent. */
  attempt: { abort(failure: Failed): void } | undefined;
  readonly #request: Request;
  /** The request id, if the client sent none. */
  #newId: string | undefined;

  constructor(
    request: Request,
    info: ServeInfo,
    head: Head,
    target: Target,
    { name, scheme }: { readonly name: string; readonly scheme: Scheme },
  ) {
    this.#request = request;
    this.method = head.method;
    this.path = target.path;
    this.host = target.authority;
    this.clientAddress = addressOf(info);
    this.fields = head.fields;
    this.listener = name;
    this.scheme = scheme;
    this.contentLength = announcedLength(head);
    this.version = head.host === undefined ? "2" : "1.1";
  }

  get id(): string {
    return this.header("x-request-id") ?? (this.#newId ??= crypto.randomUUID());
  }

  get requestId(): string | undefined {
    return this.#newId ?? this.header("x-request-id");
  }

  header(name: string): string | undefined {
    return readField(this.fields, name);
  }

  get hasUpload(): boolean {
    return this.body !== undefined;
  }

  get bodySpent(): boolean {
    return this.body?.spent ?? false;
  }

  /** Why it must not be attempted any longer; undefined if it may be. */
  get ended(): Failed | undefined {
    if (this.clientGone) return CLIENT_GONE;
    if (!this.expired) return undefined;
    return this.body?.awaitsClient ? UPLOAD_EXPIRED : EXPIRED;
  }

  cancel(): void {
    const { ended } = this;
    if (ended !== undefined) this.attempt?.abort(ended);
  }

  /** Calls back once the client has left, also if it left before this call. */
  whenClientGone(callback: () => void): void {
    const { signal } = this.#request;
    const leave = () => {
      this.clientGone = true;
      callback();
    };
    if (signal.aborted) leave();
    else signal.addEventListener("abort", leave);
  }

  /**
   * Accepts the WebSocket that it asks for. The response must be sent: Deno.serve ends if another one is.
   *
   * Deno would end one whose client does not answer its pings: timeouts.tunnelIdle is for that.
   */
  upgrade(): Deno.WebSocketUpgrade {
    return Deno.upgradeWebSocket(this.#request, { idleTimeout: 0 });
  }

  /** What the forwarded header fields need to know of it. */
  forwarding(trusted: boolean, instanceName: string): Forwarding {
    const { clientAddress, scheme, version, host } = this;
    return {
      clientAddress,
      trusted,
      scheme,
      version,
      instanceName,
      host,
      sentHost: this.way?.route.request?.host,
      newRequestId: () => this.#newId ??= crypto.randomUUID(), // the same for each attempt
      passesTrailers: false,
      passesExpect: false, // Deno.serve has answered it itself
    };
  }
}

/** What the log says of a request that is not forwarded, and may be invalid. */
export function identify(
  { method, url, host, fields }: Head,
  info: ServeInfo,
  listener: string,
): LoggedFacts {
  const header = (name: string) => readField(fields, name);
  return {
    clientAddress: addressOf(info),
    method,
    // The target of CONNECT is not a path (RFC 9112, 3.2.3).
    path: method === "CONNECT" ? url.replace(/^https?:\/\//, "") : targetOf(url, host)?.path ?? url,
    requestId: header("x-request-id"),
    host,
    listener,
    header,
  };
}

/** The address of the peer. */
function addressOf({ remoteAddr }: ServeInfo): string {
  return "hostname" in remoteAddr ? plainAddress(remoteAddr.hostname) : UNIX_PEER;
}
