import { assertEquals } from "@std/assert";
import { ScriptedBackend } from "../../support/scripted_backend.ts";

/** A backend that serves, and on /die closes without a response, like a process that is killed. */
const dying = () => new ScriptedBackend("a", ({ target }) => target === "/die" ? "close" : "serve");

for (const body of ["hello", ""]) {
  const what = body === "" ? "without a body" : "with a small body";

  Deno.test(`fetch: on its own it would deliver a POST ${what} twice on a pooled connection`, async () => {
    // lib/engines/web/request_body.ts and forward.ts work around this fact of Deno. If this fails, Deno
    // has fixed it, and both can be simpler.
    await using backend = dying();
    using client = Deno.createHttpClient({});
    const send = (path: string) =>
      fetch(backend.url + path, {
        method: "POST",
        body: body === "" ? null : new TextEncoder().encode(body),
        client,
      }).then((response) => response.text(), () => "failed");
    await send("/warm");
    assertEquals(await send("/die"), "failed");
    assertEquals(backend.requests.filter(({ target }) => target === "/die").length, 2);
  });
}
