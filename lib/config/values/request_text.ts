/** A request as somebody who tries it writes it: a method and a URL. */
import { isAuthority } from "../../http/authority.ts";

export interface RequestText {
  readonly method: string;
  readonly scheme: "http" | "https";
  /** Host and port. */
  readonly host: string;
  /** Path and query. */
  readonly path: string;
}

/** `GET https://api.example.com/users/7?v=2`; the method may be left out. */
const REQUEST = /^(?:([!#$%&'*+.^_`|~0-9A-Za-z-]+) +)?(https?):\/\/([^/?#]+)([^#\s]*)$/;

/** @returns undefined if the text is no method and URL */
export function parseRequestText(text: string): RequestText | undefined {
  const [, method = "GET", scheme, host, rest = ""] = REQUEST.exec(text.trim()) ?? [];
  if (host === undefined || !isAuthority(host)) return undefined;
  const path = rest.startsWith("/") ? rest : `/${rest}`;
  return { method, scheme: scheme as "http" | "https", host, path };
}
