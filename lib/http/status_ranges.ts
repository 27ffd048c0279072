/** Ranges of statuses, both ends included. */
export type Statuses = readonly (readonly [from: number, to: number])[];

export function isOneOf(statuses: Statuses, status: number): boolean {
  return statuses.some(([from, to]) => status >= from && status <= to);
}
