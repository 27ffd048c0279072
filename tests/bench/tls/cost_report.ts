/** The tables of the bench of the cost of TLS. */
import { print } from "../../../lib/logging/log.ts";
import { markdown, shown, summarize } from "../peers/figures.ts";
import { type MemoryRun, type Run, WORKS } from "./cost_works.ts";
import { TLS_PROXIES } from "./proxies.ts";

/**
 * Prints the tables.
 *
 * @param keys of the proxies, one column each @param idle connections for memory
 */
export function reportCosts(
  keys: readonly string[],
  runs: readonly Run[],
  memory: readonly MemoryRun[],
  idle: number,
): void {
  const works = new Set(runs.map(({ work }) => work));
  const names = keys.map((key) => TLS_PROXIES[key]!.name);
  const of = (work: string, proxy: string) =>
    runs.filter((run) => run.work === work && run.proxy === proxy);
  const table = (title: string, rows: string[][]) => {
    if (rows.length > 0) print(`${title}\n\n${markdown(["", ...names], rows, 1)}\n`);
  };
  const rowsOf = (get: (run: Run) => number, digits: number, among = Object.keys(WORKS)) =>
    among.filter((work) => works.has(work)).map((work) => [
      WORKS[work]!.title,
      ...keys.map((key) => shown(summarize(of(work, key).map(get)), digits)),
    ]);
  const cpuOf = (run: Run) => run.cpu;
  if (runs.length > 0) {
    table("CPU time in µs of a request, or of a connection with one request", rowsOf(cpuOf, 1));
    for (const base of ["haproxy", "nginx"].filter((key) => keys.includes(key))) {
      const ratio = (run: Run) =>
        run.cpu / of(run.work, base).find(({ round }) => round === run.round)!.cpu;
      table(`As ratios to ${TLS_PROXIES[base]!.name}, within each round`, rowsOf(ratio, 2));
    }
    const isHandshake = (work: string) => WORKS[work]!.connect?.plain === undefined;
    if (works.has("new")) {
      const handshakes = Object.keys(WORKS).filter((work) =>
        WORKS[work]!.connect !== undefined && isHandshake(work)
      );
      const beyond = (run: Run) =>
        run.cpu - of("new", run.proxy).find(({ round }) => round === run.round)!.cpu;
      table("Of TLS alone: a connection less a plain one, in µs", rowsOf(beyond, 1, handshakes));
    }
    if (works.has("plain") && works.has("tls13")) {
      const beyond = (run: Run) =>
        run.cpu - of("plain", run.proxy).find(({ round }) => round === run.round)!.cpu;
      table("Of TLS alone: a request less a plain one, in µs", rowsOf(beyond, 1, ["tls13"]));
    }
    table("Requests or connections a second", rowsOf((run) => run.perSecond, 0));
    table("Share of its core, in %", rowsOf((run) => run.busy * 100, 0));
    table(
      "Resumed, in % of connections",
      rowsOf((run) => run.resumed * 100, 1, ["full13", "full12", "resumed13", "resumed12"]),
    );
  }
  if (memory.length > 0) {
    const row = (title: string, get: (run: MemoryRun) => number, unit: number) => [
      title,
      ...keys.map((key) =>
        shown(
          summarize(memory.filter(({ proxy }) => proxy === key).map(get).map((n) => n / unit)),
          1,
        )
      ),
    ];
    table(`Memory (proportional set size) with ${idle} idle connections`, [
      row("before, after as many requests, in MiB", ({ before }) => before, 1024 * 1024),
      row("each plain connection, in KiB", ({ plain }) => plain, 1024),
      row("each TLS connection, in KiB", ({ tls }) => tls, 1024),
    ]);
  }
}
