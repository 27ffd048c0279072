/** What somebody meant who wrote a name that does not exist: "did you mean …?". */

/** More edits than this make another word. */
const MAX_EDITS = 2;

/** A shorter beginning fits too much. */
const MIN_BEGINNING = 3;

/**
 * The candidate that a word most likely stands for: the nearest one, if it is at most two edits away and
 * at most one for each three of its letters, or else the only one that begins with the word
 * (`least_conn`, `leastconn`). Capitals make no difference.
 *
 * @param candidates the first of two that are equally near is taken
 * @returns undefined if none is near enough, or if the word is itself a candidate
 */
export function suggest(word: string, candidates: Iterable<string>): string | undefined {
  const written = word.toLowerCase();
  let nearest: string | undefined;
  let fewest = Infinity;
  const longer: string[] = [];
  for (const candidate of candidates) {
    if (candidate === word) return undefined;
    const meant = candidate.toLowerCase();
    const edits = editsBetween(written, meant);
    if (edits <= Math.min(MAX_EDITS, meant.length / 3) && edits < fewest) {
      nearest = candidate;
      fewest = edits;
    }
    if (begins(meant, written)) longer.push(candidate);
  }
  return nearest ?? (longer.length === 1 ? longer[0] : undefined);
}

/** Whether a name begins with a word, whatever signs either has between its letters. */
function begins(name: string, word: string): boolean {
  const letters = lettersOf(word);
  return letters.length >= MIN_BEGINNING && lettersOf(name).startsWith(letters);
}

function lettersOf(text: string): string {
  return text.replace(/[^a-z0-9]/g, "");
}

/**
 * The least number of letters to insert, remove, replace, or swap with their neighbour (the optimal string
 * alignment distance, Damerau-Levenshtein without a second edit of a swapped pair).
 *
 * @returns Infinity, without a closer look, if the lengths alone differ by more than {@linkcode MAX_EDITS}
 */
function editsBetween(a: string, b: string): number {
  if (Math.abs(a.length - b.length) > MAX_EDITS) return Infinity;
  let beforePrevious: readonly number[] = [];
  let previous: readonly number[] = Array.from({ length: b.length + 1 }, (_, j) => j);
  for (let i = 1; i <= a.length; i++) {
    const row = [i];
    for (let j = 1; j <= b.length; j++) {
      const replaced = previous[j - 1]! + (a[i - 1] === b[j - 1] ? 0 : 1);
      const isSwap = i > 1 && j > 1 && a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1];
      const swapped = isSwap ? beforePrevious[j - 2]! + 1 : Infinity;
      row.push(Math.min(replaced, swapped, previous[j]! + 1, row[j - 1]! + 1));
    }
    [beforePrevious, previous] = [previous, row];
  }
  return previous[b.length]!;
}
