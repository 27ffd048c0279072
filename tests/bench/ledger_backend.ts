/**
 * A backend that writes down every request before it answers, so that the ledger survives a SIGKILL.
 *
 * Use: `deno run -A tests/bench/ledger_backend.ts PORT LEDGER`
 */
const [port, path] = Deno.args;
const ledger = Deno.openSync(path!, { create: true, append: true });
const encoder = new TextEncoder();

Deno.serve({ hostname: "127.0.0.1", port: Number(port), onListen: () => {} }, async (request) => {
  const body = await request.bytes();
  ledger.writeSync(encoder.encode(`${request.headers.get("x-entry")} ${body.length}\n`));
  return new Response("written down");
});
