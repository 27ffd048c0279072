import { assertEquals } from "@std/assert";
import { balance } from "../../support/balancer.ts";
import { forwardedBy, get, values } from "../../support/forwarded.ts";

const forwarded = forwardedBy(balance);

Deno.test("forward: only characters that a URI must not hold are percent-encoded", async () => {
  const { seen } = await forwarded(get('/a"<>`{}\xc3\xa9?"<>`{}\xc3\xa9'));
  assertEquals(seen.target, "/a%22%3C%3E%60%7B%7D%C3%A9?%22%3C%3E`{}%C3%A9");
});

Deno.test("forward: a client's Accept-Encoding arrives unchanged, after the line that keeps fetch from decoding", async () => {
  const { seen } = await forwarded(get("/", "Accept-Encoding: gzip, br;q=0.5"));
  assertEquals(values(seen, "accept-encoding"), ["identity", "gzip, br;q=0.5"]);
});

Deno.test("forward: fetch adds only fields that mean the same as none", async () => {
  const { seen } = await forwarded(get("/", "X-Request-Id: mine"));
  assertEquals(seen.fields.map(([name, value]) => `${name}: ${value}`).sort(), [
    "accept-encoding: identity",
    "accept-language: *",
    "accept: */*",
    "host: a.test",
    "user-agent: ",
    "via: 1.1 roundabout",
    "x-forwarded-for: 127.0.0.1",
    "x-forwarded-host: a.test",
    "x-forwarded-proto: http",
    "x-request-id: mine",
  ]);
});

Deno.test("forward: Expect: 100-continue is answered here, and the body follows", async () => {
  const { response, seen } = await forwarded(
    "POST /v HTTP/1.1\r\nHost: a.test\r\nExpect: 100-continue\r\nContent-Length: 2\r\n\r\nok",
  );
  assertEquals([response.status, new TextDecoder().decode(seen.body)], [200, "ok"]);
  assertEquals(values(seen, "expect"), []);
});
