/** One backend of a list: a URL, or a name that stands for several. */
import { readBackendUrl } from "./backend_url.ts";
import { isDiscovered, type NameSource, readDiscoveredUrl } from "./discovered_url.ts";
import { isReading, type Read, reading } from "./reading.ts";
import { isUnixUrl, readUnixUrl } from "./unix_socket.ts";

/** Where a backend is: at a URL, or where DNS says. */
export type BackendAddress = { readonly url: string } | { readonly source: NameSource };

/** What a list says of a backend; of a name it says so of each address. */
export type ListedBackend = BackendAddress & {
  /** 0 to 100; SRV records have weights of their own. */
  readonly weight: number;
  readonly backup: boolean;
};

export function readBackendAddress(text: string): Read<BackendAddress> {
  if (isDiscovered(text)) {
    const source = readDiscoveredUrl(text);
    return isReading(source) ? reading({ source: source.value }) : source;
  }
  const url = isUnixUrl(text) ? readUnixUrl(text) : readBackendUrl(text);
  return isReading(url) ? reading({ url: url.value }) : url;
}

/** The URL in one spelling: the same for two entries that are the same backend. */
export function keyOf(address: BackendAddress): string {
  return "url" in address ? address.url : address.source.url;
}

/** What an entry of `backends` is called: its URL, or the file that lists backends. */
export function titleOf(entry: BackendAddress | { readonly file: string }): string {
  return "file" in entry ? entry.file : keyOf(entry);
}

/** SRV records have weights, so there is no other one. */
export const SRV_WEIGHT = "must have no weight, as SRV records say it";

export function hasOwnWeight(address: BackendAddress): boolean {
  return "source" in address && address.source.kind === "srv";
}
