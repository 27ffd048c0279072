import { assertEquals } from "@std/assert";
import { namesOf } from "../../lib/runtime/backend_names.ts";
import type { ResolvedBackend } from "../../lib/runtime/revision.ts";
import { configurationOf } from "../support/configuration_file.ts";

const at = (url: string, name?: string): ResolvedBackend => ({
  url,
  weight: 1,
  backup: false,
  ...name === undefined ? {} : { name },
});

async function poolsOf(backends: Record<string, readonly ResolvedBackend[]>) {
  const { pools } = await configurationOf(`{ "pools": { "any": { "backends": ["http://a"] } } }`);
  const pool = pools["any"]!;
  return {
    pools: Object.fromEntries(
      Object.entries(backends).map(([name, backends]) => [name, { ...pool, backends }]),
    ),
  };
}

Deno.test("backend names: one that a name stands for has it beside its address, in all pools", async () => {
  const config = await poolsOf({
    users: [at("http://10.0.0.1:5000", "users"), at("http://shop:5000")],
    other: [at("http://10.0.0.1:5000", "a.example"), at("http://10.0.0.1:5000", "users")],
  });
  assertEquals([...namesOf(config, undefined)], [
    ["10.0.0.1:5000", "10.0.0.1:5000 (users, a.example)"],
  ]);
});

Deno.test("backend names: what is given counts more", async () => {
  const config = await poolsOf({ users: [at("http://10.0.0.1:5000", "users")] });
  assertEquals([...namesOf(config, new Map([["10.0.0.1:5000", "one"]]))], [
    ["10.0.0.1:5000", "one"],
  ]);
});
