/**
 * Bounds how often the log speaks of one subject. Each line says a change, but a backend that fails and
 * answers by turns changes with every few requests, and its lines must not bury all others.
 */

/** Lines about one subject within a minute. */
const MAX_LINES = 10;

const MINUTE_MS = 60_000;

/** Subjects that are remembered; they are few, unless something puts varying text into them. */
const MAX_SUBJECTS = 10_000;

interface Lines {
  /** When the minute began, in milliseconds. */
  readonly since: number;
  count: number;
}

export class RepeatLimit {
  readonly #subjects = new Map<string, Lines>();

  /**
   * Decides about one message.
   *
   * @param subject what it is about, such as a backend's id
   * @param now in milliseconds
   * @returns what to log; undefined if it is too much
   */
  admit(subject: string, message: string, now: number): string | undefined {
    const lines = this.#subjects.get(subject);
    if (lines === undefined || now - lines.since >= MINUTE_MS) {
      if (this.#subjects.size >= MAX_SUBJECTS) this.#subjects.clear();
      this.#subjects.set(subject, { since: now, count: 1 });
      const dropped = (lines?.count ?? 0) - MAX_LINES;
      return dropped > 0
        ? `${message} (lines about ${subject} that were left out: ${dropped})`
        : message;
    }
    lines.count++;
    if (lines.count < MAX_LINES) return message;
    if (lines.count > MAX_LINES) return undefined;
    return `${message} (further lines about ${subject} are left out for a minute)`;
  }
}
