"""A webhook that answers spoken turns with text. Python's standard library alone.

    WEBHOOK_SECRET=whsec_… python3 webhook.py [--port 9001]
"""

import argparse
import hashlib
import hmac
import json
import os
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

SECRET = os.environ.get("WEBHOOK_SECRET", "")
WINDOW_S = 300


def is_genuine(headers, body):
    """The signature covers the time and the bytes of the body; an old request is a replayed one."""
    timestamp = headers.get("X-Webhook-Timestamp", "")
    signed = hmac.new(SECRET.encode(), f"{timestamp}.".encode() + body, hashlib.sha256).hexdigest()
    given = headers.get("X-Webhook-Signature", "").removeprefix("sha256=")
    fresh = timestamp.isdigit() and abs(time.time() - int(timestamp)) <= WINDOW_S
    return fresh and hmac.compare_digest(signed.encode(), given.encode())


def replies(said):
    """One object for each sentence; all but the last are `interim`, and are spoken while we think."""
    if "bye" in said:
        yield {"text": "Goodbye.", "hangup": True}
    elif "person" in said:
        yield {"text": "I will connect you.", "action": "transfer"}
    else:
        yield {"text": "Let me check.", "interim": True}
        yield {"text": f"You said: {said}"}


class Webhook(BaseHTTPRequestHandler):
    def do_POST(self):
        body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
        if not is_genuine(self.headers, body):
            return self.send_error(401)
        event = json.loads(body)
        print(event["event"], event["data"].get("transcript"), flush=True)
        self.send_response(200)
        self.send_header("Content-Type", "application/x-ndjson")
        self.end_headers()
        if event["event"] == "agent.message" and event["channel"] == "voice":
            for reply in replies(event["data"]["transcript"].lower()):
                self.wfile.write(json.dumps(reply).encode() + b"\n")


if not SECRET:
    raise SystemExit("WEBHOOK_SECRET is not set")
options = argparse.ArgumentParser()
options.add_argument("--port", type=int, default=9001, help="0: any that is free")
server = ThreadingHTTPServer(("127.0.0.1", options.parse_args().port), Webhook)
print("listening on {}:{}".format(*server.server_address), flush=True)
server.serve_forever()
