import { assertEquals } from "@std/assert";
import { ProblemReport } from "../../lib/discovery/problem_report.ts";

const SECOND = 1_000;

Deno.test("problem report: a problem is said at once, and once a minute while it lasts", () => {
  const report = new ProblemReport();
  const said: number[] = [];
  for (let now = 0; now < 181 * SECOND; now += 5 * SECOND) {
    if (report.notice("silence", now)) said.push(now / SECOND);
  }
  assertEquals(said, [0, 60, 120, 180]);
});

Deno.test("problem report: another reason is said, ten seconds later at the earliest", () => {
  const report = new ProblemReport();
  assertEquals(report.notice("silence", 0), true);
  assertEquals(report.notice("NXDOMAIN", 5 * SECOND), false);
  assertEquals(report.notice("NXDOMAIN", 10 * SECOND), true);
  assertEquals(report.current, "NXDOMAIN");
});

Deno.test("problem report: its end is said if the problem was", () => {
  const report = new ProblemReport();
  assertEquals(report.end(), false);
  report.notice("silence", 0);
  assertEquals([report.end(), report.current, report.end()], [true, undefined, false]);
});

Deno.test("problem report: a name that fails and answers by turns has two lines in ten seconds at most", () => {
  const report = new ProblemReport();
  let lines = 0;
  for (let now = 0; now < 100 * SECOND; now += SECOND) {
    if (now / SECOND % 2 === 0 ? report.notice("silence", now) : report.end()) lines++;
  }
  assertEquals(lines, 20);
});
