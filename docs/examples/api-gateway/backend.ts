/** A service for trying things out: it answers what it was asked for, and some headers that it got. */

const [name = "", port = ""] = Deno.args;
const SHOWN = ["x-client", "x-debug", "x-forwarded-prefix", "x-user", "authorization"];

Deno.serve({
  hostname: "127.0.0.1",
  port: Number(port),
  onListen: () => Deno.stderr.writeSync(new TextEncoder().encode(`${name} listens on ${port}\n`)),
}, ({ method, url, headers }) => {
  const { pathname, search } = new URL(url);
  const lines = SHOWN.filter((header) => headers.has(header))
    .map((header) => `  ${header}: ${headers.get(header)}\n`);
  return new Response(`${name}: ${method} ${pathname}${search}\n${lines.join("")}`);
});
