/** Finds settings that are set and change nothing, as they need another one. */
import type { SettingTexts } from "./parse.ts";
import { type Config, DEFAULTS, type SettingName } from "./schema.ts";

/** The largest head that Deno.serve takes, in bytes. */
const WEB_MAX_HEADER_BYTES = 64 * 1024;

interface Need {
  readonly settings: readonly SettingName[];
  readonly isMet: (config: Config) => boolean;
  /** What is missing, as the end of a sentence. */
  readonly otherwise: string;
}

const NEEDS: readonly Need[] = [
  {
    settings: [
      "HEADER_TIMEOUT",
      "KEEP_ALIVE_TIMEOUT",
      "BACKEND_IDLE_TIMEOUT",
      "TUNNEL_IDLE_TIMEOUT",
      "HALF_CLOSED_TIMEOUT",
      "MAX_CONNECTIONS",
    ],
    isMet: ({ ENGINE }) => ENGINE === "tcp",
    otherwise: "without ENGINE=tcp",
  },
  {
    settings: ["MAX_HEADER_SIZE"],
    isMet: (config) => config.ENGINE === "tcp" || config.MAX_HEADER_SIZE <= WEB_MAX_HEADER_BYTES,
    otherwise: "above 64KiB without ENGINE=tcp",
  },
  {
    settings: ["HASH_ON", "HASH_BALANCE"],
    isMet: ({ POLICY }) => POLICY === "consistent_hash",
    otherwise: "without POLICY=consistent_hash",
  },
  {
    settings: ["STICKY_SECRET"],
    isMet: ({ STICKY_COOKIE }) => STICKY_COOKIE !== undefined,
    otherwise: "without STICKY_COOKIE",
  },
  {
    settings: [
      "HEALTH_STATUS",
      "HEALTH_INTERVAL",
      "HEALTH_TIMEOUT",
      "HEALTH_RISE",
      "HEALTH_FALL",
    ],
    isMet: ({ HEALTH_PATH }) => HEALTH_PATH !== undefined,
    otherwise: "without HEALTH_PATH",
  },
  {
    settings: ["EJECT_TIME", "EJECT_MAX"],
    isMet: ({ EJECT_AFTER }) => EJECT_AFTER !== Infinity,
    otherwise: "with EJECT_AFTER=off",
  },
  {
    settings: ["SLOW_START"],
    isMet: (config) => config.EJECT_AFTER !== Infinity || config.HEALTH_PATH !== undefined,
    otherwise: "with EJECT_AFTER=off and without HEALTH_PATH",
  },
  {
    settings: ["RETRY_BUDGET"],
    isMet: ({ MAX_ATTEMPTS }) => MAX_ATTEMPTS > 1,
    otherwise: "with MAX_ATTEMPTS=1",
  },
  {
    settings: ["ADMIN_HOST"],
    isMet: ({ ADMIN_PORT }) => ADMIN_PORT !== undefined,
    otherwise: "with ADMIN_PORT=off",
  },
];

/**
 * @param texts the settings that are set; one that is set to its default is not missed
 * @param config the same, parsed
 * @returns a sentence for each that has no effect
 */
export function withoutEffect(texts: SettingTexts, config: Config): string[] {
  return NEEDS.filter(({ isMet }) => !isMet(config)).flatMap(({ settings, otherwise }) =>
    settings.filter((name) => (texts[name]?.trim() || DEFAULTS[name]) !== DEFAULTS[name])
      .map((name) => `${name} has no effect ${otherwise}`)
  );
}
