/** Reads what the files of this repository import and use, for the tests of the architecture. */

/** A file by its path from the root, and the paths or specifiers that it imports. */
export type Imports = ReadonlyMap<string, readonly string[]>;

const ROOT = new URL("../../", import.meta.url);

/** All TypeScript files of a folder, as paths from the root. */
export function filesIn(folder: string): string[] {
  return [...Deno.readDirSync(new URL(`${folder}/`, ROOT))].flatMap((entry) => {
    const path = `${folder}/${entry.name}`;
    return entry.isDirectory ? filesIn(path) : path.endsWith(".ts") ? [path] : [];
  }).sort();
}

export const textOf = (path: string): string => Deno.readTextFileSync(new URL(path, ROOT));

/** Removes comments and the contents of plain strings, where no code can be. */
export function codeOf(text: string): string {
  return text.replace(COMMENT_OR_STRING, (found) => found.startsWith('"') ? '""' : " ");
}

/** Removes comments only. */
function codeWithStringsOf(text: string): string {
  return text.replace(COMMENT_OR_STRING, (found) => found.startsWith('"') ? found : " ");
}

const COMMENT_OR_STRING = /\/\*[\s\S]*?\*\/|\/\/[^\n]*|"(?:[^"\\\n]|\\.)*"/g;

/**
 * What a text imports: imports, type imports, re-exports, and imports that run later.
 *
 * @param path of the file, from the root
 * @returns paths from the root, and specifiers of what lies outside of it
 */
export function importsOf(path: string, text: string): string[] {
  const specifiers = [
    ...codeWithStringsOf(text).matchAll(/\b(?:from|import)\s*\(?\s*"([^"\n]+)"/g),
  ];
  return specifiers.map(([, specifier]) => resolve(path, specifier!));
}

/** The same without type imports and type re-exports, which are gone when the program runs. */
export function runtimeImportsOf(path: string, text: string): string[] {
  return importsOf(path, text.replace(/^(?:import|export) type\b[^;]*;/gm, ""));
}

/**
 * What runs when a file is loaded: the file, and all that it imports, directly or not. Imports that run later
 * are left out.
 *
 * @param path of the file, from the root
 * @returns paths from the root, and specifiers of what lies outside of it
 */
export function loadedWith(path: string): ReadonlySet<string> {
  const loaded = new Set<string>();
  const load = (path: string): void => {
    if (loaded.has(path)) return;
    loaded.add(path);
    if (!path.endsWith(".ts")) return;
    const atOnce = codeWithStringsOf(textOf(path)).replace(/\bimport\s*\([^)]*\)/g, "");
    runtimeImportsOf(path, atOnce).forEach(load);
  };
  load(path);
  return loaded;
}

function resolve(path: string, specifier: string): string {
  if (!specifier.startsWith(".")) return specifier;
  return new URL(specifier, new URL(path, ROOT)).href.slice(ROOT.href.length);
}

/** The circles in which files import each other, types included; each as the way back to its start. */
export function circlesIn(imports: Imports): string[] {
  const circles: string[] = [];
  const done = new Set<string>();
  const visit = (path: string, way: readonly string[]): void => {
    const start = way.indexOf(path);
    if (start !== -1) {
      circles.push([...way.slice(start), path].join(" → "));
      return;
    }
    if (done.has(path)) return;
    for (const next of imports.get(path) ?? []) visit(next, [...way, path]);
    done.add(path);
  };
  for (const path of imports.keys()) visit(path, []);
  return circles;
}

/** The files of the program. */
export const FILES: readonly string[] = [...filesIn("lib"), "main.ts"];

export const IMPORTS: Imports = new Map(
  FILES.map((path) => [path, importsOf(path, textOf(path))]),
);
