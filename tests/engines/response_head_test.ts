import { assert, assertEquals } from "@std/assert";
import { forEachEngine } from "../support/each_engine.ts";
import { forwardedBy, get, reply } from "../support/forwarded.ts";
import { type RawResponse, request } from "../support/raw_client.ts";

/** The values of one field, line by line. */
const valuesOf = ({ fields }: RawResponse, name: string) =>
  fields.filter(([field]) => field === name).map(([, value]) => value);

const YESTERDAY = "Sun, 06 Nov 1994 08:49:37 GMT";

forEachEngine(({ balance, test }) => {
  const forwarded = forwardedBy(balance);

  for (const status of ["200 OK", "304 Not Modified", "404 Not Found", "500 x"]) {
    test(`response head: a ${status} without Date gets one, and keeps the one that it has`, async () => {
      const before = Math.floor(Date.now() / 1000) * 1000 - 1000; // Deno.serve's clock is a second late
      const head = status.startsWith("304") ? status : `${status}\r\nContent-Length: 0`;
      const without = await forwarded(get("/"), { behaviour: reply(head) });
      const dates = valuesOf(without.response, "date");
      assertEquals(dates.length, 1);
      const time = Date.parse(dates[0]!);
      assert(time >= before && time <= Date.now(), dates[0]);
      assertEquals(new Date(time).toUTCString(), dates[0]);
      const dated = reply(`${head}\r\nDate: ${YESTERDAY}`);
      const { response } = await forwarded(get("/"), { behaviour: dated });
      assertEquals(valuesOf(response, "date"), [YESTERDAY]);
    });
  }

  test("response head: local replies have a Date", async () => {
    await using balancer = balance([]);
    for (const text of [get("/"), get("/").replace("GET", "TRACE")]) {
      assertEquals(valuesOf(await request(balancer.port, text), "date").length, 1);
    }
  });

  test("response head: a 426 says which protocols its backend requires, and no other response does", async () => {
    const fields = "Connection: upgrade, close\r\nUpgrade: TLS/1.3, x/2\r\nContent-Length: 2";
    const { response } = await forwarded(get("/"), {
      behaviour: reply(`426 x\r\n${fields}`, "ok"),
    });
    assertEquals(valuesOf(response, "upgrade"), ["TLS/1.3, x/2"]);
    assertEquals(valuesOf(response, "connection"), ["upgrade"]);
    assertEquals(response.body.length, 2);
    const other = await forwarded(get("/"), { behaviour: reply(`400 x\r\n${fields}`, "ok") });
    assertEquals(valuesOf(other.response, "upgrade"), []);
  });
});
