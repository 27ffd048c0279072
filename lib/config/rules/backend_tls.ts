/** TLS to backends: what its settings need, and what is dangerous. */
import type { PoolConfig } from "../model.ts";
import type { Problem } from "../problems/problem.ts";
import type { Path } from "../tree/node.ts";
import { assignment, problemAt, problemAtKey, type RuleContext } from "./context.ts";

const UNVERIFIED =
  "is off: whoever is on the way to these backends can pass for them, and read and change everything";

const LABEL = "[a-z0-9_](?:[a-z0-9_-]*[a-z0-9_])?";

/** A name of DNS: addresses are no server names (RFC 6066, 3), and no top-level domain is a number. */
const NAME = new RegExp(
  `^(?=.{1,253}$)(?!(?:.*\\.)?\\d+$)${LABEL}(?:\\.${LABEL})*$`,
  "i",
);

export function checkBackendTls(context: RuleContext): Problem[] {
  return [...context.pools].flatMap(([name, pool]) =>
    pool?.tls === undefined ? [] : checkPool(context, pool, pool.tls, ["pools", name, "tls"])
  );
}

function checkPool(
  context: RuleContext,
  pool: PoolConfig,
  { ca, serverName, cert, key, verify }: NonNullable<PoolConfig["tls"]>,
  path: Path,
): Problem[] {
  const problems: Problem[] = [];
  const add = (setting: string, message: string) =>
    void problems.push(problemAtKey(context, [...path, setting], message));
  const needsTcp = `needs ${assignment(context, ["engine"], "tcp")}`;
  const isWeb = context.head !== undefined && context.head.engine !== "tcp";
  if (!mayBeSecure(pool)) {
    const message = "has no effect without a backend with https://";
    problems.push({ ...problemAtKey(context, path, message), severity: "warning" });
  }
  if (cert !== undefined && key === undefined) add("cert", "needs key beside it");
  if (key !== undefined && cert === undefined) add("key", "needs cert beside it");
  if (serverName !== undefined && !NAME.test(serverName)) {
    problems.push(
      problemAt(context, [...path, "serverName"], "must be a name such as app.internal", {
        found: JSON.stringify(serverName),
      }),
    );
  } else if (serverName !== undefined && isWeb) add("serverName", needsTcp);
  if (verify) return problems;
  if (isWeb) add("verify", needsTcp);
  if (ca !== undefined) add("ca", "has no effect with verify off");
  return [
    ...problems,
    problemAt(context, [...path, "verify"], UNVERIFIED, { severity: "warning" }),
  ];
}

/** What a file lists is not known yet. */
function mayBeSecure({ backends }: PoolConfig): boolean {
  return backends.some((backend) =>
    "file" in backend ||
    ("url" in backend ? backend.url : backend.source.url).includes("https://")
  );
}
