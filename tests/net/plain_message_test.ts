import { assertEquals, assertMatch, assertThrows } from "@std/assert";
import { plainMessage, plainText } from "../../lib/net/plain_message.ts";

for (
  const [text, plain] of [
    ["Connection refused (os error 111)", "connection refused"],
    ["tcp connect error: Connection refused (os error 61)", "connection refused"],
    [
      "dns error: failed to lookup address information: Name or service not known",
      "name or service not known",
    ],
    ["connection error: Connection reset by peer (os error 104)", "connection reset by peer"],
    ["No such file or directory (os error 2): open '/nosuch'", "no such file or directory"],
    ["invalid peer certificate: UnknownIssuer", "invalid peer certificate: UnknownIssuer"],
    ["UnknownIssuer", "UnknownIssuer"],
    ["TLS close_notify missing", "TLS close_notify missing"],
    ["Interrupted", "interrupted"],
    ["connection closed before message completed", "connection closed before message completed"],
    ["", ""],
  ] as const
) {
  Deno.test(`plain message: "${text}" becomes "${plain}"`, () => {
    assertEquals(plainText(text), plain);
    assertEquals(plainMessage(new Error(text)), plain || "Error");
  });
}

Deno.test("plain message: an error without a message has its name, and what is no error its text", () => {
  assertEquals(plainMessage(new Deno.errors.TimedOut()), "TimedOut");
  assertEquals(plainMessage("odd"), "odd");
  assertEquals(plainMessage(undefined), "undefined");
});

Deno.test("plain message: of the system's own errors no number and no operation is left", () => {
  const error = assertThrows(() => Deno.readTextFileSync("/"));
  assertMatch((error as Error).message, /os error \d+.*: readfile/);
  assertEquals(plainMessage(error), "is a directory");
});
