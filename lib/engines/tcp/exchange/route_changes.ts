/** What a route changes of the heads of a request and of its response. */
import type { Field } from "../../../http/headers.ts";
import { hstsBeside } from "../../../http/hsts.ts";
import type { IsTrusted } from "../../../http/trusted_proxies.ts";
import type { RequestChanges, Route } from "../../../routing/route.ts";
import { fillingFor } from "../../shared/dispatch.ts";
import type { ClientConnection } from "../client/connection.ts";
import { bytesOf } from "../http1/bytes.ts";
import { formatLines } from "../http1/proxy_lines.ts";
import type { TcpRequest } from "./request.ts";

type Bytes = Uint8Array<ArrayBuffer>;

/** Changes the head that backends get. */
export function changeRequest(
  request: TcpRequest,
  route: Route,
  { path, host, headers }: RequestChanges,
  isTrusted: IsTrusted,
): void {
  request.forwarded.change(request.bytes, {
    path: path?.(request.path),
    host,
    headers: headers && {
      drops: headers.drops,
      lines: () => headers.lines(fillingFor(request, route, isTrusted)),
    },
  });
}

/** The head of a response with the lines that its way adds. @param lines of it, without the empty one */
export function withAddedLines(lines: Bytes, request: TcpRequest, isTrusted: IsTrusted): Bytes {
  const end = bytesOf(`${addedLines(request, isTrusted)}\r\n`);
  const head = new Uint8Array(lines.length + end.length);
  head.set(lines);
  head.set(end, lines.length);
  return head;
}

/** The value of Strict-Transport-Security that a listener adds to a response; undefined if a route has its own. */
export function hstsFor(
  { hsts }: Pick<ClientConnection, "hsts">,
  { response }: Pick<Route, "response">,
): string | undefined {
  return hstsBeside(hsts, response);
}

/** The lines that the way of a request adds to its response. */
export function addedLines(request: TcpRequest, isTrusted: IsTrusted): string {
  const { route, cookie } = request.way!;
  const added: Field[] = cookie === undefined ? [] : [["set-cookie", cookie]];
  added.push(...route.response?.lines(fillingFor(request, route, isTrusted)) ?? []);
  return formatLines(added);
}
