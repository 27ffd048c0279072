/** Reads requests for certificates (PKCS #10), as an authority does. */
import { createPublicKey, verify } from "node:crypto";
import { Buffer } from "node:buffer";

interface Element {
  readonly tag: number;
  readonly content: Uint8Array<ArrayBuffer>;
  /** With tag and length. */
  readonly whole: Uint8Array<ArrayBuffer>;
}

export interface ReadRequest {
  readonly names: readonly string[];
  readonly publicKey: CryptoKey;
}

const DNS_NAME = 0x82;

/** @throws if its signature does not match its key */
export async function readCertificateRequest(der: Uint8Array<ArrayBuffer>): Promise<ReadRequest> {
  const [request] = elementsOf(der);
  const [info, , signature] = elementsOf(request!.content);
  const [, , spki, attributes] = elementsOf(info!.content);
  const key = createPublicKey({ key: Buffer.from(spki!.whole), format: "der", type: "spki" });
  const isSigned = verify("sha256", info!.whole, key, signature!.content.subarray(1));
  if (!isSigned) throw new Error("the request is not signed with its key");
  const publicKey = await crypto.subtle.importKey(
    "spki",
    spki!.whole,
    { name: "ECDSA", namedCurve: "P-256" },
    true,
    ["verify"],
  );
  const names = allOf(attributes!).filter(({ tag }) => tag === DNS_NAME)
    .map(({ content }) => new TextDecoder().decode(content));
  return { names, publicKey };
}

function elementsOf(bytes: Uint8Array<ArrayBuffer>): Element[] {
  const elements: Element[] = [];
  for (let at = 0; at < bytes.length;) {
    const first = bytes[at + 1]!;
    const lengthBytes = first < 0x80 ? 0 : first & 0x7f;
    let length = first < 0x80 ? first : 0;
    for (let i = 0; i < lengthBytes; i++) length = length * 256 + bytes[at + 2 + i]!;
    const start = at + 2 + lengthBytes;
    const end = start + length;
    const [tag, content] = [bytes[at]!, bytes.slice(start, end)];
    elements.push({ tag, content, whole: bytes.slice(at, end) });
    at = end;
  }
  return elements;
}

/** All elements in it that hold no others, and octet strings taken apart. */
function allOf(element: Element): Element[] {
  const isOctets = element.tag === 0x04;
  if ((element.tag & 0x20) === 0 && !isOctets) return [element];
  return elementsOf(element.content).flatMap(allOf);
}
