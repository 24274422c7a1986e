"""Serve the built site to a browser on this machine, as a static host would."""

import contextlib
import http.server
from http import HTTPStatus
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit


class Handler(http.server.SimpleHTTPRequestHandler):
    """Files of one folder, under a prefix, with the site's own page for a missing address."""

    prefix = "/"
    policy = ""

    def translate_path(self, path: str) -> str:
        inside = urlsplit(path).path
        if not inside.startswith(self.prefix):
            return str(Path(self.directory) / "no such page")
        return super().translate_path("/" + inside.removeprefix(self.prefix))

    def send_error(self, code: int, message: str | None = None, explain: str | None = None) -> None:
        page = Path(self.directory) / "404.html"
        if code != HTTPStatus.NOT_FOUND or not page.is_file():
            return super().send_error(code, message, explain)
        body = page.read_bytes()
        self.send_response(code)
        self.send_header("Content-Type", "text/html; charset=utf-8")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(body)

    def end_headers(self) -> None:
        self.send_header("Cache-Control", "no-cache")  # a rebuilt page is seen at once
        if self.policy:
            self.send_header("Content-Security-Policy", self.policy)
        super().end_headers()

    def log_message(self, format: str, *args: Any) -> None:
        pass


def make_server(folder: Path, port: int = 0, prefix: str = "/", policy: str = "") -> http.server.ThreadingHTTPServer:
    """Return a server of the folder on this machine's loopback address, not yet running.

    Args:
        folder: what to serve.
        port: the port; 0, or one that is taken, means any free one.
        prefix: the path under which the folder appears, with a slash at both ends.
        policy: the content-security policy to send with every file, if any.

    Raises:
        FileNotFoundError: the folder has no index.html.
    """
    if not 0 <= port <= 65535:
        raise ValueError(f"there is no port {port}: ports are 0 to 65535")
    if not (folder / "index.html").is_file():
        raise FileNotFoundError(f"no site in {folder}: build it first, with `make site`")

    class Here(Handler):
        def __init__(self, *args: Any, **options: Any) -> None:
            super().__init__(*args, directory=str(folder), **options)

    Here.prefix, Here.policy = prefix, policy
    try:
        return Server(("127.0.0.1", port), Here)
    except OSError:  # taken, or not allowed
        return Server(("127.0.0.1", 0), Here)


class Server(http.server.ThreadingHTTPServer):
    """A threading server that does not share a port that is taken."""

    allow_reuse_address = False
    daemon_threads = True

    def handle_error(self, request: Any, client_address: Any) -> None:
        pass  # a browser that went away in the middle of a file


def serve(folder: Path, port: int = 8000) -> None:
    """Serve a folder until Ctrl-C, and print the address."""
    server = make_server(folder, port)
    print(f"The book is at  http://127.0.0.1:{server.server_port}/  (Ctrl-C stops it)", flush=True)
    with server, contextlib.suppress(KeyboardInterrupt):
        server.serve_forever()
