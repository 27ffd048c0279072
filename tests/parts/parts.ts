/**
 * The files of tests, in a few parts that `deno task test` runs side by side.
 *
 * `deno test` gives each module that it is asked to run an isolate of its own, which costs a third of a
 * second of CPU before its first test: one for each of the two hundred files took as long as all that they
 * test. So it is asked to run the parts, each of which loads its share of the files.
 */
const TESTS = new URL("../", import.meta.url);

/**
 * How many parts there are: for each N up to it, a file N.ts beside this one loads part N. There are more than
 * a machine has cores, as most tests wait for something most of the time.
 */
export const PARTS = 8;

/**
 * About how long files take that take long while all parts run on two cores, in seconds; all others take a
 * fraction of one.
 */
export const SECONDS: Readonly<Record<string, number>> = {
  "acme/attempt_test.ts": 2,
  "acme/failures_test.ts": 4,
  "acme/renewal_test.ts": 4,
  "acme/shared_store_test.ts": 3,
  "acme/store/lock_test.ts": 2,
  "admin/attacks_test.ts": 3,
  "cli/admin_access_test.ts": 11,
  "cli/admin_commands_test.ts": 11,
  "cli/admin_places_test.ts": 15,
  "cli/check_test.ts": 8,
  "cli/demo_test.ts": 3,
  "cli/healthcheck_test.ts": 11,
  "cli/policies_test.ts": 3,
  "cli/run_test.ts": 18,
  "cli/takeover_refusals_test.ts": 5,
  "cli/epoll_test.ts": 16,
  "cli/takeover_test.ts": 47,
  "cli/unix_listeners_test.ts": 33,
  "config/changes_fuzz_test.ts": 9,
  "config/fuzz_test.ts": 9,
  "config/source/any_text_test.ts": 3,
  "discovery/real_dns_test.ts": 11,
  "engines/access_log_broken_off_test.ts": 4,
  "engines/backend_tls_test.ts": 5,
  "engines/backpressure_test.ts": 10,
  "engines/bodies_test.ts": 5,
  "engines/client_leaves_test.ts": 2,
  "engines/drain_test.ts": 6,
  "engines/failover_test.ts": 10,
  "engines/forward_test.ts": 6,
  "engines/guards_test.ts": 4,
  "engines/health_test.ts": 15,
  "engines/hostile_clients_test.ts": 3,
  "engines/loops_test.ts": 2,
  "engines/never_twice_test.ts": 3,
  "engines/no_content_test.ts": 2,
  "engines/path_prefix_test.ts": 4,
  "engines/policies_test.ts": 3,
  "engines/refusals_test.ts": 5,
  "engines/reload_test.ts": 6,
  "engines/request_timeout_test.ts": 4,
  "engines/routing_answers_test.ts": 3,
  "engines/routing_pools_test.ts": 4,
  "engines/routing_response_headers_test.ts": 2,
  "engines/routing_split_test.ts": 6,
  "engines/routing_streams_test.ts": 2,
  "engines/server_sent_events_test.ts": 6,
  "engines/tcp/backend/hostile_backends_test.ts": 4,
  "engines/tcp/blame_test.ts": 4,
  "engines/tcp/client/descriptors_test.ts": 2,
  "engines/tcp/client_leaves_test.ts": 2,
  "engines/tcp/client_test.ts": 2,
  "engines/tcp/drain_test.ts": 8,
  "engines/tcp/exchange/half_closed_tunnel_test.ts": 3,
  "engines/tcp/exchange/tunnel_test.ts": 3,
  "engines/tcp/exchange/uploads_test.ts": 7,
  "engines/tcp/fuzz_test.ts": 5,
  "engines/tcp/http1/chunked_any_body_test.ts": 2,
  "engines/tcp/http1/malformed_test.ts": 2,
  "engines/tcp/limits_test.ts": 5,
  "engines/tcp/proxied_arrivals_test.ts": 2,
  "engines/tcp/timeouts_test.ts": 6,
  "engines/tcp/tls/client_certificates_test.ts": 3,
  "engines/tcp/tls/front_test.ts": 4,
  "engines/tcp/tls/handshakes_test.ts": 4,
  "engines/tcp/tls/secure_connection_test.ts": 3,
  "engines/timeouts_test.ts": 17,
  "engines/vectors_test.ts": 12,
  "engines/web/chunked_upload_test.ts": 3,
  "engines/web/tls_test.ts": 5,
  "engines/web/websocket_ends_test.ts": 3,
  "engines/web/websocket_test.ts": 1,
  "engines/websocket_handshake_test.ts": 6,
  "engines/websocket_test.ts": 4,
  "examples_test.ts": 26,
  "examples_with_files_test.ts": 36,
  "http/path_readings_test.ts": 5,
  "main_test.ts": 11,
  "net/epoll/deno_waker_test.ts": 2,
  "net/epoll/event_loop_load_test.ts": 2,
  "net/epoll/event_loop_test.ts": 3,
  "net/epoll/fuzz_test.ts": 4,
  "net/http_server_test.ts": 3,
  "net/resolver/resolver_test.ts": 5,
  "net/resolver/servers_test.ts": 2,
  "net/sockets_connect_test.ts": 2,
  "net/sockets_descriptors_test.ts": 4,
  "net/sockets_streams_test.ts": 5,
  "policies/contract_test.ts": 14,
  "routing/split_test.ts": 2,
  "runtime/acme_certificates_test.ts": 2,
  "runtime/acme_test.ts": 8,
  "runtime/backend_sources_test.ts": 4,
  "runtime/backend_tls_test.ts": 9,
  "runtime/certificates_test.ts": 5,
  "runtime/pools_test.ts": 20,
  "runtime/reload_refusals_test.ts": 9,
  "runtime/reload_test.ts": 10,
  "runtime/status_test.ts": 2,
  "runtime/unread_output_test.ts": 8,
  "runtime/workers_test.ts": 47,
  "shared_memory/lock_test.ts": 4,
  "simulate/command_test.ts": 14,
  "simulate/documented_test.ts": 18,
  "simulate/run/run_test.ts": 4,
  "time/clock_test.ts": 6,
};

const A_FRACTION = 0.2;

/** Loads the files of a part, one after the other: whoever imports them defines their tests. */
export async function loadPart(part: number): Promise<void> {
  for (const file of filesOf(part)) await import(new URL(file, TESTS).href);
}

/** The files of a part, as paths from the folder of tests: all parts take about as long. */
export function filesOf(part: number): string[] {
  const secondsOf = (file: string) => SECONDS[file] ?? A_FRACTION;
  const parts = Array.from({ length: PARTS }, () => ({ seconds: 0, files: [] as string[] }));
  for (const file of testFiles().sort((a, b) => secondsOf(b) - secondsOf(a))) {
    const shortest = parts.reduce((a, b) => b.seconds < a.seconds ? b : a);
    shortest.files.push(file);
    shortest.seconds += secondsOf(file);
  }
  return parts[part - 1]!.files;
}

/** All files of tests, as paths from their folder. */
function testFiles(folder = ""): string[] {
  return [...Deno.readDirSync(new URL(folder, TESTS))].flatMap(({ name, isDirectory }) => {
    const path = `${folder}${name}`;
    return isDirectory ? testFiles(`${path}/`) : name.endsWith("_test.ts") ? [path] : [];
  }).sort();
}
