/** The status of a balancer as a text for people. */
import type {
  AcmeStatus,
  BackendStatus,
  CertificateStatus,
  PoolStatus,
  Status,
} from "../admin/status.ts";
import { escapeUnprintable } from "../logging/escape.ts";

/** Several lines, each ended. */
export function formatStatus(status: Status): string {
  const lines = [
    ...describeBalancer(status),
    ...status.pools.flatMap((pool) => ["", ...describePool(pool)]),
  ];
  return lines.map((line) => `${escapeUnprintable(line)}\n`).join("");
}

function describeBalancer(status: Status): string[] {
  const { version, instance, engine, startedAt, workers, inFlight } = status;
  const { listeners, admin, acme } = status;
  const serving = workers.filter((worker) => worker.serving).length;
  const addresses = listeners.map(({ name, address }) => `${name} on ${address}`);
  return [
    `roundabout ${version}, ${instance}, ${engine} engine, since ${startedAt}: ${
      readiness(status)
    }`,
    describeConfiguration(status),
    `listeners: ${addresses.join(", ")}`,
    ...listeners.flatMap(({ name, certificates }) =>
      certificates.map((certificate) => describeCertificate(name, certificate))
    ),
    ...admin.certificates.map((certificate) => describeCertificate("admin port", certificate)),
    ...acme.map(describeAcme),
    `workers: ${serving} of ${workers.length} serve, requests in flight: ${inFlight}`,
  ];
}

/** @param place that shows it */
function describeCertificate(
  place: string,
  { names, issuer, daysLeft, notAfter }: CertificateStatus,
): string {
  const end = daysLeft < 0 ? `expired ${notAfter}` : `days left: ${daysLeft}`;
  return `  ${place}: certificate of ${names.join(", ")}, by ${issuer}, ${end}`;
}

function describeAcme(
  { names, directory, notAfter, renewAt, ordering, problem, retryAt }: AcmeStatus,
): string {
  const parts = [
    notAfter === null ? "none yet" : `valid until ${notAfter}`,
    ...(renewAt === null ? [] : [`renewed at ${renewAt}`]),
    ...(ordering ? ["being ordered"] : []),
    ...(problem === null ? [] : [`next try at ${retryAt}, as the last one failed: ${problem}`]),
  ];
  return `  ACME: certificate of ${names.join(", ")}, by ${directory}: ${parts.join(", ")}`;
}

function readiness({ ready, problem }: Status): string {
  return ready ? "ready" : `not ready: ${problem}`;
}

function describeConfiguration({ configuration }: Status): string {
  const { number, since, file, lastReload } = configuration;
  const from = file === null ? "" : ` of ${file}`;
  const isRefused = lastReload?.result === "refused";
  const refusal = isRefused ? `; the last reload, ${lastReload.at}, was refused` : "";
  return `configuration ${number}${from}, since ${since}${refusal}`;
}

function describePool({ name, policy, usable, backends, discovery }: PoolStatus): string[] {
  const problem = usable ? "" : ", no backend is usable";
  return [
    `pool ${name}, ${policy}${problem}`,
    ...formatTable([HEADINGS, ...backends.map(rowOf)]),
    ...discovery.map(({ source, lastSuccess, problem, addresses }) =>
      `  ${source}: backends: ${addresses}, last answer ${lastSuccess ?? "never"}${
        problem === null ? "" : `, ${problem}`
      }`
    ),
  ];
}

const HEADINGS = ["BACKEND", "WEIGHT", "IN FLIGHT", "ATTEMPTS", "FAILED", "LATENCY", "STATE"];

/** Columns of numbers, which stand at the right. */
const NUMBERS = { from: 1, to: 5 };

function rowOf(backend: BackendStatus): string[] {
  const { id, weight, inFlight, attempts, failures, latencyMs } = backend;
  const latency = latencyMs === null ? "-" : `${latencyMs.toFixed(1)} ms`;
  return [id, ...[weight, inFlight, attempts, failures].map(String), latency, stateOf(backend)];
}

function stateOf({ state, reason, since, backup, setByHand }: BackendStatus): string {
  return [
    state,
    ...(reason === null ? [] : [reason]),
    ...(since === null ? [] : [`since ${since}`]),
    ...(backup ? ["backup"] : []),
    ...(setByHand ? ["set by hand"] : []),
  ].join(", ");
}

function formatTable(rows: readonly (readonly string[])[]): string[] {
  const widths = HEADINGS.map((_, column) => Math.max(...rows.map((row) => row[column]!.length)));
  return rows.map((row) => {
    const cells = row.map((cell, column) => {
      const isNumber = column >= NUMBERS.from && column <= NUMBERS.to;
      return isNumber ? cell.padStart(widths[column]!) : cell.padEnd(widths[column]!);
    });
    return `  ${cells.join("  ")}`.trimEnd();
  });
}
