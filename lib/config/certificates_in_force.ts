/** Which certificates a configuration has: a reload that keeps them is not refused because they have expired. */
import type { Configuration } from "./model.ts";

/**
 * What a configuration has read of certificates, in PEM.
 *
 * @param configuration undefined if none is in force
 */
export function certificatesInForce(configuration: Configuration | undefined): ReadonlySet<string> {
  const { listeners = {}, pools = {}, admin } = configuration ?? {};
  const texts = [
    ...Object.values(listeners).flatMap(({ tls }) => [
      ...(tls?.certificates ?? []).map(({ loaded }) => loaded?.cert),
      tls?.clientAuthorities,
      tls?.acme?.directoryAuthorities,
    ]),
    ...(admin?.tls?.certificates ?? []).map(({ loaded }) => loaded?.cert),
    ...Object.values(pools).map(({ tls }) => tls?.loaded?.client?.cert),
  ];
  return new Set(texts.filter((text) => text !== undefined));
}
