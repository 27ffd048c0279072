/** A backend that answers what it was told of the client, and sends back what comes over a WebSocket. */

const TOLD = ["host", "x-forwarded-for", "x-forwarded-proto", "x-forwarded-host"];

Deno.serve({ hostname: "127.0.0.1", port: 5101 }, (request) => {
  if (request.headers.get("upgrade") === "websocket") {
    const { socket, response } = Deno.upgradeWebSocket(request);
    socket.onmessage = ({ data }) => socket.send(data);
    return response;
  }
  return new Response(TOLD.map((name) => `${name}: ${request.headers.get(name)}\n`).join(""));
});
