/**
 * Runs the tests of the tcp engine, and the contract suites of both engines, with TLS between clients and the tcp
 * engine: what holds over plain connections must hold over TLS.
 *
 * Use: `deno run -A tests/bench/contract_over_tls.ts [FILE...]`, by default all tests of engines. All must pass. A
 * relay speaks TLS for the clients (tests/support/tls_relay.ts). What it cannot carry has tests of its own over TLS:
 *
 * - PROXY headers, in and out: it cannot send one before TLS, and would itself be the client that one names. These
 *   tests run without TLS (tests/engines/tcp/proxied_arrivals_test.ts has TLS behind a PROXY header).
 * - Listeners on unix sockets: it does not reach them. These tests run without TLS.
 * - "client leaves: a reset is noticed although the client has sent another request before": it would end TLS in
 *   good order. It is left out here, and tests/engines/tcp/tls/secure_connection_test.ts has it over TLS.
 */
import { runEngineTests } from "./engine_tests.ts";

Deno.exit(await runEngineTests({ TEST_OVER_TLS: "1" }));
