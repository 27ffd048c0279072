/**
 * Which requests are forwarded. Beside what neither engine forwards, the web engine refuses what fetch
 * could not carry unchanged, and what Deno.serve lets through although HTTP forbids it.
 */
import type { Refusal } from "../../http/local_reply.ts";
import { COMMON_METHODS } from "../../http/methods.ts";
import { explainUnforwardable, type Target, targetOf } from "../../http/request_target.ts";
import {
  HOST_MISSING,
  refuseHost,
  refuseMethod,
  refuseTarget,
  refuseTransferEncoding,
} from "../shared/admission.ts";
import { refuseHeadSize, TOO_MANY_LINES } from "../shared/field_limits.ts";
import type { Limits } from "../engine.ts";
import { announcedLength, type Head } from "./head.ts";

/** Methods with which fetch sends no body. */
const BODILESS = new Set(["GET", "HEAD"]);

/** Bytes of a head beside method, target and field lines: blanks, version, line end, empty line. */
const HEAD_EXTRA_BYTES = "  HTTP/1.1\r\n\r\n".length;

/**
 * Checks a request.
 *
 * @param fallbackHost the host and port that Deno.serve puts into the URL if the client named none
 * @param limits how large a head may be; one of more than 64 KiB never gets here, Deno.serve answers it 400
 * @returns where the request goes, or why it is not forwarded
 */
export function admit(
  head: Head,
  fallbackHost: string,
  { maxHeaderSize, maxHeaderLines }: Pick<Limits, "maxHeaderSize" | "maxHeaderLines">,
): Target | Refusal {
  const { method, host, transferEncoding } = head;
  const early = refuseLargeHead(head, maxHeaderSize, maxHeaderLines) ?? refuseMethod(method) ??
    refuseCapitalized(method) ?? (host === undefined ? undefined : refuseHost(host));
  if (early !== undefined) return early;

  const target = targetOf(head.url, host);
  if (target === undefined) return refuseTarget(undefined)!;
  const late = (target.authority === host ? undefined : refuseTarget(target.authority)) ??
    (host === undefined ? refuseMissingHost(head, target, fallbackHost) : undefined) ??
    (transferEncoding === undefined ? undefined : refuseTransferEncoding(transferEncoding)) ??
    refuseBody(head);
  return late ?? target;
}

function refuseLargeHead(head: Head, maxBytes: number, maxLines: number): Refusal | undefined {
  const { method, url, host, fields, fieldsSize } = head;
  if (fields.length > maxLines) return TOO_MANY_LINES;
  const targetBytes = url.length - (url.indexOf("://") + 3) - (host?.length ?? 0);
  const headBytes = method.length + targetBytes + HEAD_EXTRA_BYTES + fieldsSize;
  return refuseHeadSize(targetBytes, headBytes, maxBytes);
}

/** fetch writes the methods that it knows in capitals, all but PATCH. */
function refuseCapitalized(method: string): Refusal | undefined {
  if (COMMON_METHODS.has(method)) return undefined;
  const capitalized = method.toUpperCase();
  if (capitalized === "PATCH" || !COMMON_METHODS.has(capitalized)) return undefined;
  return refuse("methods are case-sensitive, and fetch would capitalize this one");
}

/**
 * HTTP/2 has no Host, and Deno.serve does not say which version a request came in. But HTTP/2 has all
 * field names in lower case; and if there are no fields, its authority differs from the one that
 * Deno.serve puts in for a missing Host.
 */
function refuseMissingHost(
  { fields }: Head,
  { authority }: Target,
  fallbackHost: string,
): Refusal | undefined {
  const isHttp2 = fields.length === 0
    ? authority !== fallbackHost
    : fields.every(([name]) => name === name.toLowerCase());
  return isHttp2 ? undefined : HOST_MISSING;
}

/**
 * Refuses a request that fetch could not carry unchanged.
 *
 * @param path and query, as a backend would get them
 */
export function refuseUnforwardable(method: string, path: string): Refusal | undefined {
  if (method === "OPTIONS" && path === "/*") {
    return refuse("the target * cannot be forwarded by fetch");
  }
  const obstacle = explainUnforwardable(path);
  return obstacle === undefined ? undefined : refuse(obstacle);
}

function refuseBody(head: Head): Refusal | undefined {
  if (!BODILESS.has(head.method) || announcedLength(head) === 0) return undefined;
  return refuse("a GET or HEAD with a body cannot be forwarded by fetch");
}

function refuse(reason: string): Refusal {
  return { status: 400, reason };
}
