/**
 * Counts what is in flight, and stops the server without cutting it off.
 *
 * Deno's `shutdown()` stops accepting and lets responses finish, but it fails request bodies that are
 * still arriving (denoland/deno#36809) and may hang. So it is called once no upload is under way;
 * until then new requests are served and told to come back on another connection.
 */
import type { RequestBody } from "./body.ts";

/** How often a drain looks whether it is done, in milliseconds. */
const LOOK_MS = 20;

export class InFlight {
  /** Whether responses should say `connection: close`. */
  draining = false;
  count = 0;
  readonly #uploads = new Set<RequestBody>();
  readonly #end = () => void this.count--;

  /**
   * @param completed settles when the response is out or the client is gone
   * @param body what is being uploaded; undefined where there is none
   */
  begin(completed: Promise<void>, body: RequestBody | undefined): void {
    this.count++;
    completed.then(this.#end, this.#end);
    if (body === undefined) return;
    this.#uploads.add(body);
    const end = () => {
      this.#uploads.delete(body);
      if (!body.complete) body.cancel();
    };
    completed.then(end, end);
  }

  /**
   * @param timeout in milliseconds
   * @returns how many requests were cut off
   */
  async drain(server: Deno.HttpServer, timeout: number): Promise<number> {
    this.draining = true;
    const deadline = performance.now() + timeout;
    await this.#until(() => !this.#uploading(), deadline);
    let stopped = false;
    const stop = () => stopped = true;
    server.shutdown().then(stop, stop); // a listener that broke has stopped, too
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
