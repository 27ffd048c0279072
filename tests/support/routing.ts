/** Requests for the tests of routing. */
import type { RoutingFacts } from "../../lib/routing/facts.ts";

export interface WrittenRequest {
  readonly method?: string;
  readonly host?: string;
  readonly path?: string;
  readonly listener?: string;
  readonly client?: string;
  /** By their names in lower case. */
  readonly headers?: Readonly<Record<string, string>>;
}

/** The facts of a request, with what it does not say made up. */
export function facts({ headers = {}, ...request }: WrittenRequest): RoutingFacts {
  return {
    method: "GET",
    host: "a.test",
    path: "/",
    listener: "http",
    client: "192.0.2.1",
    ...request,
    header: (name) => Object.hasOwn(headers, name) ? headers[name] : undefined,
  };
}
