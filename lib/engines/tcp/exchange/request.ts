/** A request to the tcp engine: the facts that the core needs, and the state of serving it. */
import type { DispatchedFacts, Way } from "../../shared/dispatch.ts";
import type { BackendConnection } from "../backend/connection.ts";
import { sameText, textOf } from "../http1/bytes.ts";
import { ForwardedHead } from "../http1/forwarded_head.ts";
import type { Scheme } from "../../../http/peer.ts";
import { protocolsOf } from "../../../http/upgrade.ts";
import { isLastRecipient, refuseMethod } from "../../shared/admission.ts";
import { CLIENT_GONE, EXPIRED, UPLOAD_EXPIRED } from "../../shared/failures.ts";
import type { Failed } from "../../../outcome.ts";
import { Malformed, throwIfRefused } from "../http1/malformed.ts";
import type { ToldClient } from "../../shared/told_client.ts";
import type { RequestDeadline } from "../../shared/request_deadline.ts";
import type { ClientConnection } from "../client/connection.ts";
import { Interim } from "../client/interim.ts";
import type { RequestHead } from "../http1/request_head.ts";
import type { Upload } from "./upload.ts";

export class TcpRequest implements DispatchedFacts {
  readonly method: string;
  readonly clientAddress: string;
  readonly scheme: Scheme;
  readonly listener: string;
  user: string | undefined;
  /** Undefined until its route is found. */
  way: Way | undefined;
  clientGone = false;
  expired = false;
  /** The bytes in which its head, and a short body, lie. */
  readonly bytes: Uint8Array<ArrayBuffer>;
  readonly head: RequestHead;
  readonly forwarded: ForwardedHead;
  /** Where a body ends that arrived together with the head; the end of the head if none did. */
  readonly end: number;
  /** The body, if it is still arriving. */
  upload: Upload | undefined;
  /** timeouts.request, if one is set. */
  deadline: RequestDeadline | undefined;
  /** The protocols that the client asks to change to (RFC 9110, 7.8). */
  readonly upgrade: string | undefined;
  /** The connection of the current attempt. */
  connection: BackendConnection | undefined;
  /** The status of the response to the client; 0 if none is sent. */
  status = 0;
  /** Why the response was not sent whole. */
  broken: Failed | undefined;
  /** Bytes of the response that are not its body. */
  overheadBytes = 0;
  readonly #client: ClientConnection;
  #path: string | undefined;
  #interim: Interim | undefined;

  /**
   * @param head of the request, complete in the client's inbox
   * @throws {Malformed} if it cannot be forwarded
   */
  constructor(client: ClientConnection, head: RequestHead) {
    const { bytes, filled } = client.inbox;
    this.#client = client;
    this.bytes = bytes;
    this.head = head;
    this.method = head.readMethod(bytes);
    this.clientAddress = client.address;
    this.scheme = client.scheme;
    this.listener = client.listener;
    this.upgrade = head.upgrade && head.minor === 1
      ? protocolsOf(textOf(bytes, head.upgradeStart, head.upgradeEnd))
      : undefined;
    throwIfRefused(refuseMethod(this.method));
    if (head.form === "asterisk" && this.method !== "OPTIONS") {
      throw new Malformed("the target * is for OPTIONS");
    }
    this.forwarded = new ForwardedHead(bytes, head, client.proxyLines, this.upgrade);
    const bodyEnd = head.end + Math.max(head.contentLength, 0);
    this.end = !head.chunked && bodyEnd <= filled ? bodyEnd : head.end;
  }

  /** Its client, as backends are told of it in PROXY headers. */
  get client(): ToldClient {
    return this.#client.told;
  }

  /** Interim responses to the client; undefined for HTTP/1.0, which has none. */
  get interim(): Interim | undefined {
    if (this.head.minor !== 1) return undefined;
    return this.#interim ??= new Interim(this.#client.outbox);
  }

  /** Whether an upload sends the body: it is chunked, or did not arrive whole with the head. */
  get hasMore(): boolean {
    const { head } = this;
    return head.chunked || head.contentLength > 0 && this.end === head.end;
  }

  /** Whether the client may wait for 100 (Continue) before it sends the body (RFC 9110, 10.1.1). */
  get expectsContinue(): boolean {
    return this.head.hasExpectOrMaxForwards && this.head.minor === 1 &&
      this.header("expect")?.toLowerCase() === "100-continue";
  }

  /** Whether the proxy must answer it itself (RFC 9110, 7.6.2). */
  get isLastHop(): boolean {
    return isLastRecipient(
      this.method,
      this.head.hasExpectOrMaxForwards ? this.header("max-forwards") : undefined,
    );
  }

  /** The value of Via, if there is one. */
  get via(): string | undefined {
    return this.head.forwarding.viaEnd > 0 ? this.header("via") : undefined;
  }

  get contentLength(): number | undefined {
    return this.head.contentLength === -1 ? undefined : this.head.contentLength;
  }

  get path(): string {
    const { targetStart, targetEnd } = this.head;
    return this.forwarded.path ?? (this.#path ??= textOf(this.bytes, targetStart, targetEnd));
  }

  get host(): string {
    if (this.forwarded.authority !== undefined) return this.forwarded.authority;
    // Nearly always that of the request before, and a text that is known is found faster in tables.
    const { hostStart, hostEnd } = this.head;
    return this.#client.lastHost = sameText(this.#client.lastHost, this.bytes, hostStart, hostEnd);
  }

  get id(): string {
    return this.requestId ?? "";
  }

  get requestId(): string | undefined {
    return this.forwarded.requestId ?? this.header("x-request-id");
  }

  header(name: string): string | undefined {
    return this.head.readField(this.bytes, name);
  }

  /** Milliseconds until timeouts.request, at least one; Infinity if none is set. @param now on the wheel */
  timeLeft(now: number): number {
    if (this.deadline === undefined) return Infinity;
    return this.expired ? 1 : Math.max(1, this.deadline.deadline - now);
  }

  /** Why no attempt may continue; undefined if one may. */
  get ended(): Failed | undefined {
    if (this.clientGone) return CLIENT_GONE;
    if (!this.expired) return undefined;
    return this.upload?.awaitsClient ? UPLOAD_EXPIRED : EXPIRED;
  }

  get hasUpload(): boolean {
    return this.upload !== undefined;
  }

  get bodySpent(): boolean {
    return this.upload?.spent ?? false;
  }
}
