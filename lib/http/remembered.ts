/** Remembers what was computed from a text of a request, in a bounded place: clients choose such texts. */

/** Results that are kept; then all are forgotten. */
const MAX_REMEMBERED = 1_000;

/**
 * The same function with its latest results kept.
 *
 * @param compute pure; never undefined
 * @param maxCharacters of texts whose results are kept
 */
export function remembered<Result extends NonNullable<unknown>>(
  compute: (text: string) => Result,
  maxCharacters: number,
): (text: string) => Result {
  const results = new Map<string, Result>();
  return (text) => {
    let result = results.get(text);
    if (result === undefined) {
      if (text.length > maxCharacters) return compute(text);
      if (results.size >= MAX_REMEMBERED) results.clear();
      results.set(text, result = compute(text));
    }
    return result;
  };
}
