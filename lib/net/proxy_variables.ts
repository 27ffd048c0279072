/**
 * Keeps proxy variables of the environment from mattering: fetch would send what is meant for backends
 * through the proxy they name, even with a client of our own.
 *
 * @returns the names of those that were set; they are gone for this process
 */
export function ignoreProxyVariables(): string[] {
  const names = ["HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY"];
  const found = [...names, ...names.map((name) => name.toLowerCase())]
    .filter((name) => Deno.env.get(name) !== undefined);
  for (const name of found) Deno.env.delete(name);
  return found;
}
