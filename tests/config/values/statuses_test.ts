import { assertEquals } from "@std/assert";
import { readStatuses } from "../../../lib/config/values/statuses.ts";
import { isOneOf } from "../../../lib/http/status_ranges.ts";

for (
  const [text, good, bad] of [
    ["200-399", [200, 204, 301, 399], [199, 400, 500, 599]],
    ["200", [200], [199, 201]],
    ["200, 204,300-302", [200, 204, 300, 302], [201, 203, 303]],
    ["404-404", [404], [403, 405]],
    ["200-599", [200, 599], [101]],
    ["2xx, 4XX", [200, 299, 400, 499], [300, 399, 500]],
    ["200 - 204", [200, 204], [205]],
  ] as const
) {
  Deno.test(`statuses: ${text} are ${good}, and not ${bad}`, () => {
    const read = readStatuses(text);
    if (typeof read === "string" || !("value" in read)) throw new Error(String(read));
    const isGood = (status: number) => isOneOf(read.value, status);
    assertEquals([good.every(isGood), bad.some(isGood)], [true, false]);
  });
}

Deno.test("statuses: each entry that is not valid is reported", () => {
  const expected = "must be statuses of 200 to 599 such as 200-399";
  assertEquals(
    readStatuses("200,ok,399-200,100-200,2000,600, ,200-,1xx,9xx,xxx"),
    ["ok", "399-200", "100-200", "2000", "600", "", "200-", "1xx", "9xx", "xxx"]
      .map((shown, index) => ({ expected, shown, place: `entry ${index + 2} of 11` })),
  );
});
