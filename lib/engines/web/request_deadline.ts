/** REQUEST_TIMEOUT of one request: from its head until its response is out. */
import { Timed } from "../../time/timer_wheel.ts";
import type { WebRequest } from "./request.ts";

export class RequestDeadline extends Timed {
  readonly #request: WebRequest;

  constructor(request: WebRequest) {
    super();
    this.#request = request;
  }

  override expire(): void {
    const request = this.#request;
    request.expired = true;
    if (request.ended !== undefined) request.attempt?.abort(request.ended);
  }
}
