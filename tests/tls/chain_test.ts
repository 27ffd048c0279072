import { assertEquals } from "@std/assert";
import { createPrivateKey } from "node:crypto";
import { type Chain, firstOutOfOrder, placeOf, readChain } from "../../lib/tls/chain.ts";
import { issue } from "../../lib/tls/issue.ts";
import { pemOf } from "../../lib/tls/pem.ts";

const LIFE = { from: Date.UTC(2026, 0, 1), until: Date.UTC(2026, 1, 1) };
const ROOT = await issue({ ...LIFE, names: ["Root"], isAuthority: true });
const MIDDLE = await issue({ ...LIFE, names: ["Middle"], isAuthority: true, issuer: ROOT });
const LEAF = await issue({ ...LIFE, names: ["A.test", "192.0.2.1", "no name"], issuer: MIDDLE });
const BROKEN = pemOf("CERTIFICATE", new Uint8Array([1, 2, 3]));

const certificatesIn = (text: string) => (readChain(text) as Chain).certificates;

Deno.test("chain: what its first certificate says of itself is read, and only certificates of a text are", () => {
  const text = `# mine\n${LEAF.key}${LEAF.cert}${MIDDLE.cert.replaceAll("\n", "\r\n")}`;
  const { certificates, leaf, ...rest } = readChain(text) as Chain;
  assertEquals(rest, {
    pem: LEAF.cert + MIDDLE.cert,
    names: ["a.test", "192.0.2.1"],
    kind: { isEcdsa: true, problem: undefined },
    notBefore: LIFE.from,
    notAfter: LIFE.until,
  });
  assertEquals([certificates.length, leaf === certificates[0]], [2, true]);
});

Deno.test("chain: there is none without certificates, and none if one of them cannot be read", () => {
  assertEquals(readChain(LEAF.key), { count: 0, unreadable: 0 });
  assertEquals(readChain(LEAF.cert + BROKEN + BROKEN), { count: 3, unreadable: 2 });
});

Deno.test("chain: the certificate of a key is found, wherever it stands", () => {
  const places = [LEAF, MIDDLE, ROOT].map(({ key }) =>
    placeOf(createPrivateKey(key), certificatesIn(LEAF.cert + MIDDLE.cert))
  );
  assertEquals(places, [0, 1, -1]);
});

Deno.test("chain: the first certificate that did not issue the one before it is found", () => {
  const places = [[LEAF], [LEAF, MIDDLE, ROOT], [LEAF, ROOT, MIDDLE], [LEAF, MIDDLE, LEAF]]
    .map((all) => firstOutOfOrder(certificatesIn(all.map(({ cert }) => cert).join(""))));
  assertEquals(places, [-1, -1, 1, 2]);
});
