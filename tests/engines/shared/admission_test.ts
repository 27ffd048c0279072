import { assertEquals } from "@std/assert";
import {
  isLastRecipient,
  refuseClimb,
  refuseHost,
  refuseMethod,
  refuseTarget,
  refuseTransferEncoding,
} from "../../../lib/engines/shared/admission.ts";

for (
  const [what, refusal, status] of [
    ...["CONNECT", "TRACE", "TRACK", "trace", "Connect"]
      .map((method) => [`the method ${method}`, refuseMethod(method), 405] as const),
    ...["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "get", "PROPFIND", "TRACES"]
      .map((method) => [`the method ${method}`, refuseMethod(method), undefined] as const),
    ...["", "a b", "a/b", "u@a", "a".repeat(513)]
      .map((host) => [`the Host "${host}"`, refuseHost(host), 400] as const),
    ...["a", "a:80", "[::1]:80", "a".repeat(512)]
      .map((host) => [`the Host "${host}"`, refuseHost(host), undefined] as const),
    ["the path /../a", refuseClimb("/../a"), 400],
    ["the path /a/../b", refuseClimb("/a/../b"), undefined],
    ["a target that is not an http URL", refuseTarget(undefined), 400],
    ...["", "u@a", "a:x", "a".repeat(513)]
      .map((authority) => [`the authority "${authority}"`, refuseTarget(authority), 400] as const),
    ["the authority a.test:80", refuseTarget("a.test:80"), undefined],
    ...["", "gzip", "gzip, chunked", "chunked, chunked", "identity"]
      .map((coding) => [`the coding "${coding}"`, refuseTransferEncoding(coding), 501] as const),
    ...["chunked", "Chunked"]
      .map((coding) =>
        [`the coding "${coding}"`, refuseTransferEncoding(coding), undefined] as const
      ),
  ] as const
) {
  const expected = status === undefined ? "is forwarded" : `is refused with ${status}`;
  Deno.test(`admission: ${what.slice(0, 60)} ${expected}`, () => {
    assertEquals(refusal?.status, status);
  });
}

for (
  const [method, maxForwards, expected] of [
    ["OPTIONS", "0", true],
    ["OPTIONS", "000", true],
    ["OPTIONS", "1", false],
    ["OPTIONS", "", false],
    ["OPTIONS", "x", false],
    ["OPTIONS", "0, 0", false],
    ["OPTIONS", undefined, false],
    ["GET", "0", false],
  ] as const
) {
  Deno.test(`admission: ${method} with Max-Forwards ${maxForwards} is ${expected ? "" : "not "}answered here`, () => {
    assertEquals(isLastRecipient(method, maxForwards), expected);
  });
}
