import {
  assert,
  assertEquals,
  assertMatch,
  assertNotEquals,
  assertStrictEquals,
} from "@std/assert";
import { Backend } from "../../lib/backends/backend.ts";
import { Sticky, type StickyOptions } from "../../lib/pool/sticky.ts";
import { backendsOf, equal, facts } from "../support/fakes.ts";

function stickyOver(backends: readonly Backend[], options: Partial<StickyOptions> = {}): Sticky {
  const secret = "a secret of the tests";
  return new Sticky({ backends, cookie: "lb", secret, isSecure: () => false, ...options });
}

const sending = (cookie: string) =>
  facts({ header: (name) => name === "cookie" ? cookie : undefined });

/** The Cookie header that a browser sends back. */
const sentBack = (setCookie: string | undefined) => setCookie!.split(";")[0]!;

Deno.test("sticky: a client without the cookie gets one, which leads back to the same backend", () => {
  const backends = backendsOf(equal(3));
  const sticky = stickyOver(backends);
  for (const backend of backends) {
    assertStrictEquals(sticky.findBackend(facts()), undefined);
    const setCookie = sticky.cookieFor(facts(), backend);
    assertMatch(setCookie!, /^lb=[\w-]{22}; Path=\/; HttpOnly; SameSite=Lax$/);
    const request = sending(`theme=dark; ${sentBack(setCookie)}`);
    assertStrictEquals(sticky.findBackend(request), backend);
    assertEquals(sticky.cookieFor(request, backend), undefined);
  }
});

Deno.test("sticky: if another backend answers, the client gets that one's cookie", () => {
  const [a, b] = backendsOf(equal(2));
  const sticky = stickyOver([a!, b!]);
  const request = sending(sentBack(sticky.cookieFor(facts(), a!)));
  const moved = sticky.cookieFor(request, b!);
  assertStrictEquals(sticky.findBackend(sending(sentBack(moved))), b);
});

Deno.test("sticky: on an encrypted connection the cookie is Secure", () => {
  const [a] = backendsOf([1]);
  const sticky = stickyOver([a!], { isSecure: () => true });
  assertMatch(sticky.cookieFor(facts(), a!)!, /; SameSite=Lax; Secure$/);
});

Deno.test("sticky: a cookie that names no backend is ignored and replaced", () => {
  const [a] = backendsOf([1]);
  const sticky = stickyOver([a!]);
  const good = sentBack(sticky.cookieFor(facts(), a!));
  for (
    const cookie of [
      "lb=",
      "lb=a:5000",
      `${good}x`,
      good.slice(0, -1),
      good.toUpperCase(),
      `x${good}`,
    ]
  ) {
    assertStrictEquals(sticky.findBackend(sending(cookie)), undefined, cookie);
    assertEquals(sentBack(sticky.cookieFor(sending(cookie), a!)), good);
  }
});

Deno.test("sticky: of several cookies of the same name, the one that names a backend counts", () => {
  const [a] = backendsOf([1]);
  const sticky = stickyOver([a!]);
  const good = sentBack(sticky.cookieFor(facts(), a!));
  assertStrictEquals(sticky.findBackend(sending(`lb=old; ${good}`)), a);
});

Deno.test("sticky: cookies stay valid over a restart, in another order, and when backends come and go", () => {
  const urls = ["http://a:1", "http://b:1", "http://c:1"];
  const over = (urls: string[]) => urls.map((url) => new Backend({ url, weight: 1 }));
  for (const secret of ["a secret of the tests", undefined]) {
    const [a, b, c] = over(urls);
    const before = stickyOver([a!, b!, c!], { secret });
    const cookie = sentBack(before.cookieFor(facts(), b!));
    const after = stickyOver(over(["http://d:1", ...urls.toReversed()]), { secret });
    assertEquals(after.findBackend(sending(cookie))?.url, "http://b:1");
    const without = stickyOver(over(["http://a:1", "http://c:1"]), { secret });
    assertStrictEquals(without.findBackend(sending(cookie)), undefined);
  }
});

Deno.test("sticky: another secret gives other cookies, and so does another name if there is no secret", () => {
  const [a] = backendsOf([1]);
  const token = (options: Partial<StickyOptions>) =>
    stickyOver([a!], options).cookieFor(facts(), a!)!.split(/[=;]/)[1];
  assertNotEquals(token({ secret: "another secret of the tests" }), token({}));
  assertNotEquals(token({ secret: undefined }), token({ secret: undefined, cookie: "other" }));
  assertEquals(
    token({ secret: "the same secret" }),
    token({ secret: "the same secret", cookie: "x" }),
  );
});

Deno.test("sticky: a cookie does not reveal the backend's address", () => {
  const backend = new Backend({ url: "http://users-1.internal:5000", weight: 1 });
  const cookie = stickyOver([backend]).cookieFor(facts(), backend)!;
  assert(!/users|internal|5000/.test(cookie));
});
