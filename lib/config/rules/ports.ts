/** Two listeners cannot have the same address. */
import type { Problem } from "../problems/problem.ts";
import { nodeAt, type Path } from "../tree/node.ts";
import { nameOf, problemAt, type RuleContext } from "./context.ts";

interface Listening {
  readonly path: Path;
  readonly host: string;
  readonly port: number;
}

export function checkPorts(context: RuleContext): Problem[] {
  const { head } = context;
  if (head === undefined) return [];
  const all: Listening[] = Object.entries(head.listeners).flatMap(([name, { host, port, unix }]) =>
    unix === undefined ? [{ path: ["listeners", name, "port"], host, port }] : []
  );
  if (head.admin?.port !== undefined && head.admin.unix === undefined) {
    all.push({ path: ["admin", "port"], host: head.admin.host, port: head.admin.port });
  }
  return all.flatMap((one, index) => {
    const other = all.slice(0, index).find((other) =>
      other.port === one.port && mayMeet(one, other)
    );
    return other === undefined ? [] : [clash(context, one, other)];
  });
}

/** The place is that of the port that was written, if only one of them was. */
function clash(context: RuleContext, one: Listening, other: Listening): Problem {
  const challenges = [one, other].find(({ path }) => isOfAcme(context, path));
  if (challenges !== undefined) {
    const at = challenges === one ? other : one;
    const message = `must not be ${at.port} beside ACME_DOMAINS: authorities ask for proof there`;
    return problemAt(context, at.path, message);
  }
  const isWritten = ({ path }: Listening) => nodeAt(context.root, path) !== undefined;
  const isOther = context.hasFile && isWritten(other) && !isWritten(one);
  const [at, from] = isOther ? [other, one] : [one, other];
  const byDefault = context.hasFile && !isWritten(from) ? `, which is ${from.port} by default` : "";
  return problemAt(context, at.path, `must differ from ${nameOf(context, from.path)}${byDefault}`);
}

/** Whether nobody wrote this port: ACME's variables have a listener of their own. */
function isOfAcme({ root }: RuleContext, path: Path): boolean {
  const place = nodeAt(root, path)?.place;
  return place?.kind === "variable" && place.name === "ACME_DOMAINS";
}

/**
 * Two addresses of loopback, say, can have the same port. For the admin port that would be asking for
 * trouble: whoever sees one of them answer takes it for the other.
 */
function mayMeet(one: Listening, other: Listening): boolean {
  const isAdmin = one.path[0] === "admin" || other.path[0] === "admin";
  return isAdmin || one.host === other.host || [one.host, other.host].some(isUnspecified);
}

function isUnspecified(host: string): boolean {
  return host === "0.0.0.0" || host === "::";
}
