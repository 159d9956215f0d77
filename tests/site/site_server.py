"""A web server for the tests that compresses as a real one does, and knows the compressed size of each file."""

from __future__ import annotations

import gzip
import http.server
import mimetypes
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from urllib.parse import unquote, urlsplit

COMPRESSED = ("text/", "application/javascript", "application/json", "image/svg+xml")


@dataclass(frozen=True)
class Server:
    """Where a site is served."""

    base: str
    root: Path

    def address(self, url: str) -> str | None:
        """The address of ``url`` inside the site; None if it is elsewhere."""
        return unquote(urlsplit(url).path).lstrip("/") if url.startswith(self.base) else None

    def size(self, address: str) -> int:
        """Bytes that travel for one file."""
        return len(body_of(self.root / (address or "index.html"))[0])


@cache
def body_of(path: Path) -> tuple[bytes, str, bool]:
    """What is sent for a file: bytes, type, and whether they are compressed."""
    kind = mimetypes.guess_type(path.name)[0] or "application/octet-stream"
    content = path.read_bytes()
    if kind.startswith(COMPRESSED):
        return gzip.compress(content, 6), kind, True
    return content, kind, False


class _Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    root: Path

    def do_GET(self) -> None:
        path = self.root / unquote(urlsplit(self.path).path).lstrip("/")
        path = path / "index.html" if path.is_dir() else path
        if not path.is_file():
            self.send_error(404)
            return
        content, kind, compressed = body_of(path)
        self.send_response(200)
        self.send_header("Content-Type", f"{kind}; charset=utf-8" if kind.startswith("text/") else kind)
        self.send_header("Content-Length", str(len(content)))
        if compressed:
            self.send_header("Content-Encoding", "gzip")
        self.end_headers()
        try:
            self.wfile.write(content)
        except (BrokenPipeError, ConnectionResetError):
            self.close_connection = True  # the browser left the page before the file had come

    def log_message(self, *_: object) -> None:
        """Say nothing: the tests name what fails."""


@contextmanager
def serve(root: Path) -> Iterator[Server]:
    """Serve ``root`` on this machine until the block ends."""
    handler = type("Handler", (_Handler,), {"root": root})
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        server.daemon_threads = True
        server.block_on_close = False  # a browser keeps its connections open
        threading.Thread(target=server.serve_forever, daemon=True).start()
        try:
            yield Server(f"http://127.0.0.1:{server.server_port}/", root)
        finally:
            server.shutdown()
