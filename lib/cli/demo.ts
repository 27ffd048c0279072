/** `roundabout demo`: three backends and a balancer in one process, and commands to try. */
import { parseVariables } from "../config/load.ts";
import { epollRule } from "../config/rules/io.ts";
import type { VariableTexts } from "../config/source/environment.ts";
import { thisMachine } from "../config/this_machine.ts";
import { log } from "../logging/log.ts";
import { type Balancer, type Listening, startBalancer } from "../runtime/control_plane.ts";
import { type DemoBackend, SLOW_MS, startDemoBackend } from "./demo_backend.ts";
import { serveDemoControl } from "./demo_control.ts";

const NAMES = ["users-1", "users-2", "users-3"];

/**
 * Starts the demo on loopback.
 *
 * @param texts settings; the demo itself sets `USERS_SERVICE` and `HOST`
 * @param onListening gets a text that says what to try
 * @throws {ConfigError} if a setting is wrong
 * @throws {ListenError} if the port is in use
 */
export async function startDemo(
  texts: VariableTexts,
  onListening: (banner: string) => void,
): Promise<Balancer> {
  const backends = NAMES.map((name) => startDemoBackend({ name, hostname: "127.0.0.1", port: 0 }));
  const control = serveDemoControl(backends, (message) => log("info", message));
  const settings = {
    ...texts,
    HOST: "127.0.0.1",
    USERS_SERVICE: backends.map(({ address }) => `http://${address}`).join(";"),
  };
  const { configuration, warnings } = parseVariables(settings, [epollRule(thisMachine())]);
  for (const warning of warnings) log("warn", warning);
  return await startBalancer(configuration, {
    logFormat: { names: new Map(backends.map(({ name, address }) => [address, name])) },
    onListening: (listening) => onListening(formatBanner(listening, backends, control.addr.port)),
  });
}

function formatBanner(
  { addresses, adminAddress }: Listening,
  backends: readonly DemoBackend[],
  controlPort: number,
): string {
  const [{ port }] = addresses as [Deno.NetAddr];
  const order = (verb: string) => `curl -X POST http://localhost:${controlPort}/users-2/${verb}`;
  const commands = [
    [`curl http://localhost:${port}/`, "Repeat it: the backends take turns."],
    [
      order("stop"),
      "users-2 refuses connections. Repeat the first command: every request is answered. The one that",
      "met users-2 has a line here that says so: (users-2 connection_refused). From then on users-2",
      "is left out until it can be connected to.",
    ],
    [
      order("start"),
      "users-2 is back: within a second or two it gets requests again, at first fewer than the others.",
    ],
    [
      order("slow"),
      `users-2 takes ${SLOW_MS / 1000} s for each answer, until it is started again.`,
    ],
    ...(adminAddress === undefined ? [] : [
      [`curl http://localhost:${adminAddress.port}/readyz`, "Is the balancer ready for requests?"],
    ]),
    ["Ctrl-C", "Press it here, once: what is in flight is finished, and the demo ends."],
  ];
  return [
    `Roundabout balances http://localhost:${port} over three backends:`,
    "",
    ...backends.map(({ name, address }) => `  ${name}  http://${address}`),
    "",
    "Try in another terminal, and watch what is logged here:",
    "",
    ...commands.flatMap(([command, ...effects]) => [
      `  ${command}`,
      ...effects.map((effect) => `      ${effect}`),
      "",
    ]),
  ].join("\n");
}
