/** Sends one raw request through a balancer to one recording backend, and shows both ends of it. */
import { assertEquals } from "@std/assert";
import type { EngineTest } from "./each_engine.ts";
import { bytesOf, request } from "./raw_client.ts";
import { type Behaviour, ScriptedBackend } from "./scripted_backend.ts";
import type { ParsedRequest } from "./strict_parser.ts";

/** Makes the function that does it, over one engine. */
export function forwardedBy(balance: EngineTest["balance"]) {
  return async function forwarded(
    text: string,
    {
      behaviour = "serve" as Behaviour,
      prefix = "",
      trusted = false,
      instanceName = "roundabout",
    } = {},
  ) {
    await using backend = new ScriptedBackend("users-1", behaviour);
    await using balancer = balance([backend.url + prefix], {
      isTrusted: () => trusted,
      instanceName,
    });
    const response = await request(balancer.port, text);
    assertEquals(backend.ambiguous, []);
    return { response, seen: backend.requests[0]!, backend };
  };
}

/** The values of one field, line by line. */
export function values(seen: ParsedRequest, name: string): string[] {
  return seen.fields.filter(([n]) => n === name).map(([, value]) => value);
}

/** A GET with these lines after Host. */
export function get(path: string, ...lines: string[]): string {
  return ["GET " + path + " HTTP/1.1", "Host: a.test", ...lines, "", ""].join("\r\n");
}

/** A backend's answer: status, fields and body. */
export function reply(head: string, body = "") {
  return { reply: bytesOf(`HTTP/1.1 ${head}\r\n\r\n${body}`) };
}
