/** What reading a text comes to: a value, or what was expected instead. Workers need it, and no schema. */

/** A valid value, boxed so that it cannot be mistaken for a complaint. */
export interface Reading<Value> {
  readonly value: Value;
}

/** Why a value is not valid: what was expected (`must be …`), and what its writer may have meant. */
export interface Refused {
  readonly expected: string;
  readonly meant?: string | undefined;
}

/** The value, or what was expected, or a complaint about each part that is not valid. */
export type Read<Value> = Reading<Value> | string | Refused | readonly Complaint[];

/** A part of a setting that is not valid, shown with secrets masked. */
export interface Complaint extends Refused {
  readonly shown: string;
  /** Its place if the setting is a list: `entry 2 of 3`. */
  readonly place?: string | undefined;
}

/** What a problem says beside what was expected; the schema's issues carry it. */
export interface Hints {
  readonly shown?: string | undefined;
  readonly meant?: string | undefined;
  readonly place?: string | undefined;
}

export function reading<Value>(value: Value): Reading<Value> {
  return { value };
}

/** Whether the value is valid. */
export function isReading<Value>(read: Read<Value>): read is Reading<Value> {
  return typeof read === "object" && "value" in read;
}

/** Why a value is not valid; undefined if it is valid, or a list of which some entries are not. */
export function refusalOf(read: Read<unknown>): Refused | undefined {
  if (typeof read === "string") return { expected: read };
  return "expected" in read ? read : undefined;
}

/** The same, with what was expected in other words. */
export function rephrase<Value>(
  read: Read<Value>,
  change: (expected: string) => string,
): Read<Value> {
  const refusal = isReading(read) ? undefined : refusalOf(read);
  return refusal === undefined ? read : { ...refusal, expected: change(refusal.expected) };
}

/** The place of a list's entry; undefined if it is the only one. @param index from 0 */
export function placeOf(index: number, { length }: readonly unknown[]): string | undefined {
  return length === 1 ? undefined : `entry ${index + 1} of ${length}`;
}
