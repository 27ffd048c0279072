import { assertEquals, assertMatch } from "@std/assert";
import { jsonLine } from "../../../lib/logging/access_log.ts";
import { OVERLOADED } from "../../../lib/http/local_reply.ts";
import { MAX_LINE_CHARACTERS } from "../../../lib/simulate/scenario/recorded_arrivals.ts";
import { record } from "../../support/simulated.ts";

async function readArrivals(text: string) {
  const { arrivals, problems } = await record(text);
  assertEquals(problems, []);
  const all = [...arrivals!(1)];
  assertEquals(all.length, arrivals!(1).count);
  return all;
}

function logLine(time: string, method: string, refused?: string): string {
  return jsonLine({
    time: new Date(time),
    clientAddress: "192.0.2.7",
    peerAddress: "192.0.2.7",
    method,
    path: "/users?id=1",
    status: 200,
    bytes: 90,
    milliseconds: 3,
    requestId: undefined,
    attempts: [],
    refused,
  });
}

Deno.test("recorded arrivals: times in seconds may begin anywhere and come in any order; the first becomes 0", async () => {
  const arrivals = await readArrivals("1700000002\n\n1700000000.5\r\n1700000001.50\n");
  assertEquals(arrivals.map(({ at }) => at), [0, 1_000, 1_500]);
  assertEquals(
    new Set(arrivals.map(({ method, path }) => `${method} ${path}`)),
    new Set(["GET /"]),
  );
  assertMatch(arrivals[0]!.clientAddress, /^10\.\d+\.\d+\.\d+$/);
});

Deno.test("recorded arrivals: access log entries have method, path and client", async () => {
  const lines = [
    logLine("2025-01-01T00:00:01.250Z", "GET"),
    logLine("2025-01-01T00:00:00.000Z", "POST"),
  ];
  const common = { path: "/users?id=1", clientAddress: "192.0.2.7" };
  assertEquals(await readArrivals(lines.join("\n")), [
    { at: 0, method: "POST", ...common },
    { at: 1_250, method: "GET", ...common },
  ]);
});

Deno.test("recorded arrivals: requests of the same time keep their order", async () => {
  const lines = ["PUT", "GET", "DELETE"].map((method) => logLine("2025-01-01T00:00:00Z", method));
  assertEquals((await readArrivals(lines.join("\n"))).map(({ method }) => method), [
    "PUT",
    "GET",
    "DELETE",
  ]);
});

Deno.test("recorded arrivals: an unreadable line is reported with its number and text", async () => {
  const { problems } = await record('1\nsoon\n{"time":"soon"}\n{"path":"/"}\n[1]\n');
  const expected = "of arrivals must be seconds or an access log entry in JSON: current value is";
  assertEquals(problems, [
    `line 2 ${expected} "soon"`,
    `line 3 ${expected} "{\\"time\\":\\"soon\\"}"`,
    `line 4 ${expected} "{\\"path\\":\\"/\\"}"`,
    `line 5 ${expected} "[1]"`,
  ]);
});

Deno.test("recorded arrivals: of many unreadable lines five are shown and the others counted", async () => {
  const { problems } = await record("x\n".repeat(20));
  assertEquals(problems.length, 6);
  assertEquals(problems.at(-1), "arrivals have 15 more lines that cannot be read");
});

Deno.test("recorded arrivals: an empty file and a span of more than 31 days are refused", async () => {
  assertEquals((await record("\n")).problems, [
    "arrivals must have at least one line: current value is an empty file",
  ]);
  assertEquals((await record(`0\n${40 * 86_400}`)).problems, [
    "arrivals must span at most 31 days: current value is 40.0 days",
  ]);
});

Deno.test("recorded arrivals: refused requests are skipped, except those over MAX_IN_FLIGHT", async () => {
  const time = "2025-01-01T00:00:00Z";
  const { arrivals, skipped } = await record([
    logLine(time, "GET", "no host"),
    logLine(time, "PUT", OVERLOADED),
    logLine(time, "DELETE"),
    logLine("1999-01-01T00:00:00Z", "GET", "no host"),
  ].join("\n"));
  assertEquals([...arrivals!(1)].map(({ at, method }) => [at, method]), [[0, "PUT"], [
    0,
    "DELETE",
  ]]);
  assertEquals(skipped, 2);
});

Deno.test("recorded arrivals: a file with nothing but refused requests is refused", async () => {
  const { arrivals, problems } = await record(logLine("2025-01-01T00:00:00Z", "-", "late head"));
  assertEquals([arrivals, problems], [undefined, [
    "arrivals must have at least one request that was not refused: current value is 1 refused",
  ]]);
});

Deno.test("recorded arrivals: - stands for a missing method, path or client", async () => {
  const line = '{"time":"2025-01-01T00:00:00Z","method":"-","path":"-","client":"-"}';
  const [arrival] = await readArrivals(line);
  assertEquals([arrival!.method, arrival!.path], ["GET", "/"]);
  assertMatch(arrival!.clientAddress, /^10\./);
  assertEquals((await record(line)).hasPaths, false);
  assertEquals((await record(logLine("2025-01-01T00:00:00Z", "GET"))).hasPaths, true);
});

Deno.test("recorded arrivals: times have an offset, so that the local time zone does not matter", async () => {
  const times = [
    "2025-01-01T01:00:00+01:00",
    "2025-01-01T00:00:00.5Z",
    "2024-12-31T23:00:01-01:00",
  ];
  const lines = times.map((time) => JSON.stringify({ time }));
  assertEquals((await readArrivals(lines.join("\n"))).map(({ at }) => at), [0, 500, 1_000]);
});

for (
  const line of [
    "0x10",
    "1e3",
    "1.",
    ".5",
    "Infinity",
    "1700000000000",
    '{"time":"2025-01-01T00:00:00"}',
    '{"time":"2025-01-01"}',
    '{"time":"2025-13-01T00:00:00Z"}',
    '{"time":"January 1, 2025 00:00:00 UTC"}',
    '{"time":1700000000}',
  ]
) {
  Deno.test(`recorded arrivals: ${line} is not a time`, async () => {
    assertEquals((await record(line)).problems, [
      "line 1 of arrivals must be seconds or an access log entry in JSON: " +
      `current value is ${JSON.stringify(line)}`,
    ]);
  });
}

Deno.test("recorded arrivals: a byte order mark before the first line is ignored", async () => {
  assertEquals((await readArrivals("\uFEFF1\n3")).map(({ at }) => at), [0, 2_000]);
});

Deno.test("recorded arrivals: a file may have as many lines as allowed, and not one more", async () => {
  assertEquals((await record("1\n\n2\n", 2)).problems, []);
  assertEquals((await record("1\n\n2\n3\nx\n", 2)).problems, [
    "arrivals must have at most 2 lines: current value is more",
  ]);
});

Deno.test("recorded arrivals: a line that is too long is refused", async () => {
  assertEquals((await record(`1\n${"x".repeat(MAX_LINE_CHARACTERS + 1)}`)).problems, [
    `line 2 of arrivals must have at most ${MAX_LINE_CHARACTERS} characters: ` +
    "current value is longer",
  ]);
});

Deno.test("recorded arrivals: lines may be cut anywhere, and the last one needs no line break", async () => {
  const { arrivals } = await record(["", "1\n2", ".", "5\n\n", "4\r", "\n7"]);
  assertEquals([...arrivals!(1)].map(({ at }) => at), [0, 1_500, 3_000, 6_000]);
});
