/**
 * Counts what is in flight, and stops the server without cutting it off.
 *
 * Deno's `shutdown()` stops accepting and lets responses finish, but it fails request bodies that are
 * still arriving (denoland/deno#36809) and may hang. So it is called once no upload is under way;
 * until then new requests are served and told to come back on another connection.
 */
import type { RequestBody } from "./body.ts";
import type { Listening } from "./listen.ts";

/** How often a drain looks whether it is done, in milliseconds. */
const LOOK_MS = 20;

export class InFlight {
  /** Whether responses should say `connection: close`. */
  draining = false;
  count = 0;
  readonly #uploads = new Set<RequestBody>();

  /** @param body what is being uploaded; undefined where there is none */
  begin(body: RequestBody | undefined): void {
    this.count++;
    if (body !== undefined) this.#uploads.add(body);
  }

  /** The response is out, or the client is gone. @param body as it was begun with */
  end(body: RequestBody | undefined): void {
    this.count--;
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
    await this.#until(() => stopped && this.count === 0, deadline);
    return this.count;
  }

  #uploading(): boolean {
    return [...this.#uploads].some((body) => !body.complete);
  }

  /** Looks again and again: a drain is short, and no request pays for being waited for. */
  async #until(condition: () => boolean, deadline: number): Promise<void> {
    while (!condition() && performance.now() < deadline) {
      await new Promise((resolve) => setTimeout(resolve, LOOK_MS));
    }
  }
}
