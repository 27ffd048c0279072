/** The account with an authority: found again, or made (RFC 8555, 7.3). */
import { AccountKey } from "./account_key.ts";
import { AcmeClient, type ClientOptions } from "./client.ts";
import { AcmeFailure } from "./failure.ts";
import type { AcmeSettings } from "./settings.ts";
import { accountId, type AccountRecord } from "./store/records.ts";
import type { AcmeStore } from "./store/store.ts";

/** The name of the account's file. */
export function accountIdOf({ directory, externalAccount }: AcmeSettings): string {
  return accountId(directory, externalAccount?.keyId);
}

/**
 * Opens the directory, and makes the account if there is none.
 *
 * The key is stored before the authority hears of it: if this is broken off, the same key asks again, and the
 * authority answers with the account that it has made.
 */
export async function openAccount(
  settings: AcmeSettings,
  store: AcmeStore,
  connection: Omit<ClientOptions, "key" | "url">,
): Promise<AcmeClient> {
  const { directory, email } = settings;
  const id = accountIdOf(settings);
  const stored = await store.account(id);
  const { key, record } = await keyOf(stored, directory);
  if (record !== stored) await store.saveAccount(id, record);
  const client = await AcmeClient.open({ ...connection, key, url: directory });
  if (record.url === undefined) {
    const url = await register(client, key, settings);
    client.accountUrl = url;
    await store.saveAccount(id, { ...record, url, email });
    return client;
  }
  client.accountUrl = client.checked(record.url);
  if (record.email !== email) {
    await client.post({
      what: "change the address of the account",
      url: record.url,
      payload: contactOf(settings),
    });
    await store.saveAccount(id, { ...record, email });
  }
  return client;
}

/** The authority does not know it any more: it is made again, with the same key. */
export async function forgetAccountUrl(settings: AcmeSettings, store: AcmeStore): Promise<void> {
  const id = accountIdOf(settings);
  const record = await store.account(id);
  if (record !== undefined) await store.saveAccount(id, { ...record, url: undefined });
}

async function keyOf(
  record: AccountRecord | undefined,
  directory: string,
): Promise<{ readonly key: AccountKey; readonly record: AccountRecord }> {
  if (record !== undefined && record.directory === directory) {
    const key = await AccountKey.read(record.key).catch(() => undefined); // no key, no account
    if (key !== undefined) return { key, record };
  }
  const key = await AccountKey.create();
  return { key, record: { directory, key: key.pem } };
}

async function register(
  client: AcmeClient,
  key: AccountKey,
  settings: AcmeSettings,
): Promise<string> {
  const { newAccount, meta } = client.directory;
  const { externalAccount } = settings;
  if (meta?.externalAccountRequired === true && externalAccount === undefined) {
    throw new AcmeFailure(
      "refused",
      "the authority asks for an external account: set eab to the key that it gave you",
    );
  }
  const url = client.checked(newAccount);
  const binding = externalAccount && {
    externalAccountBinding: await key.bind(externalAccount, url),
  };
  const response = await client.post({
    what: "make an account",
    url,
    payload: { termsOfServiceAgreed: true, ...contactOf(settings), ...binding },
  });
  const location = response.headers.get("location");
  if (location !== null) return client.checked(location);
  throw new AcmeFailure("outage", "the authority made an account, and did not say where it is");
}

function contactOf({ email }: AcmeSettings): { readonly contact: readonly string[] } {
  return { contact: email === undefined ? [] : [`mailto:${email}`] };
}
