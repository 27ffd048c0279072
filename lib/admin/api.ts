/** What each route of the API reads or changes, as JSON. */
import { STATUS_CODE } from "@std/http/status";
import { suggest } from "../config/values/suggest.ts";
import type { LocalReply } from "../http/local_reply.ts";
import type { Changed, Control } from "./control.ts";
import { errorReply, jsonReply, type ReplyFirst } from "./replies.ts";

/** What a route answers with. */
export interface Call {
  readonly control: Control;
  /** The names in the path, decoded, in their order. */
  readonly names: readonly string[];
  /** What the body says; undefined if there is none. */
  readonly body: unknown;
  /** In milliseconds since 1970. */
  readonly now: number;
}

const MAX_WEIGHT = 100;

export function readStatus({ control }: Call): LocalReply {
  return jsonReply(STATUS_CODE.OK, control.status());
}

/** The state of one backend. */
export function readBackend({ control, names: [pool, backend] }: Call): LocalReply {
  const { pools } = control.status();
  const found = pools.find(({ name }) => name === pool);
  if (found === undefined) return unknownPool(pool!, pools.map(({ name }) => name));
  const ids = found.backends.map(({ id }) => id);
  const id = meantBy(backend!, ids);
  const status = found.backends.find((status) => status.id === id);
  return status === undefined
    ? unknownBackend(pool!, backend!, ids)
    : jsonReply(STATUS_CODE.OK, { pool, ...status });
}

export async function reload({ control, body }: Call): Promise<LocalReply> {
  const isDry = isDryRun(body);
  if (isDry === undefined) {
    return errorReply(
      STATUS_CODE.BadRequest,
      `Cannot reload as the body must be empty or {"dryRun": true}: current value is ${
        shown(body)
      }`,
    );
  }
  const reloaded = await (isDry ? control.preview() : control.reload());
  switch (reloaded.kind) {
    case "applied":
      return jsonReply(STATUS_CODE.OK, { number: reloaded.number, changes: reloaded.changes });
    case "refused": {
      const count = reloaded.problems.length;
      const problems = `${count} problem${count === 1 ? "" : "s"}`;
      const error = `Cannot reload as the configuration has ${problems}`;
      return errorReply(STATUS_CODE.UnprocessableEntity, error, [], {
        problems: reloaded.problems,
      });
    }
    case "stopping":
      return stopping();
  }
}

/**
 * Stops the balancer, unless the request has come too late: whoever asked does not wait for it any more, and
 * may have stopped instead.
 */
export function stop({ control, body, now }: Call): LocalReply | ReplyFirst {
  const { before } = isObject(body) ? body : {};
  const limit = typeof before === "string" ? Date.parse(before) : NaN;
  if (!isEmpty(body) && (Number.isNaN(limit) || Object.keys(body as object).length !== 1)) {
    return errorReply(
      STATUS_CODE.BadRequest,
      'Cannot stop as the body must be empty or {"before": "2026-11-26T13:10:09.000Z"}: current ' +
        `value is ${shown(body)}`,
    );
  }
  if (now >= limit) return errorReply(STATUS_CODE.Conflict, "it is too late: nothing stops");
  const { draining, inFlight } = control.status();
  if (draining) return stopping();
  return { reply: jsonReply(STATUS_CODE.Accepted, { inFlight }), afterwards: control.stop };
}

/** Drains a backend, or takes that back. */
export async function changeBackend(
  call: Call,
  change: (pool: string, backend: string) => Promise<Changed>,
): Promise<LocalReply> {
  return isEmpty(call.body) ? await applied(call, change) : takesNothing("this change");
}

export async function setWeight(call: Call): Promise<LocalReply> {
  const { weight } = isObject(call.body) ? call.body : {};
  const isAlone = isObject(call.body) && Object.keys(call.body).length === 1;
  const isValid = Number.isInteger(weight) && weight as number >= 0 &&
    weight as number <= MAX_WEIGHT;
  if (!isAlone || !isValid) {
    return errorReply(
      STATUS_CODE.BadRequest,
      `Cannot set the weight as the body must be {"weight": N}, N a whole number from 0 to ` +
        `${MAX_WEIGHT}: current value is ${shown(call.body)}`,
    );
  }
  return await applied(
    call,
    (pool, backend) => call.control.setWeight(pool, backend, weight as number),
  );
}

async function applied(
  { names: [pool, backend] }: Call,
  change: (pool: string, backend: string) => Promise<Changed>,
): Promise<LocalReply> {
  let id = backend!;
  let changed = await change(pool!, id);
  if (changed.kind === "unknown backend") {
    const meant = meantBy(id, changed.backends);
    if (meant !== undefined) changed = await change(pool!, id = meant);
  }
  switch (changed.kind) {
    case "changed": {
      const { inFlight, draining, weight } = changed;
      return jsonReply(STATUS_CODE.OK, { pool, backend: id, inFlight, draining, weight });
    }
    case "unknown pool":
      return unknownPool(pool!, changed.pools);
    case "unknown backend":
      return unknownBackend(pool!, id, changed.backends);
    case "stopping":
      return stopping();
  }
}

/** The id that a name stands for: `users-1:5000` for `http://users-1:5000`. */
function meantBy(name: string, ids: readonly string[]): string | undefined {
  return ids.find((id) => id === name) ?? ids.find((id) => bare(id) === bare(name));
}

function bare(id: string): string {
  return id.replace(/^http:\/\//, "").replace(/\/$/, "");
}

function unknownPool(name: string, pools: readonly string[]): LocalReply {
  const error = `there is no pool ${JSON.stringify(name)}${question(name, pools)}`;
  return errorReply(STATUS_CODE.NotFound, error, [], { pools });
}

function unknownBackend(pool: string, name: string, backends: readonly string[]): LocalReply {
  const error = `the pool ${pool} has no backend ${JSON.stringify(name)}${
    question(name, backends)
  }`;
  return errorReply(STATUS_CODE.NotFound, error, [], { backends });
}

function question(name: string, names: readonly string[]): string {
  const meant = suggest(name, names);
  return meant === undefined ? "" : `, did you mean ${meant}?`;
}

function stopping(): LocalReply {
  return errorReply(STATUS_CODE.ServiceUnavailable, "the balancer is stopping");
}

/** Whether a reload is only tried; undefined if the body says something else. */
function isDryRun(body: unknown): boolean | undefined {
  if (isEmpty(body)) return false;
  if (!isObject(body)) return undefined;
  const { dryRun, ...others } = body;
  return typeof dryRun === "boolean" && Object.keys(others).length === 0 ? dryRun : undefined;
}

/** Nothing is accepted and ignored. */
function takesNothing(what: string): LocalReply {
  return errorReply(STATUS_CODE.BadRequest, `${what} takes no settings: the body must be empty`);
}

function shown(body: unknown): string {
  const text = JSON.stringify(body) ?? "none";
  return text.length > 80 ? `${text.slice(0, 80)}…` : text;
}

function isEmpty(body: unknown): boolean {
  return body === undefined || isObject(body) && Object.keys(body).length === 0;
}

function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
