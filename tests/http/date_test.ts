import { assertEquals } from "@std/assert";
import { httpDate } from "../../lib/http/date.ts";

Deno.test("date: it has the format of RFC 9110, 5.6.7, and is that of the second, whichever comes first", () => {
  const now = Date.UTC(1994, 10, 6, 8, 49, 37);
  for (let i = 0; i < 2; i++) {
    assertEquals(httpDate(now), "Sun, 06 Nov 1994 08:49:37 GMT");
    assertEquals(httpDate(now + 999.9), "Sun, 06 Nov 1994 08:49:37 GMT");
    assertEquals(httpDate(now + 1000), "Sun, 06 Nov 1994 08:49:38 GMT");
    assertEquals(httpDate(now - 1), "Sun, 06 Nov 1994 08:49:36 GMT");
  }
});
