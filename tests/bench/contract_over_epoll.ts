/**
 * Runs the tests of the tcp engine, and the contract suites of both engines, with the tcp engine on sockets of its own:
 * what holds on Deno's sockets must hold on those.
 *
 * Use: `deno run -A tests/bench/contract_over_epoll.ts [FILE...]`, by default all tests of engines. All must pass; the
 * last line says how many did.
 */
import { runEngineTests } from "./engine_tests.ts";

Deno.exit(await runEngineTests({ TEST_IO: "epoll" }));
