// A bot of the WSS telephony bridge that gives back what it hears. `#` hangs up, `0` asks for a transfer.
//
//     node echo_bot.js [--port 9000] [--transfer-to +15550100] [--token TOKEN]
const { createServer } = require("node:http");
const { parseArgs } = require("node:util");
const { WebSocketServer } = require("ws");

const { values: options } = parseArgs({
  options: {
    port: { type: "string", default: "9000" }, // 0: any that is free
    "transfer-to": { type: "string", default: "+15550100" },
    token: { type: "string" }, // refuse callers without `Authorization: Bearer TOKEN`
  },
});

// One socket is one call.
function answer(socket) {
  let isOver = false;
  const send = (message) => socket.send(JSON.stringify(message));
  socket.on("error", (error) => console.log("error", error.message));
  socket.on("message", (data, isBinary) => {
    if (isBinary) return socket.send(data); // with `binary = true` audio comes bare
    const event = JSON.parse(data);
    switch (event.event) {
      case "start": {
        const { call_sid, from, to, media_format } = event.start;
        return console.log("start", call_sid, from, to, media_format);
      }
      case "media":
        if (!isOver) send({ type: "response.audio.delta", delta: event.media.payload });
        return;
      case "dtmf":
        console.log("dtmf", event.dtmf.digit);
        isOver ||= event.dtmf.digit === "#";
        if (isOver) send({ type: "session.hangup" });
        if (event.dtmf.digit === "0") send({ type: "session.transfer", destination: options["transfer-to"] });
        return;
      case "transfer": // what became of it; a caller who was transferred does not come back
        return console.log("transfer", event.transfer.transfer_status, event.transfer.reason);
      case "stop":
        return console.log("stop", event.stop.reason);
    }
  });
}

const http = createServer();
const bots = new WebSocketServer({ noServer: true, maxPayload: 262144 });
bots.on("connection", answer);
http.on("upgrade", (request, socket, head) => {
  if (options.token && request.headers.authorization !== `Bearer ${options.token}`) {
    return socket.end("HTTP/1.1 401 Unauthorized\r\nContent-Length: 0\r\nConnection: close\r\n\r\n");
  }
  bots.handleUpgrade(request, socket, head, (opened) => bots.emit("connection", opened, request));
});
http.listen(Number(options.port), "127.0.0.1", () => {
  const { address, port } = http.address();
  console.log(`listening on ${address}:${port}`);
});
process.on("SIGTERM", () => process.exit(0));
