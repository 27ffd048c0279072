/**
 * Runs the tests of the tcp engine, and the contract suites of both engines, with TLS between clients and the tcp
 * engine: what holds over plain connections must hold over TLS.
 *
 * Use: `deno run -A tests/bench/contract_over_tls.ts [FILE...]`, by default all tests of engines.
 */
import { ROOT } from "./processes.ts";

const files = Deno.args.length > 0 ? Deno.args : ["tests/engines"];
const { code } = await new Deno.Command(Deno.execPath(), {
  args: ["test", "--frozen", "-A", "--quiet", ...files],
  cwd: ROOT,
  env: { TEST_OVER_TLS: "1" },
}).spawn().status;
Deno.exit(code);
