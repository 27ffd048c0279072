/** Proves control of the names of an order, by http-01 (RFC 8555, 7.5 and 8.3). */
import type { AcmeClient } from "./client.ts";
import { AcmeFailure } from "./failure.ts";
import type { Poller } from "./poller.ts";
import { describeProblem } from "./problem.ts";
import { type Authorization, type Challenge, type Order, readAuthorization } from "./resources.ts";
import { isToken } from "./store/challenges.ts";
import type { AcmeStore } from "./store/store.ts";

interface Tools {
  readonly client: AcmeClient;
  readonly store: AcmeStore;
  readonly poller: Poller;
}

/**
 * Answers the challenges of all names, and waits until the authority has looked at each.
 *
 * A token stays until its name is judged: if this is broken off, the authority may come for it later.
 *
 * @throws AcmeFailure `refused` if the authority could not validate some of the names
 */
export async function proveControl(order: Order, tools: Tools): Promise<void> {
  const { client, store, poller } = tools;
  const show = async (url: string) => {
    const response = await client.post({ what: "show an authorization", url });
    return { response, value: readAuthorization(response.text) };
  };
  const problems: string[] = [];
  const open: { readonly url: string; readonly token: string }[] = [];
  for (const url of order.authorizations) {
    const { value } = await show(url);
    if (value.status === "valid") continue;
    if (value.status !== "pending") problems.push(describeInvalid(value));
    else open.push({ url, token: await answer(value, tools) });
  }
  for (const { url, token } of open) {
    const authorization = await poller.poll("an authorization", async () => {
      const { response, value } = await show(url);
      return { value, isOver: value.status !== "pending", response };
    });
    await store.challenges.remove(token);
    if (authorization.status !== "valid") problems.push(describeInvalid(authorization));
  }
  if (problems.length > 0) throw new AcmeFailure("refused", problems.join("; "));
}

/** @returns the token that is pending from now on */
async function answer(
  authorization: Authorization,
  { client, store }: Tools,
): Promise<string> {
  const { token, url, status } = challengeOf(authorization);
  await store.challenges.save(token, await client.keyAuthorization(token));
  // One that is processing was answered before this was broken off.
  if (status === "pending") await client.post({ what: "take a challenge", url, payload: {} });
  return token;
}

function challengeOf(
  { challenges, identifier }: Authorization,
): Challenge & { readonly token: string } {
  const challenge = challenges.find(({ type }) => type === "http-01");
  if (challenge === undefined) {
    const offered = challenges.map(({ type }) => JSON.stringify(type)).join(", ");
    throw new AcmeFailure(
      "refused",
      `the authority does not offer http-01 for ${identifier.value}, only ${offered || "nothing"}`,
    );
  }
  const { token } = challenge;
  if (token !== undefined && isToken(token)) return { ...challenge, token };
  throw new AcmeFailure(
    "outage",
    `the authority sent a challenge for ${identifier.value} without a valid token`,
  );
}

function describeInvalid({ identifier, status, challenges }: Authorization): string {
  const errors = challenges.flatMap(({ error }) => error === undefined ? [] : [error]);
  const why = errors.length === 0
    ? `its authorization became ${status}`
    : `the authority says: ${errors.map(describeProblem).join("; ")}`;
  return `${identifier.value} was not validated: ${why}`;
}
