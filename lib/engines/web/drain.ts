/**
 * Stops the web engine without cutting requests off.
 *
 * Deno's `shutdown()` stops accepting and lets responses finish, but it fails request bodies that are
 * still arriving (denoland/deno#36809) and may hang. So it is called once no upload is under way; until
 * then new requests are served, and their responses close the connection.
 */
import type { Listening } from "../../net/http_server.ts";
import { runFor, waitUntil } from "../shared/drain.ts";
import type { OverloadGuard } from "../shared/overload.ts";
import type { RequestBody } from "./request_body.ts";

export class Drain {
  /** Whether responses should say `connection: close`. */
  draining = false;
  readonly #uploads = new Set<RequestBody>();

  /** Notes that a request's body is being received; undefined if it has none. */
  beginUpload(body: RequestBody | undefined): void {
    if (body !== undefined) this.#uploads.add(body);
  }

  /** Notes that its response is out, or that the client has left: what did not come is given up. */
  endUpload(body: RequestBody | undefined): void {
    if (body === undefined) return;
    this.#uploads.delete(body);
    if (!body.complete) body.cancel();
  }

  /**
   * Stops the listeners and waits for what is in flight.
   *
   * @param timeout in milliseconds, the grace included
   * @param grace how long connections are still accepted, in milliseconds
   * @returns how many requests were cut off
   */
  async run(
    listenings: readonly Listening[],
    requests: OverloadGuard,
    timeout: number,
    grace: number,
  ): Promise<number> {
    this.draining = true;
    const deadline = performance.now() + timeout;
    await runFor(grace, deadline);
    await waitUntil(() => !this.#isUploading(), deadline);
    let stopped = false;
    Promise.all(listenings.map((listening) => listening.shutdown())).then(() => stopped = true);
    await waitUntil(() => stopped && requests.inFlight === 0, deadline);
    return requests.inFlight;
  }

  #isUploading(): boolean {
    return [...this.#uploads].some((body) => !body.complete);
  }
}
