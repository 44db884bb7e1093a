"""A server on this machine that gives one answer to almost everything; it may be changed while it runs."""

from __future__ import annotations

import contextlib
import http.server
import threading
from collections.abc import Iterator


class AnsweringServer(http.server.ThreadingHTTPServer):
    """Its `answer` is (status, body, content type); `at` has those of paths that have one of their own."""

    answer: tuple[int, str, str]
    at: dict[str, tuple[int, str, str]]

    @property
    def url(self) -> str:
        """Where it listens."""
        return f"http://127.0.0.1:{self.server_port}"


class _Handler(http.server.BaseHTTPRequestHandler):
    server: AnsweringServer

    def do_GET(self) -> None:
        status, body, kind = self.server.at.get(self.path.partition("?")[0], self.server.answer)
        self.send_response(status)
        self.send_header("Content-Type", kind)
        self.end_headers()
        self.wfile.write(body.encode())

    do_POST = do_GET

    def log_message(self, *_: object) -> None:
        pass


@contextlib.contextmanager
def answering(status: int, body: str, kind: str = "application/json") -> Iterator[AnsweringServer]:
    """The server until the block ends; nothing listens there afterwards."""
    with AnsweringServer(("127.0.0.1", 0), _Handler) as server:
        server.answer, server.at = (status, body, kind), {}
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield server
        server.shutdown()
