/** REQUEST_TIMEOUT of one request: from its head to the last byte of its response. */
import { Timed } from "../../time/timer_wheel.ts";
import type { TcpRequest } from "./request.ts";

export class RequestDeadline extends Timed {
  readonly #request: TcpRequest;

  constructor(request: TcpRequest) {
    super();
    this.#request = request;
  }

  override expire(): void {
    this.#request.expired = true;
    this.#request.client.cancel(this.#request);
  }
}
