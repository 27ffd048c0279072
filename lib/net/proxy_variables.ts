/**
 * Removes the proxy variables from the environment of this process: Deno's fetch sends requests to
 * backends through the proxy that they name, even with a custom HTTP client.
 *
 * @returns the names of those that were set
 */
export function ignoreProxyVariables(): string[] {
  const names = ["HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY"];
  const found = [...names, ...names.map((name) => name.toLowerCase())]
    .filter((name) => Deno.env.get(name) !== undefined);
  for (const name of found) Deno.env.delete(name);
  return found;
}
