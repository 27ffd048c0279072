import { assertEquals, assertInstanceOf } from "@std/assert";
import { isPeerError } from "../../../lib/engines/tcp/exchange/peer_error.ts";
import { type AcceptError, classifyAcceptError } from "../../../lib/net/accept_error.ts";
import { failedConnect } from "../../../lib/net/connect_error.ts";
import { Libc } from "../../../lib/net/epoll/libc.ts";
import { systemError } from "../../../lib/net/epoll/system_error.ts";
import type { FailureKind } from "../../../lib/outcome.ts";

const { errors } = Deno;

/** Errors of Linux: by number, the code that Deno gives, and what musl calls it. */
const ERRORS = {
  EPERM: [1, "Operation not permitted"],
  ENOENT: [2, "No such file or directory"],
  EBADF: [9, "Bad file descriptor"],
  EAGAIN: [11, "Resource temporarily unavailable"],
  ENOMEM: [12, "Out of memory"],
  EACCES: [13, "Permission denied"],
  ENFILE: [23, "Too many open files in system"],
  EMFILE: [24, "No file descriptors available"],
  EPIPE: [32, "Broken pipe"],
  ENONET: [64, "Machine is not on the network"],
  EPROTO: [71, "Protocol error"],
  ENOPROTOOPT: [92, "Protocol not available"],
  EADDRINUSE: [98, "Address in use"],
  EADDRNOTAVAIL: [99, "Address not available"],
  ENETDOWN: [100, "Network is down"],
  ENETUNREACH: [101, "Network unreachable"],
  ECONNABORTED: [103, "Connection aborted"],
  ECONNRESET: [104, "Connection reset by peer"],
  ENOBUFS: [105, "No buffer space available"],
  ENOTCONN: [107, "Socket not connected"],
  ETIMEDOUT: [110, "Operation timed out"],
  ECONNREFUSED: [111, "Connection refused"],
  EHOSTDOWN: [112, "Host is down"],
  EHOSTUNREACH: [113, "Host is unreachable"],
} as const satisfies Readonly<Record<string, readonly [number, string]>>;

type Code = keyof typeof ERRORS;

const libc = new Libc();

/** An error as this system's C library calls it, and as musl does. */
const spellingsOf = (code: Code) => {
  const [number, text] = ERRORS[code];
  return [libc.error(number), systemError(number, text)];
};

/** What Deno says of it: it has a code as well. */
const denoErrorOf = (code: Code) => Object.assign(libc.error(ERRORS[code][0]), { code });

for (
  const [code, Class] of [
    ["EPERM", errors.PermissionDenied],
    ["EACCES", errors.PermissionDenied],
    ["ENOENT", errors.NotFound],
    ["EBADF", errors.BadResource],
    ["EAGAIN", errors.WouldBlock],
    ["EPIPE", errors.BrokenPipe],
    ["EADDRINUSE", errors.AddrInUse],
    ["EADDRNOTAVAIL", errors.AddrNotAvailable],
    ["ENETUNREACH", errors.NetworkUnreachable],
    ["ECONNABORTED", errors.ConnectionAborted],
    ["ECONNRESET", errors.ConnectionReset],
    ["ENOTCONN", errors.NotConnected],
    ["ETIMEDOUT", errors.TimedOut],
    ["ECONNREFUSED", errors.ConnectionRefused],
    ["EHOSTUNREACH", Error],
  ] as const satisfies (readonly [Code, new (message: string) => Error])[]
) {
  Deno.test(`system error: ${code} has the class ${Class.name}, as with Deno`, () => {
    for (const error of spellingsOf(code)) assertEquals(error.constructor, Class);
  });
}

Deno.test("system error: the message has the number, as with Deno, also of an error that nobody knows", () => {
  assertEquals(libc.error(111).message, "Connection refused (os error 111)");
  assertInstanceOf(libc.error(9_999), Error);
  assertEquals(libc.error(9_999).message.endsWith("(os error 9999)"), true);
});

for (
  const [kind, codes] of [
    ["lack", ["EMFILE", "ENFILE", "ENOBUFS", "ENOMEM"]],
    // Those that accept(2) names, and what Deno says of a client that has reset already.
    ["client gone", ["ECONNABORTED", "ECONNRESET", "ENOTCONN", "ETIMEDOUT", "ENETDOWN", "EPROTO"]],
    ["client gone", ["ENOPROTOOPT", "EHOSTDOWN", "ENONET", "EHOSTUNREACH", "ENETUNREACH"]],
    ["unknown", ["EPERM", "EBADF", "EACCES"]],
  ] as const satisfies (readonly [AcceptError, readonly Code[]])[]
) {
  for (const code of codes) {
    Deno.test(`system error: ${code} of accept is "${kind}", as with Deno`, () => {
      for (const error of [...spellingsOf(code), denoErrorOf(code)]) {
        assertEquals(classifyAcceptError(error), kind, error.message);
      }
    });
  }
}

for (
  const [failure, codes] of [
    ["connection_limit_reached", ["EMFILE", "ENFILE", "ENOBUFS", "ENOMEM"]],
    ["connection_limit_reached", ["EADDRINUSE", "EADDRNOTAVAIL", "EAGAIN"]],
    ["connection_refused", ["ECONNREFUSED"]],
    ["connection_timeout", ["ETIMEDOUT"]],
    ["destination_ip_unroutable", ["ENETUNREACH", "EHOSTUNREACH"]],
    ["destination_unavailable", ["ECONNRESET", "EPERM", "EACCES"]],
  ] as const satisfies (readonly [FailureKind, readonly Code[]])[]
) {
  for (const code of codes) {
    Deno.test(`system error: ${code} of connect is ${failure}, as with Deno`, () => {
      for (const error of [...spellingsOf(code), denoErrorOf(code)]) {
        assertEquals(failedConnect(error, () => true).failure, failure, error.message);
      }
    });
  }
}

for (
  const [failure, codes] of [
    ["connection_refused", ["ENOENT", "EAGAIN", "ECONNREFUSED"]],
    ["destination_unavailable", ["EACCES"]],
    ["connection_limit_reached", ["EMFILE"]],
  ] as const satisfies (readonly [FailureKind, readonly Code[]])[]
) {
  for (const code of codes) {
    Deno.test(`system error: ${code} of connect to a unix socket is ${failure}, as with Deno`, () => {
      for (const error of [...spellingsOf(code), denoErrorOf(code)]) {
        assertEquals(failedConnect(error, () => true, true).failure, failure, error.message);
      }
    });
  }
}

for (const code of ["ECONNRESET", "EPIPE", "ETIMEDOUT", "EHOSTUNREACH", "ENETUNREACH"] as const) {
  Deno.test(`system error: ${code} of a connection is an error of its peer`, () => {
    for (const error of spellingsOf(code)) assertEquals(isPeerError(error), true);
  });
}
