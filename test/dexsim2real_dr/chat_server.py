"""A server on this machine that speaks the chat-completions protocol with images, and misbehaves on demand."""

import base64
import io
import json
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import numpy as np
from PIL import Image


class ChatServer:
    """Rates by a function of the second image; `faults` are taken from first to last, one per request."""

    def __init__(self, rate):
        self.rate = rate
        self.faults = []
        self.requests = []
        """Bodies of all requests, and the headers."""
        self.answered = []
        """Contents of the pairs that got a good answer."""
        self.release = threading.Event()
        """Ends the wait of requests that hang."""
        outer = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self):
                body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
                outer.requests.append((self.path, {k.lower(): v for k, v in self.headers.items()}, body))
                fault = outer.faults.pop(0) if outer.faults else None
                if fault == "hang":
                    outer.release.wait(20)
                    return
                if isinstance(fault, int):
                    self.reply(fault, {"error": {"message": "no"}})
                else:
                    self.reply(200, outer.completion(body, fault))

            def reply(self, status, data):
                payload = json.dumps(data).encode()
                self.send_response(status)
                self.send_header("Content-Type", "application/json")
                self.send_header("Content-Length", str(len(payload)))
                self.end_headers()
                self.wfile.write(payload)

            def log_message(self, *args):
                pass

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.endpoint = f"http://127.0.0.1:{self._server.server_port}/v1"
        threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True).start()

    def good(self, body):
        """A valid answer; other kinds of questions have servers of their own, which override this."""
        content = body["messages"][0]["content"]
        urls = [part["image_url"]["url"] for part in content if part["type"] == "image_url"]
        self.answered.append((content[0]["text"], *urls))
        images = [np.asarray(Image.open(io.BytesIO(base64.b64decode(url.split(",")[1])))) for url in urls]
        marks = dict.fromkeys(("lighting", "texture", "geometry", "physical_plausibility"), self.rate(*images))
        return json.dumps({**marks, "rationale": "as told"})

    def completion(self, body, fault):
        text = self.good(body) if fault is None else fault
        return {
            "id": "1", "object": "chat.completion", "created": 0, "model": body["model"],
            "choices": [{"index": 0, "finish_reason": "stop", "message": {"role": "assistant", "content": text}}],
            "usage": {"prompt_tokens": 90, "completion_tokens": 10, "total_tokens": 100},
        }  # fmt: skip

    def close(self):
        self.release.set()
        self._server.shutdown()
        self._server.server_close()
