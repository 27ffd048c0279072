import { assertEquals, assertRejects } from "@std/assert";
import { createPublicKey, verify } from "node:crypto";
import { AccountKey, newKeyPem } from "../../lib/acme/account_key.ts";
import { certificateRequest, publicKeyOf } from "../../lib/acme/certificate_request.ts";
import { readCertificateRequest } from "../support/certificate_request_reader.ts";

const text = (part: string) =>
  new TextDecoder().decode(Uint8Array.fromBase64(part, { alphabet: "base64url" }));

Deno.test("acme key: a message has its URL, its nonce and the key, or the account instead of the key", async () => {
  const key = await AccountKey.create();
  for (const accountUrl of [undefined, "https://ca.test/account/1"]) {
    const url = "https://ca.test/order";
    const message = JSON.parse(await key.sign({ a: 1 }, { url, nonce: "n", accountUrl }));
    const { jwk, ...head } = JSON.parse(text(message.protected));
    const kid = accountUrl === undefined ? {} : { kid: accountUrl };
    assertEquals(head, { alg: "ES256", nonce: "n", url, ...kid });
    assertEquals(
      Object.keys(jwk ?? {}),
      accountUrl === undefined ? ["crv", "kty", "x", "y"] : [],
      "no private part",
    );
    assertEquals(text(message.payload), '{"a":1}');
  }
});

Deno.test("acme key: the signature is the one of the stored key, and a request for a resource has an empty payload", async () => {
  const { pem } = await AccountKey.create();
  const key = await AccountKey.read(pem);
  const message = JSON.parse(
    await key.sign(undefined, {
      url: "https://ca.test/1",
      nonce: "n",
      accountUrl: "https://ca.test/a",
    }),
  );
  assertEquals(message.payload, "");
  const publicKey = createPublicKey(pem);
  const isRight = verify(
    "sha256",
    new TextEncoder().encode(`${message.protected}.`),
    { key: publicKey, dsaEncoding: "ieee-p1363" },
    Uint8Array.fromBase64(message.signature, { alphabet: "base64url" }),
  );
  assertEquals(isRight, true);
});

Deno.test("acme key: a key authorization is the token and the thumbprint of RFC 7638", async () => {
  const key = await AccountKey.create();
  const { x, y } = createPublicKey(key.pem).export({ format: "jwk" });
  const canonical = `{"crv":"P-256","kty":"EC","x":"${x}","y":"${y}"}`;
  const digest = await crypto.subtle.digest("SHA-256", new TextEncoder().encode(canonical));
  const thumbprint = new Uint8Array(digest).toBase64({ alphabet: "base64url", omitPadding: true });
  assertEquals(await key.keyAuthorization("token"), `token.${thumbprint}`);
});

Deno.test("acme key: what is no key is refused", async () => {
  for (const pem of ["", "-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----"]) {
    await assertRejects(() => AccountKey.read(pem));
    await assertRejects(() => publicKeyOf(pem));
  }
});

Deno.test("acme: a certificate request has the names, and is signed by the key of the certificate", async () => {
  const { key } = await newKeyPem();
  const names = Array.from(
    { length: 100 },
    (_, index) => `host-${index}.${"sub.".repeat(10)}a.test`,
  );
  for (const some of [names.slice(0, 1), names]) {
    const read = await readCertificateRequest(await certificateRequest(key, some));
    assertEquals(read.names, some);
    const spki = new Uint8Array(await crypto.subtle.exportKey("spki", read.publicKey));
    assertEquals(spki, await publicKeyOf(key));
  }
});
