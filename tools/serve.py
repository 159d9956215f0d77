"""Shows the built site on this machine, compressed as a web host would send it.

python3 -m tools.serve [--port 8000]
"""

from __future__ import annotations

import argparse
import gzip
import sys
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

from course_attn._endings import told

ROOT = Path(__file__).resolve().parent.parent
SITE = ROOT / "_build" / "html"
COMPRESSED = {".html", ".css", ".js", ".svg", ".json", ".txt", ".ipynb"}


class GzipHandler(SimpleHTTPRequestHandler):
    """Files of one folder, text ones compressed."""

    protocol_version = "HTTP/1.1"

    def do_GET(self) -> None:
        """Send a file; compress it when it is text and the browser takes that."""
        path = Path(self.translate_path(self.path))
        if path.is_dir() and self.path.split("?")[0].split("#")[0].endswith("/"):
            path = path / "index.html"
        if path.suffix not in COMPRESSED or not path.is_file() or "gzip" not in self.headers.get("Accept-Encoding", ""):
            super().do_GET()
            return
        body = gzip.compress(path.read_bytes(), 6)
        self.send_response(200)
        self.send_header("Content-Type", self.guess_type(str(path)))
        self.send_header("Content-Encoding", "gzip")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: object) -> None:
        """Say nothing for each request."""


def make_server(folder: Path = SITE, port: int = 0) -> ThreadingHTTPServer:
    """A server of `folder` on 127.0.0.1; port 0 takes a free one, found in `server_address`."""
    return ThreadingHTTPServer(("127.0.0.1", port), partial(GzipHandler, directory=str(folder)))


def main(arguments: list[str] | None = None) -> int:
    """Command line: serve until Ctrl+C."""
    parser = argparse.ArgumentParser(prog="python3 -m tools.serve", description="Shows the built site.")
    parser.add_argument("--port", type=int, default=8000)
    port = parser.parse_args(arguments).port
    if not (SITE / "index.html").exists():
        print("serve: the site must be built first, got no _build/html: run `make book`", file=sys.stderr)
        return 1
    try:
        server = make_server(SITE, port)
    except (OSError, OverflowError) as error:
        other = port + 1 if port < 65535 else 8001
        print(f"serve: port {port} must be free ({error}): try --port {other}", file=sys.stderr)
        return 1
    print(f"http://127.0.0.1:{server.server_address[1]}/  (Ctrl+C ends it)", flush=True)
    try:
        server.serve_forever()
    except KeyboardInterrupt:
        print()
    return 0


if __name__ == "__main__":
    sys.exit(told(main, "python3 -m tools.serve"))
