/** One order, from its making to the certificate (RFC 8555, 7.4). Each step can begin again where it ended. */
import { base64url, newKeyPem } from "./account_key.ts";
import { proveControl } from "./authorizations.ts";
import { certificateRequest } from "./certificate_request.ts";
import { type AcmeCertificate, checkChain } from "./chain.ts";
import type { AcmeClient } from "./client.ts";
import { AcmeFailure } from "./failure.ts";
import type { Poller } from "./poller.ts";
import { describeProblem } from "./problem.ts";
import { type Order, readOrder } from "./resources.ts";
import type { OrderRecord } from "./store/records.ts";
import type { AcmeStore } from "./store/store.ts";

/** An order that is older is not gone on with: authorities keep them for days, but not for ever. */
const MAX_AGE_MS = 86_400_000;

const PEM_CHAIN = "application/pem-certificate-chain";

export interface OrderTools {
  readonly client: AcmeClient;
  readonly store: AcmeStore;
  readonly poller: Poller;
  /** The time of day, in milliseconds since 1970. */
  readonly wallClock: () => number;
}

interface UnderWay {
  readonly record: OrderRecord;
  readonly order: Order;
}

/**
 * Gets a certificate. The order under way and its key are stored until {@linkcode AcmeStore.removeOrder}.
 *
 * @param id under which the order is stored
 * @throws AcmeFailure; if its kind is `refused`, the order is forgotten
 */
export async function obtain(
  id: string,
  names: readonly string[],
  tools: OrderTools,
): Promise<AcmeCertificate> {
  const { store } = tools;
  try {
    const { record, order } = await findOrder(id, tools) ?? await makeOrder(id, names, tools);
    return await complete(record, order, names, tools);
  } catch (error) {
    if (error instanceof AcmeFailure && error.kind === "refused") await store.removeOrder(id);
    throw error;
  }
}

/** The order that was under way when this, or the authority, broke off. */
async function findOrder(
  id: string,
  { client, store, wallClock }: OrderTools,
): Promise<UnderWay | undefined> {
  const record = await store.order(id);
  if (record === undefined) return undefined;
  const isOfUse = record.account === client.accountUrl &&
    Math.abs(wallClock() - record.madeAt) < MAX_AGE_MS;
  if (!isOfUse) return undefined;
  try {
    const response = await client.post({ what: "show the order", url: record.url });
    const order = readOrder(response.text);
    return order.status === "invalid" ? undefined : { record, order };
  } catch (error) {
    if (error instanceof AcmeFailure && error.kind === "refused") return undefined;
    throw error;
  }
}

async function makeOrder(
  id: string,
  names: readonly string[],
  { client, store, wallClock }: OrderTools,
): Promise<UnderWay> {
  const { key } = await newKeyPem();
  const response = await client.post({
    what: "take an order",
    url: client.directory.newOrder,
    payload: { identifiers: names.map((value) => ({ type: "dns", value })) },
  });
  const order = readOrder(response.text);
  const location = response.headers.get("location");
  if (location === null) {
    throw new AcmeFailure("outage", "the authority took an order, and did not say where it is");
  }
  const url = client.checked(location);
  const record = { account: client.accountUrl!, url, key, madeAt: wallClock() };
  await store.saveOrder(id, record);
  return { record, order };
}

async function complete(
  { url, key }: OrderRecord,
  order: Order,
  names: readonly string[],
  tools: OrderTools,
): Promise<AcmeCertificate> {
  const { client, poller, wallClock } = tools;
  let current = order;
  const follow = async (statuses: readonly Order["status"][]) => {
    if (!statuses.includes(current.status)) return;
    current = await poller.poll("the order", async () => {
      const response = await client.post({ what: "show the order", url });
      const value = readOrder(response.text);
      return { value, isOver: !statuses.includes(value.status), response };
    });
  };
  if (current.status === "pending") {
    await proveControl(current, tools);
    await follow(["pending"]);
  }
  if (current.status === "ready") {
    const csr = base64url(await certificateRequest(key, names));
    const response = await client.post({
      what: "finish the order",
      url: current.finalize,
      payload: { csr },
    });
    current = readOrder(response.text);
  }
  // Some authorities still say ready for a moment.
  await follow(["ready", "processing"]);
  if (current.status !== "valid") throw new AcmeFailure("refused", describeEnd(current));
  const chain = await download(current, client);
  const certificate = checkChain(chain, { key, names, now: wallClock() });
  if (typeof certificate !== "string") return certificate;
  throw new AcmeFailure("refused", `the certificate that came is not used: ${certificate}`);
}

async function download({ certificate: url }: Order, client: AcmeClient): Promise<string> {
  if (url === undefined) {
    throw new AcmeFailure("outage", "the authority finished the order without a certificate");
  }
  return (await client.post({ what: "send the certificate", url, accept: PEM_CHAIN })).text;
}

function describeEnd({ status, error }: Order): string {
  const why = error === undefined ? "it does not say why" : `it says: ${describeProblem(error)}`;
  return `the order became ${status}: ${why}`;
}
