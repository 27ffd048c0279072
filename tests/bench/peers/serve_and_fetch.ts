/**
 * The floor of the web engine's shape: `Deno.serve` and `fetch`, and nothing else that costs time. It forwards to
 * backends on loopback in turn; it has no retries, health, timeouts or limits, and forwards all headers.
 *
 * Use: `deno run -A tests/bench/peers/serve_and_fetch.ts PORT BACKEND_PORT ...`
 */
const [port, ...backendPorts] = Deno.args.map(Number);
const backends = backendPorts.map((port) => `http://127.0.0.1:${port}`);
const client = Deno.createHttpClient({ allowHost: true, http2: false });
const AFTER_SCHEME = "http://".length;

let counter = 0;

Deno.serve({ hostname: "127.0.0.1", port: port!, onListen: () => {} }, async (request) => {
  const { url, method, headers, body } = request;
  const backend = backends[counter++ % backends.length]!;
  const response = await fetch(backend + url.slice(url.indexOf("/", AFTER_SCHEME)), {
    method,
    // Deno's fetch decodes no body if this is the first header.
    headers: [["accept-encoding", "identity"], ...headers],
    body,
    redirect: "manual",
    client,
  });
  return new Response(response.body, { status: response.status, headers: response.headers });
});
