/** Reads the flags of `check` that describe a request to be tried. */
import { ConfigError } from "../config/load.ts";
import { parseRequestText } from "../config/values/request_text.ts";
import { suggest } from "../config/values/suggest.ts";
import { isIP } from "../net/is_ip.ts";
import type { Configuration } from "../config/model.ts";
import { type TriedRequest, usualListener } from "../routing/try_request.ts";
import type { Flags } from "./command.ts";

/** What belongs to a request, and says nothing without one. */
const DETAILS = ["client", "listener", "header"] as const;

/**
 * @returns undefined if no request is to be tried
 * @throws {ConfigError} with everything that is wrong
 */
export function readTriedRequest(
  flags: Flags,
  listeners: Configuration["listeners"],
): TriedRequest | undefined {
  const problems: string[] = [];
  if (flags.request === undefined) {
    const idle = DETAILS.filter((name) => flags[name] !== undefined);
    if (idle.length === 0) return undefined;
    throw refuse(idle.map((name) => `--${name} has no effect without --request`));
  }
  const request = parseRequestText(flags.request);
  if (request === undefined) {
    const expected = 'a method and a URL such as "GET https://api.example.com/users/7"';
    problems.push(`--request must be ${expected}: current value is ${quote(flags.request)}`);
  }
  const scheme = request?.scheme ?? "http";
  const { client = "192.0.2.1", listener = usualListener(listeners, scheme) } = flags;
  if (isIP(client) === 0) {
    problems.push(`--client must be an IP address: current value is ${quote(client)}`);
  }
  const names = Object.keys(listeners);
  if (!names.includes(listener)) {
    const meant = suggest(listener, names);
    problems.push(
      `--listener must be one of the listeners: ${names.join(", ")}: current value is ${
        quote(listener)
      }${meant === undefined ? "" : `, did you mean ${meant}?`}`,
    );
  }
  const headers = readHeaders(flags.header ?? [], problems);
  if (request === undefined || problems.length > 0) throw refuse(problems);
  return { ...request, client, listener, headers };
}

/** @param problems those of lines that are no header are added here */
function readHeaders(lines: readonly string[], problems: string[]): Record<string, string> {
  const values = new Map<string, string>();
  for (const line of lines) {
    const [, name, value] = /^([!#$%&'*+.^_`|~0-9A-Za-z-]+):\s*(.*?)\s*$/.exec(line) ?? [];
    if (name === undefined || value === undefined) {
      const expected = 'a name and a value such as "X-Beta: 1"';
      problems.push(`--header must be ${expected}: current value is ${quote(line)}`);
      continue;
    }
    const before = values.get(name.toLowerCase());
    values.set(name.toLowerCase(), before === undefined ? value : `${before}, ${value}`);
  }
  return Object.fromEntries(values);
}

function refuse(problems: readonly string[]): ConfigError {
  return new ConfigError(problems, "try the request");
}

function quote(text: string): string {
  return JSON.stringify(text);
}
