/** `roundabout demo`: three backends and a balancer in one process, and commands to try. */
import { parseConfig, readWarnings } from "../config/load.ts";
import type { SettingTexts } from "../config/parse.ts";
import { type DemoBackend, startDemoBackend } from "./demo_backend.ts";
import { log } from "../logging/log.ts";
import { type Balancer, startBalancer } from "../runtime/control_plane.ts";

const NAMES = ["users-1", "users-2", "users-3"];

/** A running demo. */
export interface Demo extends Balancer {
  readonly backends: readonly DemoBackend[];
  readonly banner: string;
  readonly drainTimeout: number;
}

/**
 * Starts the demo on loopback.
 *
 * @param texts settings; the demo itself sets `USERS_SERVICE` and `HOST`
 * @throws {ConfigError} if a setting is wrong
 * @throws {ListenError} if the port is in use
 */
export async function startDemo(texts: SettingTexts): Promise<Demo> {
  const backends = NAMES.map(startBackend);
  const names = new Map(backends.map(({ name, url }) => [url.slice("http://".length), name]));
  const config = parseConfig({
    ...texts,
    HOST: "127.0.0.1",
    USERS_SERVICE: backends.map(({ url }) => url).join(";"),
  });
  for (const warning of readWarnings(texts, config)) log("warn", warning);
  const balancer = await startBalancer(config, { logFormat: { names } });
  return {
    ...balancer,
    backends,
    drainTimeout: config.DRAIN_TIMEOUT,
    banner: formatBanner(balancer, backends),
  };
}

function startBackend(name: string): DemoBackend {
  const backend: DemoBackend = startDemoBackend({
    name,
    hostname: "127.0.0.1",
    port: 0,
    onStopRequest: () => void backend.stop().then(() => log("info", `${name} stopped`)),
  });
  return backend;
}

function formatBanner(
  { address: { port }, adminAddress }: Balancer,
  backends: readonly DemoBackend[],
): string {
  const list = backends.map(({ name, url }) => `  ${name}  ${url}`);
  const commands = [
    [`curl -i http://localhost:${port}/`, "repeat it: the backends take turns"],
    [
      `curl -X POST ${backends[1]!.url}/stop`,
      "stops users-2; repeat the first command: no request",
    ],
    ["", "fails, and the log below shows each attempt"],
    ...(adminAddress === undefined ? [] : [
      [`curl -i http://localhost:${adminAddress.port}/readyz`, "is it ready for requests?"],
    ]),
    ["Ctrl-C", "ends the demo"],
  ] as const;
  const width = Math.max(...commands.map(([command]) => command.length)) + 3;
  return [
    `Roundabout balances http://localhost:${port} over three backends:`,
    "",
    ...list,
    "",
    "Try in another terminal:",
    "",
    ...commands.map(([command, effect]) => `  ${command.padEnd(width)}${effect}`),
    "",
  ].join("\n");
}
