import { assertEquals, assertMatch } from "@std/assert";
import { jsonLine } from "../../../lib/logging/access_log.ts";
import { OVERLOADED } from "../../../lib/http/local_reply.ts";
import { MAX_LINE_CHARACTERS } from "../../../lib/simulate/scenario/recorded_arrivals.ts";
import { recordingOf } from "../../support/simulated.ts";

function arrivalsOf(text: string) {
  const { arrivals, problems } = recordingOf(text);
  assertEquals(problems, []);
  const all = [...arrivals!(1)];
  assertEquals(all.length, arrivals!(1).count);
  return all;
}

function logLine(time: string, method: string, refused?: string): string {
  const entry = { time: new Date(time), clientAddress: "192.0.2.7", method, path: "/users?id=1" };
  return jsonLine({ ...entry, status: 200, milliseconds: 3, attempts: [], refused });
}

Deno.test("recorded arrivals: seconds from any beginning, in any order, begin at 0", () => {
  const arrivals = arrivalsOf("1700000002\n\n1700000000.5\r\n1700000001.50\n");
  assertEquals(arrivals.map(({ at }) => at), [0, 1_000, 1_500]);
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
  const { problems } = recordingOf('1\nsoon\n{"time":"soon"}\n{"path":"/"}\n[1]\n');
  const expected = "arrivals must have seconds or a line of the access log in JSON on line";
  assertEquals(problems, [
    `${expected} 2: current value is "soon"`,
    `${expected} 3: current value is "{\\"time\\":\\"soon\\"}"`,
    `${expected} 4: current value is "{\\"path\\":\\"/\\"}"`,
    `${expected} 5: current value is "[1]"`,
  ]);
});

Deno.test("recorded arrivals: of many lines that are wrong a handful is told, and how many more", () => {
  const { problems } = recordingOf("x\n".repeat(20));
  assertEquals(problems.length, 6);
  assertEquals(problems.at(-1), "arrivals have lines like these, and 15 more");
});

Deno.test("recorded arrivals: nothing at all, and more than a month, are told", () => {
  assertEquals(recordingOf("\n").problems, [
    "arrivals must have at least one line: current value is an empty file",
  ]);
  assertEquals(recordingOf(`0\n${40 * 86_400}`).problems, [
    "arrivals must span 31 days at most: current value is 40.0 days",
  ]);
});

Deno.test("recorded arrivals: what was refused was no load, but for what was one too many", () => {
  const time = "2025-01-01T00:00:00Z";
  const { arrivals, skipped } = recordingOf([
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

Deno.test("recorded arrivals: where all were refused there is nothing to simulate", () => {
  const { arrivals, problems } = recordingOf(logLine("2025-01-01T00:00:00Z", "-", "late head"));
  assertEquals([arrivals, problems], [undefined, [
    "arrivals must have a request that was not refused: current value is 1 that were",
  ]]);
});

Deno.test("recorded arrivals: - is no method, no path and no client", () => {
  const line = '{"time":"2025-01-01T00:00:00Z","method":"-","path":"-","client":"-"}';
  const [arrival] = arrivalsOf(line);
  assertEquals([arrival!.method, arrival!.path], ["GET", "/"]);
  assertMatch(arrival!.clientAddress, /^10\./);
  assertEquals(recordingOf(line).hasPaths, false);
  assertEquals(recordingOf(logLine("2025-01-01T00:00:00Z", "GET")).hasPaths, true);
});

Deno.test("recorded arrivals: times have an offset, so that the time zone here has no part", () => {
  const times = [
    "2025-01-01T01:00:00+01:00",
    "2025-01-01T00:00:00.5Z",
    "2024-12-31T23:00:01-01:00",
  ];
  const lines = times.map((time) => JSON.stringify({ time }));
  assertEquals(arrivalsOf(lines.join("\n")).map(({ at }) => at), [0, 500, 1_000]);
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
  Deno.test(`recorded arrivals: ${line} is no time`, () => {
    assertEquals(recordingOf(line).problems, [
      "arrivals must have seconds or a line of the access log in JSON on line 1: " +
      `current value is ${JSON.stringify(line)}`,
    ]);
  });
}

Deno.test("recorded arrivals: a byte order mark is no part of the first line", () => {
  assertEquals(arrivalsOf("\uFEFF1\n3").map(({ at }) => at), [0, 2_000]);
});

Deno.test("recorded arrivals: there may be so many lines, and not one more", () => {
  assertEquals(recordingOf("1\n\n2\n", 2).problems, []);
  assertEquals(recordingOf("1\n\n2\n3\nx\n", 2).problems, [
    "arrivals must have 2 lines at most: current value is more",
  ]);
});

Deno.test("recorded arrivals: a line without an end is not read to it", () => {
  assertEquals(recordingOf(`1\n${"x".repeat(MAX_LINE_CHARACTERS + 1)}`).problems, [
    `arrivals must have lines of ${MAX_LINE_CHARACTERS} characters at most: ` +
    "current value is a longer one on line 2",
  ]);
});
