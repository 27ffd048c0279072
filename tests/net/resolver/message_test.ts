import { assert, assertEquals } from "@std/assert";
import fc from "fast-check";
import { decodeAnswer, decodeMessage, encodeQuestion } from "../../../lib/net/resolver/message.ts";
import type { Question } from "../../../lib/net/resolver/question.ts";
import { readAddresses, readServices } from "../../../lib/net/resolver/records.ts";
import { isIP } from "../../../lib/net/is_ip.ts";
import { record, reply } from "../../support/fake_dns_server.ts";

const QUESTION: Question = { name: "users.example", type: "A" };

const asked = (question: Question, id: number) => ({
  ...question,
  id,
  question: `${question.type} ${question.name}`,
  transport: "udp" as const,
  port: 0,
  bytes: new Uint8Array(),
});

Deno.test("DNS message: a question has one name, wants recursion and takes 1232 bytes", () => {
  const message = decodeMessage(encodeQuestion(QUESTION, 0xbeef))!;
  assertEquals([message.id, message.type, message.opcode], [0xbeef, "query", "QUERY"]);
  assertEquals(message.questions.map(({ name, type }) => ({ name, type })), [QUESTION]);
  assertEquals(message.additionals.map(({ type, udpPayloadSize }) => [type, udpPayloadSize]), [
    ["OPT", 1232],
  ]);
});

/** Good answers to three questions. */
const ANSWERS = (["A", "AAAA", "SRV"] as const).map((type) => {
  const question = { name: "users.example", type };
  const data = {
    A: ["10.0.0.1", "10.0.0.2"],
    AAAA: ["2001:db8::1"],
    SRV: [{ priority: 1, weight: 2, port: 3, target: "a.example" }],
  }[type];
  const records = [
    record("CNAME", "users.example", "b.example"),
    ...data.map((item) => record(type, "b.example", item)),
  ];
  return { question, bytes: reply(asked(question, 7), { records }) };
});

Deno.test("DNS message: whatever is done to an answer, it is read or refused, and has addresses only", () => {
  const change = fc.record({
    at: fc.nat(1_000),
    byte: fc.nat(255),
    isCut: fc.boolean(),
  });
  fc.assert(
    fc.property(
      fc.constantFrom(...ANSWERS),
      fc.array(change, { minLength: 1, maxLength: 8 }),
      ({ question, bytes }, changes) => {
        let mangled = bytes.slice();
        for (const { at, byte, isCut } of changes) {
          if (isCut) mangled = mangled.slice(0, Math.max(12, mangled.length - at % 20));
          else mangled[12 + at % Math.max(1, mangled.length - 12)] = byte; // behind the id
        }
        const message = decodeAnswer(mangled, question, 7);
        if (message === undefined) return;
        if (question.type === "SRV") {
          readServices(message, question);
          return;
        }
        const read = readAddresses(message, question);
        if ("data" in read) assert(read.data.every((address) => isIP(address) !== 0));
      },
    ),
    { numRuns: 20_000, seed: 20261122 },
  );
});

Deno.test("DNS message: any bytes are read or refused", () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 600 }), (bytes) => {
      assertEquals(decodeAnswer(bytes, QUESTION, 7), undefined);
    }),
    { numRuns: 5_000, seed: 20261122 },
  );
});
