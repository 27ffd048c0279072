/** `start --takeover`: finds the running instance whose place this one takes, and stops it. */
import type { Status } from "../admin/status.ts";
import { ConfigError } from "../config/load.ts";
import type { Configuration } from "../config/model.ts";
import { log } from "../logging/log.ts";
import { ignoreProxyVariables } from "../net/proxy_variables.ts";
import type { Predecessor, SetByHand } from "../runtime/predecessor.ts";
import { isStatus } from "./admin_answers.ts";
import { AdminClient, type Json } from "./admin_client.ts";
import { AdminError, NothingThere } from "./admin_error.ts";
import { findTarget } from "./admin_target.ts";
import type { Flags } from "./command.ts";

/**
 * How long the other instance has to begin its stop, in milliseconds, and how much longer its answer may
 * take. Without an answer this one ends: the other one must not stop after that.
 */
const STOP_WITHIN_MS = 3_000;
const ANSWER_MARGIN_MS = 2_000;

/**
 * @param isEnding whether this instance was told to stop: then the other one should not
 * @returns undefined if no other instance runs, which is logged
 * @throws {ConfigError} if this cannot work here
 * @throws {AdminError} if something is there, but it cannot be asked to stop
 */
export async function findPredecessor(
  flags: Flags,
  { admin }: Configuration,
  isEnding: () => boolean,
): Promise<Predecessor | undefined> {
  const problems = problemsHere(flags, admin?.port);
  if (problems.length > 0) throw new ConfigError(problems);
  const target = await findTarget(flags);
  ignoreProxyVariables(); // startBalancer would do it too late
  return await askPredecessor(new AdminClient(target), isEnding);
}

function problemsHere(flags: Flags, port: number | undefined): string[] {
  const { takeover, admin } = flags;
  if (!takeover) {
    const lone = (["admin", "admin-ca", "token-file"] as const).filter((flag) => flags[flag]);
    return lone.map((flag) => `--${flag} has no effect without --takeover`);
  }
  if (Deno.build.os !== "linux") {
    return [
      `--takeover needs Linux, where two processes can share a port: this is ${Deno.build.os}`,
    ];
  }
  return port === undefined && admin === undefined
    ? ["--takeover needs the admin port, on which the running instance is asked to stop: it is off"]
    : [];
}

/** Asks a running instance, if there is one. The rest as {@linkcode findPredecessor}. */
export async function askPredecessor(
  client: AdminClient,
  isEnding: () => boolean,
): Promise<Predecessor | undefined> {
  const answer = await orNothing(client.get("/api/status"));
  if (answer === undefined) {
    log(
      "info",
      `--takeover: nothing answers on ${client.address}, so there is nothing to take over`,
    );
    return undefined;
  }
  const status = client.expect(answer, isStatus, "a status");
  const { instance, draining, listeners } = status;
  if (draining) {
    throw new AdminError(
      `the instance on ${client.address} is stopping: start when it has stopped`,
    );
  }
  log("info", `--takeover: taking the place of the instance on ${client.address}, ${instance}`);
  return {
    ports: new Set(listeners.map(({ address }) => Number(address.split(":").at(-1)))),
    sockets: new Set(
      listeners.map(({ address }) => address).filter((address) => address.startsWith("unix:")),
    ),
    setByHand: setByHandIn(status),
    async stop() {
      if (isEnding()) throw new AdminError("this instance was told to stop: the other one goes on");
      const before = new Date(Date.now() + STOP_WITHIN_MS).toISOString();
      const timeout = STOP_WITHIN_MS + ANSWER_MARGIN_MS;
      const answer = await orNothing(client.post("/api/stop", { before }, timeout));
      if (answer === undefined) log("warn", "--takeover: the other instance has gone by itself");
    },
  };
}

/** @returns undefined if nothing is there */
async function orNothing(asking: Promise<Json>): Promise<Json | undefined> {
  try {
    return await asking;
  } catch (error) {
    if (error instanceof NothingThere) return undefined;
    throw error;
  }
}

function setByHandIn({ pools }: Status): SetByHand[] {
  return pools.flatMap(({ name, backends }) =>
    backends.filter(({ setByHand }) => setByHand).map((backend) => {
      const { id, state, weight, configuredWeight } = backend;
      return { pool: name, url: id, draining: state === "draining", weight, configuredWeight };
    })
  );
}
