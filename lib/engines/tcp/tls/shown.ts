/** What the client of a handshake has shown. Of node:tls it is only this that says so (docs/tls.md). */
import type { TLSSocket } from "node:tls";
import type { Shown } from "../../../tls/client_trust.ts";

/** What node:tls has beneath a socket. */
interface Handle {
  /** Empty if there was none, and for a session that is resumed. */
  verifyError(): string;
  /** Only what the client sent. `getPeerCertificate(true)` adds authorities by their names. */
  getPeerCertificateChain(): { readonly certificates: readonly BufferSource[] } | null | undefined;
}

/**
 * @param socket whose handshake is complete
 * @throws if node:tls does not say it
 */
export function shownBy(socket: TLSSocket): Shown {
  const { ssl } = socket as unknown as { readonly ssl: Handle };
  const certificates = ssl.getPeerCertificateChain()?.certificates ?? [];
  return {
    chain: certificates.map(bytesOf),
    isResumed: socket.isSessionReused(),
    error: ssl.verifyError() || undefined,
  };
}

function bytesOf(source: BufferSource): Uint8Array {
  if (source instanceof ArrayBuffer) return new Uint8Array(source);
  return new Uint8Array(source.buffer, source.byteOffset, source.byteLength);
}
