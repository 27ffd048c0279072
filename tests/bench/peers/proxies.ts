/** All proxies that are compared. To add one, add a file under proxies/ and list it here. */
import { caddy } from "./proxies/caddy.ts";
import { go } from "./proxies/go.ts";
import { haproxy } from "./proxies/haproxy.ts";
import { nginx } from "./proxies/nginx.ts";
import { epoll, tcp, web } from "./proxies/roundabout.ts";
import { serveAndFetch } from "./proxies/serve_and_fetch.ts";
import type { Proxy } from "./proxy.ts";

export const OWN: readonly Proxy[] = [epoll, tcp, web];
export const OTHERS: readonly Proxy[] = [nginx, haproxy, caddy, go, serveAndFetch];
export const PROXIES: readonly Proxy[] = [...OWN, ...OTHERS];
