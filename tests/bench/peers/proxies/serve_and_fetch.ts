import { pinned } from "../../cores.ts";
import { ROOT, spawn } from "../../processes.ts";
import { type Proxy, whenReady } from "../proxy.ts";

const FLOOR = "it is the least that this shape costs: it only serves and fetches";

/** What `ENGINE=web` is measured against: the least that its shape costs. */
export const serveAndFetch: Proxy = {
  key: "floor",
  name: "Deno.serve + fetch",
  withoutTls: FLOOR,
  withoutWorkers: FLOOR,
  withoutForwardedFor: FLOOR,
  version: () => Promise.resolve(Deno.version.deno),
  async start(site) {
    const ports = [site.port, ...site.backendPorts].map(String);
    const script = `${ROOT}tests/bench/peers/serve_and_fetch.ts`;
    const process = spawn([script, ...ports], {}, "null", pinned(site.cores));
    return await whenReady(this.name, process, site, undefined, false);
  },
};
