/** The part of a request that consistent hashing uses as its key. */
import { clientAddressOf, type IsTrusted } from "../http/trusted_proxies.ts";
import { cookieValues } from "../http/cookies.ts";
import type { HashOn } from "../config/model.ts";
import type { RequestFacts } from "../request_facts.ts";

/**
 * Creates the function that returns a request's key. If the request lacks the header or the cookie, its
 * client's address is the key: an empty one would send all such requests to the same backend.
 */
export function createHashKey(on: HashOn, isTrusted: IsTrusted): (request: RequestFacts) => string {
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
