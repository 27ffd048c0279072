/** Which changes of a configuration cannot take effect while it runs: a reload with one of them is refused. */
import type { Configuration } from "./model.ts";
import { ADMIN_MODE, modeText } from "./schema/listener.ts";

/** @returns what must stay, a message each; empty if the configuration can be reloaded */
export function needsRestart(before: Configuration, after: Configuration): string[] {
  const [was, is] = [fixedOf(before), fixedOf(after)];
  return Object.keys(was).filter((name) => was[name] !== is[name] && is[name] !== undefined).map(
    (name) =>
      `Cannot reload as ${name} must stay ${JSON.stringify(was[name])} until a restart: ` +
      `new value is ${JSON.stringify(is[name])}`,
  );
}

/** Settings that are fixed, in the words of the file. One that has no effect beside others is left out. */
function fixedOf({ engine, io, workers, admin }: Configuration): Record<string, unknown> {
  return {
    engine,
    io,
    workers,
    ...fixedOfAdmin(admin),
  };
}

function fixedOfAdmin(admin: Configuration["admin"]): Record<string, unknown> {
  if (admin?.port === undefined) return { "admin.port": "off" };
  const { host, port, unix, mode, tls } = admin;
  if (unix !== undefined) {
    return { "admin.port": `unix:${unix}`, "admin.mode": modeText(mode ?? ADMIN_MODE) };
  }
  return {
    "admin.host": host,
    "admin.port": port,
    "admin.tls": tls === undefined ? "not set" : "set", // its certificate may change
  };
}
