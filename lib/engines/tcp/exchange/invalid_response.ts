/** What it means for an attempt that its response is not valid, or over a limit of this program. */
import { type Failed, failed, overLimit } from "../../../outcome.ts";
import { RESPONSE_HAS_TOO_MANY_LINES } from "../../shared/failures.ts";
import { TRAILERS_LIMIT } from "../http1/chunked.ts";
import type { Malformed } from "../http1/malformed.ts";

/** The failure for what reading the response has thrown. */
export function invalidResponse({ reason, limit }: Malformed): Failed {
  if (limit === undefined) return failed("http_protocol_error", reason);
  if (limit === RESPONSE_HAS_TOO_MANY_LINES.limit) return RESPONSE_HAS_TOO_MANY_LINES;
  const isOfTrailers = limit === TRAILERS_LIMIT;
  const failure = isOfTrailers ? "http_response_trailer_section_size" : "http_protocol_error";
  return overLimit(failure, limit, reason);
}
