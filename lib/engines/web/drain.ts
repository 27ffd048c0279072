/**
 * Counts what is in flight, and stops the server without cutting it off.
 *
 * Deno's `shutdown()` stops accepting and lets responses finish, but it fails request bodies that are
 * still arriving (denoland/deno#36809) and may hang. So it is called once no upload is under way;
 * until then new requests are served and told to come back on another connection.
 */
import type { RequestBody } from "./request_body.ts";
import type { InFlightCount } from "../../shared_memory/in_flight_count.ts";
import type { Listening } from "../../net/http_server.ts";

/** How often a drain looks whether it is done, in milliseconds. */
const POLL_MS = 20;

export class InFlight {
  /** Whether responses should say `connection: close`. */
  draining = false;
  readonly #requests: InFlightCount;
  readonly #uploads = new Set<RequestBody>();

  /** @param requests that all workers have in flight */
  constructor(requests: InFlightCount) {
    this.#requests = requests;
  }

  /** @param most requests in flight @returns whether there is room for one more */
  begin(most: number): boolean {
    return this.#requests.acquire(most);
  }

  /** A request's body is being received; undefined where it has none. */
  receive(body: RequestBody | undefined): void {
    if (body !== undefined) this.#uploads.add(body);
  }

  /** The response is out, or the client is gone. @param body as it was received */
  end(body: RequestBody | undefined): void {
    this.#requests.release();
    if (body === undefined) return;
    this.#uploads.delete(body);
    if (!body.complete) body.cancel();
  }

  /**
   * @param timeout in milliseconds
   * @param grace for how long clients are still served, and told to come back on another connection
   * @returns how many requests were cut off
   */
  async drain(listening: Listening, timeout: number, grace: number): Promise<number> {
    this.draining = true;
    const deadline = performance.now() + timeout;
    if (grace > 0) await new Promise((resolve) => setTimeout(resolve, grace));
    await this.#until(() => !this.#uploading(), deadline);
    let stopped = false;
    const stop = () => stopped = true;
    listening.shutdown().then(stop);
    await this.#until(() => stopped && this.#requests.own === 0, deadline);
    return this.#requests.own;
  }

  #uploading(): boolean {
    return [...this.#uploads].some((body) => !body.complete);
  }

  /** Looks again and again: a drain is short, and no request pays for being waited for. */
  async #until(condition: () => boolean, deadline: number): Promise<void> {
    while (!condition() && performance.now() < deadline) {
      await new Promise((resolve) => setTimeout(resolve, POLL_MS));
    }
  }
}
