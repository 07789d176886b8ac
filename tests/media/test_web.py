"""Media from the web: refused hosts, bounded answers, patience, and what is kept."""

import http.server
import socket
import ssl
import subprocess
import threading
import time
from dataclasses import replace
from ipaddress import ip_network
from shutil import which

import polars as pl
import pytest

from sensorium.catalog.catalog import read_catalog
from sensorium.core.errors import MediaError
from sensorium.core.roles import Role
from sensorium.media.addresses import is_public, resolve_host
from sensorium.media.reference import MediaRef
from sensorium.media.web import WebAccess, fetch

INTRANET = WebAccess(networks=(ip_network("127.0.0.1"),), silence_s=60, total_s=60, pause_s=0.01)
REDIRECTS = {
    "/file": "file:///etc/hostname",
    "/ftp": "ftp://127.0.0.1/a.jpg",
    "/near": "/a.jpg",
    "/round": "/round",
    "/nowhere": "http://[",
}

DATE = "Wed, 21 Oct 2015 07:28:00 GMT"


class Handler(http.server.BaseHTTPRequestHandler):
    """Answers by path, and keeps what it was asked."""

    protocol_version = "HTTP/1.1"

    def do_GET(self):
        self.server.asked.append(self)
        name = self.path.partition("?")[0]
        if name in REDIRECTS:
            self.answer(302, b"", Location=REDIRECTS[name])
        elif name == "/moved":
            self.answer(int(self.path.partition("?")[2]), b"", Location="/a.jpg")
        elif name == "/elsewhere":
            self.answer(302, b"", Location=self.path.partition("?")[2])
        elif name == "/busy" and len(self.server.asked) < 3:
            self.answer(503 if len(self.server.asked) == 1 else 429, b"")
        elif name == "/broken":
            self.answer(500, b"")
        elif name == "/wait":
            self.answer(429, b"", **{"Retry-After": "3600"})
        elif name in ("/marked", "/dated"):
            self.marked() if name == "/marked" else self.dated()
        elif name in ("/a.jpg", "/busy"):
            self.answer(200, b"picture")
        elif name in STREAMS:
            STREAMS[name](self)
        else:
            self.answer(404, b"")

    def marked(self):
        if self.headers["If-None-Match"] == '"one"':
            self.answer(304, b"", ETag='"one"')
        else:
            self.answer(200, b"picture", ETag='"one"')

    def dated(self):
        if self.headers["If-Modified-Since"]:
            self.answer(304, b"")
        else:
            self.answer(200, b"picture", **{"Last-Modified": DATE})

    def answer(self, status, content, **headers):
        self.send_response(status)
        for key, value in headers.items():
            self.send_header(key, value)
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)

    def pour(self, head, piece, pause_s):
        try:
            self.wfile.write(head)
            while not self.server.over.wait(pause_s):
                self.wfile.write(piece)
        except OSError:
            pass
        self.close_connection = True

    def log_message(self, *arguments):
        pass


HEAD = b"HTTP/1.1 200 OK\r\n"
STREAMS = {
    "/endless": lambda ask: ask.pour(HEAD + b"\r\n", bytes(1 << 16), 0),
    "/endless-chunks": lambda ask: ask.pour(
        HEAD + b"Transfer-Encoding: chunked\r\n\r\n", b"8000\r\n" + bytes(0x8000) + b"\r\n", 0
    ),
    "/drip": lambda ask: ask.pour(HEAD + b"Content-Length: 100000\r\n\r\n", b"x", 0.05),
    "/drip-of-unknown-length": lambda ask: ask.pour(HEAD + b"\r\n", b"x", 0.05),
    "/drip-of-headers": lambda ask: ask.pour(HEAD, b"X", 0.05),
    "/continue": lambda ask: ask.pour(b"", b"HTTP/1.1 100 Continue\r\n\r\n", 0.01),
    "/large": lambda ask: ask.pour(HEAD + b"Content-Length: 9999999999\r\n\r\n", b"x", 0.05),
    "/short": lambda ask: (ask.wfile.write(HEAD + b"Content-Length: 100\r\n\r\nxyz"), ask.connection.close()),
    "/no-http": lambda ask: (ask.wfile.write(b"hello\r\n\r\n"), ask.connection.close()),
}


class Server(http.server.ThreadingHTTPServer):
    """Counts what it is asked; stops its streams when it ends."""

    def handle_error(self, request, client_address):
        pass


def running(tls=None):
    server = Server(("127.0.0.1", 0), Handler)
    server.asked, server.over = [], threading.Event()
    if tls is not None:
        server.socket = tls.wrap_socket(server.socket, server_side=True)
    threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True).start()
    return server


@pytest.fixture
def server():
    with running() as serving:
        serving.url = f"http://127.0.0.1:{serving.server_port}"
        yield serving
        serving.over.set()
        serving.shutdown()


def reason_for(url, access=INTRANET, max_bytes=1 << 20):
    with pytest.raises(MediaError) as caught:
        fetch(url, access, max_bytes=max_bytes)
    return caught.value.reason


def test_a_url_is_fetched(server):
    assert MediaRef(f"{server.url}/a.jpg", web=INTRANET).read() == b"picture"
    assert MediaRef(f"{server.url}/a.jpg?size=2").suffix == ".jpg"
    assert MediaRef(f"{server.url}/a.jpg").exists()


def test_the_references_of_a_catalogue_fetch_as_it_is_told(server):
    frame = pl.DataFrame({"item_id": [1], "photo": [f"{server.url}/a.jpg"]})
    read = read_catalog(frame, roles={"photo": Role.IMAGE}, web=INTRANET)
    assert read.catalog.media("photo")[0].read() == b"picture"
    assert read.catalog.extended(pl.DataFrame({"item_id": [2]})).web == INTRANET


def test_this_machine_is_refused_unless_allowed(server):
    for host in ("127.0.0.1", "localhost", "2130706433", "0x7f.1", "0.0.0.0", "[::1]", "[::ffff:127.0.0.1]"):  # noqa: S104
        reason = reason_for(f"http://{host}:{server.server_port}/a.jpg", WebAccess())
        assert reason in ("its host is not on the public internet", "its host is not known")
    assert server.asked == []


@pytest.mark.parametrize(
    "address",
    [
        "127.8.8.8", "10.0.0.1", "172.16.5.4", "192.168.1.1", "169.254.169.254", "100.64.0.1", "0.0.0.0",  # noqa: S104
        "224.0.0.1", "240.0.0.1", "255.255.255.255", "192.0.2.1", "198.18.0.1", "::", "::1", "fe80::1",
        "fe80::1%eth0", "fc00::1", "ff02::1", "2001:db8::1", "::ffff:10.0.0.1", "::10.0.0.1",
        "64:ff9b::7f00:1", "2002:7f00:1::",
    ],
)  # fmt: skip
def test_no_address_of_an_inner_network_counts_as_public(address):
    assert not is_public(address)


@pytest.mark.parametrize(
    "address", ["8.8.8.8", "93.184.215.14", "2606:4700::1111", "::ffff:8.8.8.8", "64:ff9b::808:808"]
)
def test_addresses_of_the_internet_count_as_public(address):
    assert is_public(address)


def test_a_redirect_to_a_host_that_may_not_be_asked_is_refused(server):
    for inner in (f"127.0.0.2:{server.server_port}", "169.254.169.254", "[::1]", "10.0.0.1"):
        reason = reason_for(f"{server.url}/elsewhere?http://{inner}/a.jpg")
        assert reason == "its host is not on the public internet"
    assert all(ask.path.startswith("/elsewhere") for ask in server.asked)


def test_the_connection_goes_to_the_address_that_was_checked_and_names_the_host(server):
    """A name that means one address when it is checked and another a moment later gains nothing."""
    given = iter(["127.0.0.1", "127.0.0.2"])

    def changing(host, port):
        return resolve_host(next(given), server.server_port)

    access = replace(INTRANET, resolve=changing)
    assert fetch("http://pictures.example/a.jpg", access, max_bytes=100) == b"picture"
    assert [ask.headers["Host"] for ask in server.asked] == ["pictures.example"]
    assert reason_for("http://pictures.example/a.jpg", access) == "its host is not on the public internet"
    assert len(server.asked) == 1


def test_of_several_addresses_only_those_that_may_be_asked_are_tried(server):
    def several(host, port):
        return [
            address for one in ("10.0.0.1", "127.0.0.2", "127.0.0.1") for address in resolve_host(one, port)
        ]

    started = time.monotonic()
    content = fetch(f"{server.url}/a.jpg", replace(INTRANET, resolve=several), max_bytes=100)
    assert content == b"picture"
    assert time.monotonic() - started < INTRANET.silence_s / 2


@pytest.mark.skipif(which("openssl") is None, reason="needs openssl to make a certificate")
def test_the_certificate_has_to_be_trusted_and_to_name_the_host(tmp_path, monkeypatch):
    certificate, key = tmp_path / "certificate.pem", tmp_path / "key.pem"
    make = ["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", "-out", certificate]
    make += [
        "-keyout",
        key,
        "-subj",
        "/CN=pictures.example",
        "-addext",
        "subjectAltName=DNS:pictures.example",
    ]
    subprocess.run(make, check=True, capture_output=True)
    tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    tls.load_cert_chain(certificate, key)
    with running(tls) as serving:
        local = replace(INTRANET, resolve=lambda host, port: resolve_host("127.0.0.1", serving.server_port))
        assert "is not trusted" in reason_for("https://pictures.example/a.jpg", local)
        monkeypatch.setenv("SSL_CERT_FILE", str(certificate))
        assert fetch("https://pictures.example/a.jpg", local, max_bytes=100) == b"picture"
        assert serving.asked[-1].headers["Host"] == "pictures.example"
        assert "is not trusted" in reason_for("https://other.example/a.jpg", local)
        hasty = replace(local, total_s=0.3)
        assert reason_for("https://pictures.example/drip", hasty) == "took too long"
        serving.over.set()
        serving.shutdown()


@pytest.mark.parametrize(
    ("path", "reason"),
    [
        ("/absent", "the server answered 404"),
        ("/file", "only http and https URLs are read"),
        ("/ftp", "only http and https URLs are read"),
        ("/round", "more than 5 redirects"),
        ("/nowhere", "it redirects to no address"),
        ("/broken", "the server answered 500"),
        ("/short", "the connection ended early"),
        ("/no-http", "not an answer of a web server"),
    ],
)
def test_what_cannot_be_had_says_why(server, path, reason):
    assert reason in reason_for(server.url + path)


@pytest.mark.parametrize(
    ("url", "reason"),
    [
        ("ftp://host/a.jpg", "only http and https URLs are read"),
        ("http:///a.jpg", "the URL names no host"),
        ("http://user:secret@host/a.jpg", "URLs with a user name are not read"),
        ("http://host:99999/a.jpg", "not a web address"),
        ("http://[/a.jpg", "not a web address"),
        (f"http://{'a' * 70}.example/", "its host is not known"),
    ],
)
def test_what_is_no_web_address_is_refused(url, reason):
    assert reason_for(url) == reason


def test_spaces_and_letters_of_any_script_may_stand_in_a_url(server):
    assert fetch(f"{server.url}/a.jpg?name=Ünïcode und Leerzeichen%20", INTRANET, max_bytes=100) == b"picture"
    assert server.asked[-1].path == "/a.jpg?name=%C3%9Cn%C3%AFcode%20und%20Leerzeichen%20"


def test_a_redirect_to_the_web_is_followed(server):
    assert fetch(f"{server.url}/near", INTRANET, max_bytes=100) == b"picture"


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
def test_every_status_that_names_another_place_is_followed(server, status):
    assert fetch(f"{server.url}/moved?{status}", INTRANET, max_bytes=100) == b"picture"


@pytest.mark.parametrize("path", ["/endless", "/endless-chunks", "/large"])
def test_an_answer_without_end_is_cut_at_the_limit(server, path):
    assert reason_for(server.url + path, max_bytes=1_000_000) == "larger than 1,000,000 bytes"


def test_nothing_larger_than_asked_for_is_read(server):
    assert fetch(f"{server.url}/a.jpg", INTRANET, max_bytes=7) == b"picture"
    assert reason_for(f"{server.url}/a.jpg", max_bytes=6) == "larger than 6 bytes"


@pytest.mark.parametrize("path", ["/drip", "/drip-of-unknown-length", "/drip-of-headers", "/continue"])
def test_a_server_that_sends_a_byte_now_and_then_is_given_up(server, path):
    started = time.monotonic()
    reason = reason_for(server.url + path, replace(INTRANET, total_s=0.3))
    assert reason == "took too long"
    assert time.monotonic() - started < INTRANET.silence_s / 2


def test_a_silent_server_is_given_up():
    with socket.socket() as silent:
        silent.bind(("127.0.0.1", 0))
        silent.listen()
        url = f"http://127.0.0.1:{silent.getsockname()[1]}/a.jpg"
        assert reason_for(url, replace(INTRANET, silence_s=0.1)) == "timed out"


def test_a_busy_server_is_asked_again_after_a_pause(server):
    started = time.monotonic()
    assert fetch(f"{server.url}/busy", replace(INTRANET, pause_s=0.1), max_bytes=100) == b"picture"
    assert len(server.asked) == 3
    assert time.monotonic() - started >= 0.3


def test_a_server_is_asked_no_more_often_than_told_and_only_about_what_may_pass(server):
    reason_for(f"{server.url}/broken")
    assert len(server.asked) == 3
    reason_for(f"{server.url}/absent")
    assert len(server.asked) == 4


def test_a_server_that_asks_to_wait_longer_than_there_is_time_is_given_up_at_once(server):
    started = time.monotonic()
    assert reason_for(f"{server.url}/wait") == "the server answered 429"
    assert len(server.asked) == 1
    assert time.monotonic() - started < INTRANET.total_s / 2


def test_what_was_fetched_is_kept_and_not_asked_for_again(server, tmp_path):
    access = replace(INTRANET, cache=tmp_path)
    for _ in range(3):
        assert fetch(f"{server.url}/a.jpg", access, max_bytes=100) == b"picture"
    assert len(server.asked) == 1
    assert fetch(f"{server.url}/a.jpg?other", access, max_bytes=100) == b"picture"
    assert len(list((tmp_path / "contents").iterdir())) == 1  # equal contents once


def test_what_is_kept_is_no_larger_than_asked_for_either(server, tmp_path):
    access = replace(INTRANET, cache=tmp_path)
    fetch(f"{server.url}/a.jpg", access, max_bytes=100)
    assert reason_for(f"{server.url}/a.jpg", access, max_bytes=3) == "larger than 3 bytes"


def test_what_is_old_is_fetched_only_if_it_has_changed(server, tmp_path):
    access = replace(INTRANET, cache=tmp_path, fresh_s=0)
    for _ in range(3):
        assert fetch(f"{server.url}/marked", access, max_bytes=100) == b"picture"
    assert [ask.headers["If-None-Match"] for ask in server.asked] == [None, '"one"', '"one"']


def test_an_answer_that_nothing_changed_need_not_repeat_since_when(server, tmp_path):
    access = replace(INTRANET, cache=tmp_path, fresh_s=0)
    for _ in range(3):
        assert fetch(f"{server.url}/dated", access, max_bytes=100) == b"picture"
    assert [ask.headers["If-Modified-Since"] for ask in server.asked] == [None, DATE, DATE]


def test_a_damaged_copy_is_fetched_anew(server, tmp_path):
    access = replace(INTRANET, cache=tmp_path)
    fetch(f"{server.url}/a.jpg", access, max_bytes=100)
    (kept,) = (tmp_path / "contents").iterdir()
    kept.write_bytes(b"damaged")
    assert fetch(f"{server.url}/a.jpg", access, max_bytes=100) == b"picture"
    assert kept.read_bytes() == b"picture"


def test_failures_are_not_kept(server, tmp_path):
    reason_for(f"{server.url}/absent", replace(INTRANET, cache=tmp_path))
    assert not list(tmp_path.rglob("*.json"))
