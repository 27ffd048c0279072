/**
 * Clients on raw keep-alive connections, as many as there are requests under way. Nothing is ever sent twice
 * here, as fetch would do by itself, and whatever comes back is looked at byte by byte.
 */
import { Dialogue, type RawResponse } from "../../support/raw_client.ts";

/** How long a client waits, in milliseconds. */
const PATIENCE = 30_000;

/** The result of a request that went well; any other result says what went wrong. */
export const RIGHT = "200";

export class ClientPool implements Disposable {
  readonly #port: number;
  readonly #idle: Dialogue[] = [];

  constructor(port: number) {
    this.#port = port;
  }

  /**
   * Sends a request, once.
   *
   * @param body what a right answer holds
   * @returns {@linkcode RIGHT}, or what went wrong; never rejects for what the other side does
   */
  async exchange(request: Uint8Array<ArrayBuffer>, body: string): Promise<string> {
    let dialogue = this.#idle.pop();
    try {
      dialogue ??= await Dialogue.open(this.#port);
    } catch (error) {
      return `no connection: ${error instanceof Error ? error.name : error}`;
    }
    const response = await converse(dialogue, request);
    if (typeof response === "string") return response;
    if (response.field("connection") === "close") dialogue[Symbol.dispose]();
    else this.#idle.push(dialogue);
    return judge(response, body);
  }

  [Symbol.dispose](): void {
    for (const dialogue of this.#idle) dialogue[Symbol.dispose]();
  }
}

/** @returns the response, or why there is none; the connection is closed then */
async function converse(
  dialogue: Dialogue,
  request: Uint8Array<ArrayBuffer>,
): Promise<RawResponse | string> {
  let late = false;
  const timer = setTimeout(() => {
    late = true;
    dialogue[Symbol.dispose]();
  }, PATIENCE);
  try {
    await dialogue.send(request).catch(() => {}); // broken off: an answer may have come all the same
    return await dialogue.response();
  } catch {
    dialogue[Symbol.dispose]();
    if (late) return `nothing whole within ${PATIENCE / 1000} s`;
    const [, status] = /^HTTP\/1\.1 (\d{3}) [^]*\r\n\r\n/.exec(dialogue.received) ?? [];
    return status === undefined ? "closed without an answer" : `${status}, cut short`;
  } finally {
    clearTimeout(timer);
  }
}

function judge(response: RawResponse, body: string): string {
  if (response.status !== 200) {
    return `${response.status} ${response.field("proxy-status") ?? "of the backend"}`;
  }
  return new TextDecoder().decode(response.body) === body ? RIGHT : "200 with a wrong body";
}
