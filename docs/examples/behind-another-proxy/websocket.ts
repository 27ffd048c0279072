/** Says hello to the backend over a WebSocket, through both proxies, and prints what comes back. */

const socket = new WebSocket("wss://localhost:8443/");
socket.onopen = () => socket.send("hello");
socket.onmessage = ({ data }) => {
  Deno.stdout.writeSync(new TextEncoder().encode(`${data}\n`));
  socket.close();
};
