// A relay between Twilio's callers and a bot, as people write it on `ws`: one process, one thread.
//
//     node relay.js --to ws://HOST:PORT/PATH [--listen HOST:PORT] [--bytes]
//
// Every message is parsed and written anew, Twilio's dialect on both sides; the base64 of the audio is passed on as it
// is. With --bytes messages pass untouched. Port 0, the default, is any that is free.
const { createServer } = require("node:http");
const { parseArgs } = require("node:util");
const { WebSocket, WebSocketServer } = require("ws");

const { values: options } = parseArgs({
  options: {
    to: { type: "string" },
    listen: { type: "string", default: "127.0.0.1:0" },
    bytes: { type: "boolean", default: false },
  },
});
if (!options.to) {
  console.error("relay.js: --to ws://HOST:PORT/PATH is missing");
  process.exit(2);
}

// Bounds of the gateway. `ws` sets TCP_NODELAY on every socket by itself.
const limits = { perMessageDeflate: false, maxPayload: 262144 };

// What the caller says, to the bot.
function up(text) {
  const event = JSON.parse(text);
  if (event.event !== "media") return JSON.stringify(event);
  const { track, chunk, timestamp, payload } = event.media;
  const media = { track, chunk, timestamp, payload };
  return JSON.stringify({ event: "media", sequenceNumber: event.sequenceNumber, media, streamSid: event.streamSid });
}

// What the bot says, to the caller.
function down(text) {
  const event = JSON.parse(text);
  if (event.event !== "media") return JSON.stringify(event);
  return JSON.stringify({ event: "media", streamSid: event.streamSid, media: { payload: event.media.payload } });
}

function forward(from, to, translate) {
  from.on("message", (data, isBinary) => {
    if (to.readyState !== WebSocket.OPEN) return;
    if (options.bytes || isBinary) return to.send(data, { binary: isBinary });
    try {
      to.send(translate(data));
    } catch (error) {
      console.error("relay.js: not a message:", error.message);
      from.close(1007);
    }
  });
  from.on("close", (code) => to.close(code >= 3000 || code === 1000 ? code : undefined));
  from.on("error", (error) => {
    console.error("relay.js:", error.message);
    to.close();
  });
}

// One socket is one call. The caller waits for the bot.
function relay(caller) {
  caller.pause();
  const bot = new WebSocket(options.to, limits);
  bot.on("open", () => caller.resume());
  forward(caller, bot, up);
  forward(bot, caller, down);
}

const http = createServer({ noDelay: true });
new WebSocketServer({ server: http, ...limits }).on("connection", relay);
const colon = options.listen.lastIndexOf(":");
const [host, port] = [options.listen.slice(0, colon), Number(options.listen.slice(colon + 1))];
http.listen({ host, port, backlog: 4096 }, () => {
  console.log(`listening on ${http.address().address}:${http.address().port}`);
});
process.on("SIGTERM", () => process.exit(0));
