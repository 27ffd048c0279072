/** Asks the admin port of a running balancer, for commands. */
import { AdminError, NothingThere } from "./admin_error.ts";
import { addressOf, type AdminPlace, fetchFrom, whyUnreachable } from "./admin_place.ts";

/** Where a balancer is asked, and as whom. */
export interface AdminTarget extends AdminPlace {
  /** Undefined if none is known. */
  readonly token: string | undefined;
}

export type Json = Readonly<Record<string, unknown>>;

/** What a request came to. */
export interface Answered {
  /** Of a reload: 200, or 422 if the configuration was refused. */
  readonly status: number;
  readonly body: Json;
}

/** For anything but a reload, which may wait for names to be resolved. */
const TIMEOUT_MS = 10_000;
const RELOAD_TIMEOUT_MS = 120_000;

/** Room for the status of more than 100,000 backends. */
const MAX_ANSWER_BYTES = 64 * 1024 * 1024;

/** The statuses of what was done, or accepted. */
const DONE: ReadonlySet<number> = new Set([200, 202]);

export class AdminClient {
  readonly #target: AdminTarget;
  /** For messages. */
  readonly address: string;

  constructor(target: AdminTarget) {
    this.#target = target;
    this.address = addressOf(target);
  }

  /** @throws {AdminError} if the balancer is not there, or does not do it */
  async get(path: string): Promise<Json> {
    return this.#expectDone(await this.#ask("GET", path, undefined, TIMEOUT_MS));
  }

  /** @param timeout in milliseconds @throws {AdminError} as {@linkcode get} */
  async post(path: string, body?: Json, timeout = TIMEOUT_MS): Promise<Json> {
    return this.#expectDone(await this.#ask("POST", path, body, timeout));
  }

  /** @throws {AdminError} as {@linkcode get}, but not if the configuration is refused */
  async reload(body?: Json): Promise<Answered> {
    const answered = await this.#ask("POST", "/api/reload", body, RELOAD_TIMEOUT_MS);
    if (answered.status !== 422) this.#expectDone(answered);
    return answered;
  }

  async #ask(
    method: string,
    path: string,
    body: Json | undefined,
    timeout: number,
  ): Promise<Answered> {
    const { token } = this.#target;
    const late = AbortSignal.timeout(timeout);
    let response: Response;
    let text: string | undefined;
    try {
      response = await fetchFrom(this.#target, path, {
        method,
        headers: token === undefined ? {} : { authorization: `Bearer ${token}` },
        signal: late,
        ...(body !== undefined && { body: JSON.stringify(body) }),
      });
      text = await readText(response);
    } catch (error) {
      throw this.#unreachable(error, late, timeout);
    }
    if (text === undefined) {
      throw this.#stranger(`more than ${MAX_ANSWER_BYTES / 1024 / 1024} MiB`);
    }
    return this.#read(response.status, text);
  }

  /**
   * @param what it must be, for the error
   * @throws {AdminError} if an answer is of another kind: then it is not a balancer that has answered
   */
  expect<Answer>(
    answer: Json,
    isAnswer: (answer: unknown) => answer is Answer,
    what: string,
  ): Answer {
    const given: unknown = answer;
    if (isAnswer(given)) return given;
    throw this.#stranger(`200, with something else than ${what}`);
  }

  /** That what answers is not the admin port of a balancer. @param answer what it answered */
  #stranger(answer: string): AdminError {
    return new AdminError(
      `what answers on ${this.address} is not the admin port of this version of Roundabout: ` +
        `it answered ${answer}`,
    );
  }

  #unreachable(error: unknown, late: AbortSignal, timeout: number): AdminError {
    if (late.aborted) {
      return new AdminError(`${this.address} did not answer within ${timeout / 1000} s`);
    }
    const { isNothing, detail } = whyUnreachable(error, this.#target);
    return isNothing
      ? new NothingThere(
        `nothing answers on ${this.address}: is a balancer running, and is this its admin port?`,
      )
      : new AdminError(`${this.address}: ${detail}`);
  }

  #read(status: number, text: string): Answered {
    const body = parseObject(text);
    const error = body?.["error"];
    const isOurs = body !== undefined && (DONE.has(status) || typeof error === "string");
    if (!isOurs) throw this.#stranger(String(status));
    return { status, body };
  }

  #expectDone({ status, body }: Answered): Json {
    if (DONE.has(status)) return body;
    const error = String(body["error"]);
    if (status === 401) throw new AdminError(this.#unauthorized(error), status);
    const names = namesIn(body);
    if (status === 404 && names !== undefined) throw new AdminError(`${error}\n${names}`, status);
    throw new AdminError(`${this.address} answered ${status}: ${error}`, status);
  }

  #unauthorized(error: string): string {
    return this.#target.token === undefined
      ? `${this.address} asks for a token: set ADMIN_TOKEN, or name its file by --token-file`
      : `${this.address} does not accept the token: ${error}`;
  }
}

/** The names that exist; undefined if that is not what is wrong. */
function namesIn({ pools, backends }: Json): string | undefined {
  const names = pools ?? backends;
  if (!Array.isArray(names)) return undefined;
  const what = pools === undefined ? "backends" : "pools";
  return `${what}: ${names.length === 0 ? "none" : names.join(", ")}`;
}

/** @returns undefined if it is too long: whatever answers may go on forever */
async function readText({ body }: Response): Promise<string | undefined> {
  const decoder = new TextDecoder();
  let text = "";
  let size = 0;
  for await (const bytes of body ?? []) {
    size += bytes.length;
    if (size > MAX_ANSWER_BYTES) return undefined;
    text += decoder.decode(bytes, { stream: true });
  }
  return text + decoder.decode();
}

function parseObject(text: string): Json | undefined {
  try {
    const value: unknown = JSON.parse(text);
    const isObject = typeof value === "object" && value !== null && !Array.isArray(value);
    return isObject ? value as Json : undefined;
  } catch (error) {
    if (error instanceof SyntaxError) return undefined;
    throw error;
  }
}
