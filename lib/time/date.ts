/** The day as in `2026-01-31`, in UTC. @param milliseconds since 1970 */
export function dateOf(milliseconds: number): string {
  return new Date(milliseconds).toISOString().slice(0, "2026-01-31".length);
}
