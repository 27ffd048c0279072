/** Reads a file that lists backends, one a line, as they stand between `;` in USERS_SERVICE. */
import { HOSTS, readEntry, SEPARATED, withoutPassword } from "./backend_list.ts";
import { ONE_HOST, withoutSecret } from "./backend_url.ts";
import { keyOf, type ListedBackend } from "./listed_backend.ts";
import { type Complaint, type Read, reading, type Refused } from "./reading.ts";

/** A larger file is no list of backends. */
const MAX_BYTES = 1024 * 1024;

const ONE_A_LINE = "must have one backend in each line";

/** What asks for a `;` in a list on one line. */
const IN_LINES: ReadonlyMap<string, Refused> = new Map([
  [SEPARATED, { expected: ONE_A_LINE }],
  [HOSTS, { expected: ONE_HOST }],
]);

/**
 * Blank lines are left out, and so is what follows a `#` at the beginning of a line or behind a blank.
 *
 * @param text of the file
 * @returns the backends, in the order of the lines, or a complaint about each line that is none
 */
export function readBackendFile(text: string): Read<readonly ListedBackend[]> {
  if (new TextEncoder().encode(text).length > MAX_BYTES) {
    return "must name a file of at most 1 MiB";
  }
  const complaints: Complaint[] = [];
  const backends = new Map<string, ListedBackend>();
  for (const [index, full] of text.replace(/^\uFEFF/, "").split(/\r?\n/).entries()) {
    const line = full.replace(/(?:^|\s)#[^]*$/, "").trim();
    if (line === "") continue;
    const entry = readLine(line, backends);
    if ("expected" in entry) {
      const shown = withoutPassword(line, line);
      complaints.push({ ...withoutSecret(entry, line), shown, place: `line ${index + 1}` });
    } else {
      backends.set(keyOf(entry), entry);
    }
  }
  if (complaints.length > 0) return complaints;
  if (backends.size === 0) return "must name a file with at least one backend";
  const all = [...backends.values()];
  return all.some(({ weight }) => weight > 0)
    ? reading(all)
    : "must name a file with a backend with a weight above 0";
}

function readLine(
  line: string,
  before: ReadonlyMap<string, ListedBackend>,
): ListedBackend | Refused {
  if (line.includes(";")) return { expected: ONE_A_LINE };
  const entry = readEntry(line);
  if ("expected" in entry) return IN_LINES.get(entry.expected) ?? entry;
  const backend = { ...entry.address, weight: entry.weight ?? 1, backup: false };
  return before.has(keyOf(backend)) ? { expected: "must list each backend once" } : backend;
}
