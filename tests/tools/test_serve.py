"""The server sends what a web host would send."""

from __future__ import annotations

import gzip
import threading
import urllib.error
import urllib.request

import pytest

from tools import serve


@pytest.fixture
def address(tmp_path):
    (tmp_path / "index.html").write_text("<p>" + "word " * 997, encoding="utf-8")
    (tmp_path / "font.woff2").write_bytes(bytes(range(251)))
    server = serve.make_server(tmp_path)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield f"http://127.0.0.1:{server.server_address[1]}"
    server.shutdown()
    thread.join()
    server.server_close()


def get(address, **headers):
    with urllib.request.urlopen(urllib.request.Request(address, headers=headers)) as answer:
        return answer.headers, answer.read()


def test_text_is_compressed_for_those_who_take_it(address):
    headers, body = get(f"{address}/?x=1", **{"Accept-Encoding": "gzip"})
    assert headers["Content-Encoding"] == "gzip"
    assert headers["Content-Type"] == "text/html"
    assert gzip.decompress(body) == get(f"{address}/index.html")[1]
    assert len(body) < 100


def test_fonts_are_sent_as_they_are(address):
    headers, body = get(f"{address}/font.woff2", **{"Accept-Encoding": "gzip"})
    assert headers["Content-Encoding"] is None
    assert body == bytes(range(251))


def test_a_missing_page_is_404(address):
    with pytest.raises(urllib.error.HTTPError, match="404") as caught:
        get(f"{address}/gone.html")
    caught.value.close()


def test_no_site_yet(monkeypatch, tmp_path, capsys):
    monkeypatch.setattr(serve, "SITE", tmp_path)
    assert serve.main([]) == 1
    assert capsys.readouterr().err == "serve: the site must be built first, got no _build/html: run `make book`\n"


def test_a_taken_port(monkeypatch, tmp_path, capsys):
    (tmp_path / "index.html").touch()
    monkeypatch.setattr(serve, "SITE", tmp_path)
    with serve.make_server(tmp_path) as taken:
        port = taken.server_address[1]
        assert serve.main(["--port", str(port)]) == 1
    assert f"serve: port {port} must be free" in capsys.readouterr().err
