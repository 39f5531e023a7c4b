"""Takes spans and forgets them: `python -m benchmarks.span_sink` prints its URL. `GET /count` tells how many requests
came, and of how many bytes."""

import json
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

COUNT = {"requests": 0, "bytes": 0}


class _Sink(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do_POST(self) -> None:
        """Take a request."""
        COUNT["bytes"] += len(self.rfile.read(int(self.headers["Content-Length"])))
        COUNT["requests"] += 1
        self._answer(b"")

    def do_GET(self) -> None:
        """Tell what came."""
        self._answer(json.dumps(COUNT).encode())

    def _answer(self, body: bytes) -> None:
        self.send_response(200)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *arguments: object) -> None:
        """Say nothing."""


if __name__ == "__main__":
    with ThreadingHTTPServer(("127.0.0.1", 0), _Sink) as server:
        print(f"http://127.0.0.1:{server.server_address[1]}", flush=True)
        server.serve_forever()
