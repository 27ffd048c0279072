/** The engines, by their names in the configuration. A worker loads the one that it runs. */
import type { Configuration } from "../config/model.ts";
import type { Engine, EngineOptions } from "./engine.ts";

export const ENGINES = {
  web: async () => (await import("./web/serve.ts")).serveWeb,
  tcp: async () => (await import("./tcp/serve.ts")).serveTcp,
} as const satisfies Record<
  Configuration["engine"],
  () => Promise<(options: EngineOptions) => Engine>
>;
