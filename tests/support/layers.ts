/** The layers of the code, for the tests of the architecture. */

/**
 * The layers, from the lowest to the highest. A file belongs to the longest name that its path begins
 * with, and imports only from its own folder and from lower layers, types included. Folders that share
 * a layer do not import each other.
 */
const LAYERS: readonly (readonly string[])[] = [
  ["lib/time/", "lib/shared_memory/"],
  ["lib/"], // the words of the request path: outcome, request facts, retry rule, retry budget
  ["lib/http/", "lib/net/", "lib/tls/"],
  ["lib/net/resolver/"],
  ["lib/config/values/", "lib/health/"],
  ["lib/config/schema/"],
  ["lib/config/model.ts"],
  ["lib/config/tree/"],
  ["lib/config/problems/"],
  ["lib/config/source/"],
  ["lib/config/parts.ts"],
  ["lib/config/rules/"],
  ["lib/config/"],
  ["lib/backends/", "lib/discovery/", "lib/acme/"],
  ["lib/policies/"],
  ["lib/pool/"],
  ["lib/routing/"],
  ["lib/logging/"],
  ["lib/proxy.ts"],
  ["lib/engines/engine.ts"],
  ["lib/engines/shared/"],
  ["lib/engines/tcp/http1/"],
  ["lib/engines/tcp/client/", "lib/engines/tcp/backend/", "lib/engines/tcp/tls/"],
  ["lib/engines/tcp/exchange/"],
  ["lib/engines/web/", "lib/engines/tcp/"],
  ["lib/engines/mod.ts"],
  ["lib/admin/"],
  ["lib/simulate/scenario/"],
  ["lib/simulate/run/"],
  ["lib/simulate/report/"],
  ["lib/runtime/", "lib/simulate/"],
  ["lib/cli/"],
  ["main.ts"],
];

/** The longest of the names that a path begins with; `lib/` stands for the files right in it only. */
function longestPrefix(path: string, names: readonly string[]): string | undefined {
  const matches = (name: string) =>
    name === "lib/" ? /^lib\/[^/]+$/.test(path) : path.startsWith(name);
  return names.filter(matches).sort((a, b) => b.length - a.length)[0];
}

/** Its layer's name and rank. */
export function layerOf(path: string): { name: string; rank: number } {
  const name = longestPrefix(path, LAYERS.flat());
  if (name === undefined) throw new Error(`${path} lies in no layer`);
  return { name, rank: LAYERS.findIndex((names) => names.includes(name)) };
}
