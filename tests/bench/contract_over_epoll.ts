/**
 * Runs the tests of the tcp engine, and the contract suites of both engines, with the tcp engine on sockets of its own:
 * what holds on Deno's sockets must hold on those.
 *
 * Use: `deno run -A tests/bench/contract_over_epoll.ts [FILE...]`, by default all tests of engines. All must pass; the
 * last line says how many did.
 */
import { ROOT } from "./processes.ts";

const files = Deno.args.length > 0 ? Deno.args : ["tests/engines"];
const { code } = await new Deno.Command(Deno.execPath(), {
  args: ["test", "--frozen", "-A", "--quiet", ...files],
  cwd: ROOT,
  env: { TEST_IO: "epoll" },
}).spawn().status;
Deno.exit(code);
