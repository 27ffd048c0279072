/** Field lines as they are forwarded. */
import { assertEquals } from "@std/assert";
import { type Field, type Forwarding, requestFields } from "../../lib/http/headers.ts";

export const FORWARDING: Forwarding = {
  clientAddress: "192.0.2.1",
  trusted: false,
  scheme: "http",
  version: "1.1",
  instanceName: "roundabout",
  host: "a.test:81",
  newRequestId: () => "made",
  passesTrailers: false,
  passesExpect: false,
};

/** The proxy's own lines for a request that had only Host. */
export const OURS: readonly Field[] = [
  ["x-forwarded-for", "192.0.2.1"],
  ["x-forwarded-proto", "http"],
  ["x-forwarded-host", "a.test:81"],
  ["via", "1.1 roundabout"],
  ["x-request-id", "made"],
];

/** The field lines that a backend gets. */
export const forwarded = (fields: Field[], forwarding: Partial<Forwarding> = {}) =>
  requestFields(fields, { ...FORWARDING, ...forwarding });

/** The values of one field. */
export const values = (fields: readonly Field[], name: string) =>
  fields.filter(([n]) => n.toLowerCase() === name).map(([, value]) => value);

/** The field lines between Host and the proxy's own. */
export const between = (fields: Field[]) => {
  assertEquals(fields[0], ["host", "a.test:81"]);
  assertEquals(fields.slice(-OURS.length), OURS);
  return fields.slice(1, -OURS.length);
};
