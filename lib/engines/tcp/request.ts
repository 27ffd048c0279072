/** A request that the tcp engine received, as the facts that the core asks for. */
import type { RequestFacts } from "../../request_facts.ts";
import type { BackendConnection } from "./backend/connection.ts";
import { textOf } from "./http1/bytes.ts";
import { ForwardedHead } from "./http1/forwarded_head.ts";
import { refuseMethod } from "../shared/admission.ts";
import { CLIENT_GONE, EXPIRED, UPLOAD_EXPIRED } from "../shared/failures.ts";
import type { Expirable } from "../shared/request_deadline.ts";
import type { Failed } from "../../outcome.ts";
import { Malformed, throwIfRefused } from "./http1/malformed.ts";
import type { Timed, Wheel } from "../../time/timer_wheel.ts";
import type { Interim } from "./client/interim.ts";
import type { ProxyLines } from "./http1/proxy_lines.ts";
import type { RequestHead } from "./http1/request_head.ts";
import type { Upload } from "./upload.ts";

/** What a request asks of the connection that it came on. */
export interface RequestClient {
  readonly address: string;
  readonly proxyLines: ProxyLines;
  readonly context: { readonly wheel: Pick<Wheel, "now"> };
  readonly interim: Interim | undefined;
  cancel(request: TcpRequest): void;
}

export class TcpRequest implements RequestFacts, Expirable {
  readonly method: string;
  readonly clientAddress: string;
  clientGone = false;
  expired = false;
  /** The bytes that its head, and a short body, stand in. */
  readonly bytes: Uint8Array<ArrayBuffer>;
  readonly head: RequestHead;
  readonly forwarded: ForwardedHead;
  /** Where a body ends that arrived together with the head; the head's end where there is none. */
  readonly end: number;
  /** A body that is still on its way. */
  upload: Upload | undefined;
  /** REQUEST_TIMEOUT, where one is set. */
  deadline: Timed | undefined;
  /** Protocols that the client would change to (RFC 9110, 7.8). */
  readonly upgrade: string | undefined;
  /** Where an attempt is under way. */
  connection: BackendConnection | undefined;
  readonly client: RequestClient;
  /** The status of what the client gets. */
  status = 0;
  /** Why the response did not get through whole. */
  broken: string | undefined;

  /** @throws {Malformed} where it cannot be forwarded */
  constructor(
    client: RequestClient,
    bytes: Uint8Array<ArrayBuffer>,
    filled: number,
    head: RequestHead,
  ) {
    this.client = client;
    this.bytes = bytes;
    this.head = head;
    this.method = head.methodOf(bytes);
    this.clientAddress = client.address;
    this.upgrade = head.upgrade && head.minor === 1 ? protocolsOf(bytes, head) : undefined;
    throwIfRefused(refuseMethod(this.method));
    if (head.form === "asterisk" && this.method !== "OPTIONS") {
      throw new Malformed("the target * is for OPTIONS");
    }
    this.forwarded = new ForwardedHead(bytes, head, client.proxyLines, this.upgrade);
    const bodyEnd = head.end + Math.max(head.contentLength, 0);
    this.end = !head.chunked && bodyEnd <= filled ? bodyEnd : head.end;
  }

  /** Whether more body comes than arrived together with the head. */
  get hasMore(): boolean {
    const { head } = this;
    return head.chunked || head.contentLength > 0 && this.end === head.end;
  }

  /** Whether the client may wait for 100 (Continue) before it sends the body (RFC 9110, 10.1.1). */
  get expectsContinue(): boolean {
    return this.head.ruled && this.head.minor === 1 &&
      this.header("expect")?.toLowerCase() === "100-continue";
  }

  get path(): string {
    const { targetStart, targetEnd } = this.head;
    return this.forwarded.path ?? textOf(this.bytes, targetStart, targetEnd);
  }

  get host(): string {
    if (this.forwarded.authority !== undefined) return this.forwarded.authority;
    return textOf(this.bytes, this.head.hostStart, this.head.hostEnd);
  }

  header(name: string): string | undefined {
    const wanted = name.toLowerCase();
    const separator = wanted === "cookie" ? "; " : ", "; // RFC 9113, 8.2.3
    let found: string | undefined;
    this.head.forEachValue(this.bytes, wanted, (value) => {
      found = found === undefined ? value : `${found}${separator}${value}`;
    });
    return found;
  }

  /** Milliseconds until REQUEST_TIMEOUT, at least one; Infinity where none is set. */
  get timeLeft(): number {
    if (this.deadline === undefined) return Infinity;
    if (this.expired) return 1;
    return Math.max(1, this.deadline.deadline - this.client.context.wheel.now);
  }

  /** Why no attempt is to go on with it; undefined where one may. */
  get ended(): Failed | undefined {
    if (this.clientGone) return CLIENT_GONE;
    if (!this.expired) return undefined;
    return this.upload?.awaitsClient ? UPLOAD_EXPIRED : EXPIRED;
  }

  cancel(): void {
    this.client.cancel(this);
  }

  get hasUpload(): boolean {
    return this.upload !== undefined;
  }

  get bodySpent(): boolean {
    return this.upload?.spent ?? false;
  }
}

/**
 * What Upgrade asks for, without HTTP/2 in the clear: h2c is obsolete (RFC 9113, 3.1), and what a
 * backend would speak in such a tunnel would pass every rule here unseen.
 */
function protocolsOf(bytes: Uint8Array, head: RequestHead): string | undefined {
  const protocols = textOf(bytes, head.upgradeStart, head.upgradeEnd).split(",")
    .map((protocol) => protocol.trim())
    .filter((protocol) => protocol !== "" && !/^h2/i.test(protocol));
  return protocols.length === 0 ? undefined : protocols.join(", ");
}
