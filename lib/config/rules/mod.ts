/** The rules that compare several settings; what one setting may be by itself, the schema says. */
import { checkAcme } from "./acme.ts";
import { checkBackendTls } from "./backend_tls.ts";
import { checkBackends } from "./backends.ts";
import type { Rule } from "./context.ts";
import { checkIo } from "./io.ts";
import { checkListeners } from "./listeners.ts";
import { checkPasswords } from "./passwords.ts";
import { checkPools } from "./pools.ts";
import { checkPorts } from "./ports.ts";
import { checkProxyProtocol } from "./proxy_protocol.ts";
import { checkRoutes } from "./routes.ts";
import { checkStickyCookies } from "./sticky_cookies.ts";
import { checkTls } from "./tls.ts";
import { checkUnixListeners } from "./unix_listeners.ts";
import { checkEffects } from "./without_effect.ts";
import { checkWebTls } from "./web_tls.ts";

export const RULES: readonly Rule[] = [
  checkListeners,
  checkPorts,
  checkTls,
  checkWebTls,
  checkAcme,
  checkPools,
  checkBackends,
  checkBackendTls,
  checkStickyCookies,
  checkRoutes,
  checkPasswords,
  checkProxyProtocol,
  checkIo,
  checkUnixListeners,
  checkEffects,
];
