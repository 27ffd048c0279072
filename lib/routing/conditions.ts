/** What a match asks for beside host and path: method, headers, query, client and listener. */
import type { RouteConfig } from "../config/model.ts";
import { parameterOf, type RoutingFacts } from "./facts.ts";

export type Match = RouteConfig["match"];
type ValueMatch = NonNullable<Match["headers"]>[string];

/** One condition, and how it is explained if it does not hold. */
export interface Condition {
  readonly holds: (request: RoutingFacts) => boolean;
  /** The rest of a sentence about the request: `has no header x-beta`. */
  readonly explain: (request: RoutingFacts) => string;
}

/** What conditions need that is loaded only if some route uses it. */
export interface ConditionTools {
  /** Compiles a regular expression of linear time; it may match any part of a text. */
  readonly expression: (source: string) => (text: string) => boolean;
  /** Whether an address lies in one of these networks. */
  readonly networks: (networks: readonly string[]) => (address: string) => boolean;
}

/** Longer values match no expression. */
const MAX_VALUE_CHARACTERS = 1024;

/** The conditions of a match; all must hold. The cheapest come first. */
export function conditionsOf(match: Match, tools: ConditionTools): readonly Condition[] {
  const conditions: Condition[] = [];
  const { methods, listener, client, headers = {}, query = {} } = match;
  if (listener !== undefined) conditions.push(listenerIs(listener));
  if (methods !== undefined) conditions.push(methodIs(methods));
  if (client !== undefined) conditions.push(clientIs(client, tools));
  for (const [name, value] of Object.entries(headers)) {
    const lower = name.toLowerCase();
    conditions.push(
      valueIs(`header ${name}`, value, tools, (request) => request.header(lower)),
    );
  }
  for (const [name, value] of Object.entries(query)) {
    conditions.push(
      valueIs(`query parameter ${name}`, value, tools, ({ path }) => parameterOf(path, name)),
    );
  }
  return conditions;
}

/** Whether all conditions hold. */
export function allHold(conditions: readonly Condition[], request: RoutingFacts): boolean {
  for (let i = 0; i < conditions.length; i++) if (!conditions[i]!.holds(request)) return false;
  return true;
}

function listenerIs(names: readonly string[]): Condition {
  return {
    holds: ({ listener }) => names.includes(listener),
    explain: ({ listener }) => `came in at the listener ${listener}, not at ${names.join(" or ")}`,
  };
}

/** GET stands for HEAD as well: a response to HEAD is that to GET without its body (RFC 9110, 9.3.2). */
function methodIs(methods: readonly string[]): Condition {
  const all = new Set(methods.includes("GET") ? [...methods, "HEAD"] : methods);
  return {
    holds: ({ method }) => all.has(method),
    explain: ({ method }) => `has the method ${method}, not ${methods.join(" or ")}`,
  };
}

function clientIs(networks: readonly string[], tools: ConditionTools): Condition {
  const belongs = tools.networks(networks);
  return {
    holds: ({ client }) => belongs(client),
    explain: ({ client }) => `comes from ${client}, not from ${networks.join(" or ")}`,
  };
}

function valueIs(
  what: string,
  match: ValueMatch,
  tools: ConditionTools,
  valueOf: (request: RoutingFacts) => string | undefined,
): Condition {
  if ("present" in match) {
    const { present } = match;
    return {
      holds: (request) => (valueOf(request) !== undefined) === present,
      explain: () => present ? `has no ${what}` : `has the ${what}`,
    };
  }
  const fits = "equals" in match
    ? (value: string) => value === match.equals
    : withinLimit(tools.expression(match.matches));
  return {
    holds(request) {
      const value = valueOf(request);
      return value !== undefined && fits(value);
    },
    // Without what is asked for: it may be a secret.
    explain: (request) =>
      valueOf(request) === undefined
        ? `has no ${what}`
        : "equals" in match
        ? `has another value of the ${what}`
        : `has a ${what} that does not match`,
  };
}

function withinLimit(matches: (text: string) => boolean): (text: string) => boolean {
  return (value) => value.length <= MAX_VALUE_CHARACTERS && matches(value);
}
