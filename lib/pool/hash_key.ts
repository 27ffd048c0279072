/** `HASH_ON`: what of a request decides to which backend consistent hashing takes it. */
import { clientAddressOf, type IsTrusted } from "../http/trusted_proxies.ts";
import { cookieValues } from "../http/cookies.ts";
import type { HashOn } from "../config/model.ts";
import type { RequestFacts } from "../request_facts.ts";

/**
 * Makes the function that gives a request's key. A request that lacks the header or the cookie goes by
 * its client's address: else all of those would go to one backend.
 */
export function hashKeyOf(on: HashOn, isTrusted: IsTrusted): (request: RequestFacts) => string {
  const byAddress = (request: RequestFacts) => clientAddressOf(request, isTrusted);
  switch (on.by) {
    case "address":
      return byAddress;
    case "path":
      return ({ path }) => {
        const query = path.indexOf("?");
        return query === -1 ? path : path.slice(0, query);
      };
    case "header":
      return (request) => request.header(on.name) || byAddress(request);
    case "cookie":
      return (request) =>
        cookieValues(request.header("cookie"), on.name).find((value) => value !== "") ??
          byAddress(request);
  }
}
