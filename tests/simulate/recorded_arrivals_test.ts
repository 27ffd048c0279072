import { assertEquals, assertMatch } from "@std/assert";
import { jsonLine } from "../../lib/access_log.ts";
import { readArrivals } from "../../lib/simulate/recorded_arrivals.ts";

function arrivalsOf(text: string) {
  const { arrivals, problems } = readArrivals(text, 1);
  assertEquals(problems, []);
  const all = [...arrivals ?? []];
  assertEquals(all.length, arrivals?.count);
  return all;
}

function logLine(time: string, method: string): string {
  const entry = { time: new Date(time), clientAddress: "192.0.2.7", method, path: "/users?id=1" };
  return jsonLine({ ...entry, status: 200, milliseconds: 3, attempts: [] });
}

Deno.test("recorded arrivals: seconds from any beginning, in any order, begin at 0", () => {
  const arrivals = arrivalsOf("1700000002\n\n1700000000.5\r\n1700000001e0\n");
  assertEquals(arrivals.map(({ at }) => at), [0, 500, 1_500]);
  assertEquals(
    new Set(arrivals.map(({ method, path }) => `${method} ${path}`)),
    new Set(["GET /"]),
  );
  assertMatch(arrivals[0]!.clientAddress, /^10\.\d+\.\d+\.\d+$/);
});

Deno.test("recorded arrivals: lines of the access log bring method, path and client", () => {
  const lines = [
    logLine("2025-01-01T00:00:01.250Z", "GET"),
    logLine("2025-01-01T00:00:00.000Z", "POST"),
  ];
  const common = { path: "/users?id=1", clientAddress: "192.0.2.7" };
  assertEquals(arrivalsOf(lines.join("\n")), [
    { at: 0, method: "POST", ...common },
    { at: 1_250, method: "GET", ...common },
  ]);
});

Deno.test("recorded arrivals: those of one time stay in their order", () => {
  const lines = ["PUT", "GET", "DELETE"].map((method) => logLine("2025-01-01T00:00:00Z", method));
  assertEquals(arrivalsOf(lines.join("\n")).map(({ method }) => method), ["PUT", "GET", "DELETE"]);
});

Deno.test("recorded arrivals: a line that is neither is told with its number and what it says", () => {
  const { problems } = readArrivals('1\nsoon\n{"time":"soon"}\n{"path":"/"}\n[1]\n', 1);
  const expected = "arrivals must have seconds or a line of the access log in JSON on line";
  assertEquals(problems, [
    `${expected} 2: current value is "soon"`,
    `${expected} 3: current value is "{\\"time\\":\\"soon\\"}"`,
    `${expected} 4: current value is "{\\"path\\":\\"/\\"}"`,
    `${expected} 5: current value is "[1]"`,
  ]);
});

Deno.test("recorded arrivals: of many lines that are wrong a handful is told, and how many more", () => {
  const { problems } = readArrivals("x\n".repeat(20), 1);
  assertEquals(problems.length, 6);
  assertEquals(problems.at(-1), "arrivals have lines like these, and 15 more");
});

Deno.test("recorded arrivals: nothing at all, and more than a month, are told", () => {
  assertEquals(readArrivals("\n", 1).problems, [
    "arrivals must have at least one line: current value is an empty file",
  ]);
  assertEquals(readArrivals(`0\n${40 * 86_400}`, 1).problems, [
    "arrivals must span 31 days at most: current value is 40.0 days",
  ]);
});
