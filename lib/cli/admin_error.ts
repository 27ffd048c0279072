/** Why a running balancer did not do what a command asked for. */

/** Exit statuses, as main.ts has them. */
const FAILED = 1;
const WRONG_USAGE = 2;

/** What was asked for is wrong, or does not exist. */
const WRONG: ReadonlySet<number | undefined> = new Set([400, 404]);

export class AdminError extends Error {
  override name = "AdminError";
  /** The status of its answer; undefined if there was none. */
  readonly status: number | undefined;

  /** @param message the end of a sentence: `Cannot reload as …` */
  constructor(message: string, status?: number) {
    super(message);
    this.status = status;
  }

  /** Of the command. */
  get exitStatus(): number {
    return WRONG.has(this.status) ? WRONG_USAGE : FAILED;
  }
}

/** Nothing listens on the address. */
export class NothingThere extends AdminError {
  override name = "NothingThere";
}
