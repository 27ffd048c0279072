/** The engines, by their names in the configuration. */
import type { Config } from "../config/schema.ts";
import type { Engine, EngineOptions } from "./engine.ts";
import { serveTcp } from "./tcp/serve.ts";
import { serveWeb } from "./web/serve.ts";

export const ENGINES = {
  web: serveWeb,
  tcp: serveTcp,
} as const satisfies Record<Config["ENGINE"], (options: EngineOptions) => Engine>;
