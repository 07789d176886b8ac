"""One question to one web server: connect to an address that was checked, read a bounded answer in time."""

import contextlib
import functools
import http.client
import os
import socket
import ssl
import threading
import time
from collections.abc import Generator, Mapping, Sequence
from dataclasses import dataclass
from email.utils import parsedate_to_datetime
from urllib.parse import SplitResult, quote, urlsplit

from sensorium.core.errors import MediaError
from sensorium.media.addresses import Address, Network, Resolve, require_permitted

_CHUNK_BYTES = 1 << 16
_SAFE = "/%:@!$&'()*+,;=~-._?[]"


class TransientError(Exception):
    """What may go well another time; the text is the reason."""


@dataclass(frozen=True)
class Answer:
    """What a server said; the content only of a success."""

    status: int
    headers: Mapping[str, str]
    content: bytes

    def header(self, name: str) -> str | None:
        """Return a header, by its name in any case."""
        return self.headers.get(name.lower())

    @property
    def retry_after_s(self) -> float:
        """How long the server asks to wait; 0 if it does not say."""
        asked = self.header("Retry-After") or ""
        if asked.strip().isdecimal():
            return float(asked)
        with contextlib.suppress(ValueError, TypeError):
            return max(0.0, parsedate_to_datetime(asked).timestamp() - time.time())
        return 0.0


def exchange(
    url: str,
    question: Mapping[str, str],
    *,
    networks: Sequence[Network],
    resolve: Resolve,
    silence_s: float,
    deadline: float,
    max_bytes: int,
    where: str,
) -> Answer:
    """Return the answer to a GET of `url`; redirects are not followed.

    Parameters
    ----------
    url
        Where to ask.
    question
        Further headers.
    networks
        Addresses that may be asked besides public ones.
    resolve
        Finds the addresses of a host.
    silence_s, deadline
        How long the server may be silent; the moment (of `time.monotonic`) at which all must be over.
    max_bytes
        The largest content.
    where
        What to call the medium in an error.

    Raises
    ------
    MediaError
        For what will not change when asked again.
    TransientError
        For what may.
    """
    parts, port = _parts(url, where)
    host = parts.hostname or ""
    over = threading.Event()
    try:
        addresses = require_permitted(resolve(host, port), networks, where=where)
        with _connected(addresses, silence_s, deadline) as plain, _cut_off(plain, deadline, over):
            answer = _asked(plain, parts, host, port, question, max_bytes, where)
            if over.is_set():  # an answer of unknown length looks whole wherever it ends
                raise TimeoutError
            return answer
    except socket.gaierror as error:
        if error.errno == socket.EAI_AGAIN:
            raise TransientError("its host cannot be looked up") from error
        raise MediaError("its host is not known", where=where) from error
    except UnicodeError as error:
        raise MediaError("its host is not known", where=where) from error
    except ssl.SSLCertVerificationError as error:
        raise MediaError(f"its certificate is not trusted ({error.verify_message})", where=where) from error
    except (OSError, http.client.HTTPException, ValueError) as error:
        if over.is_set() or time.monotonic() >= deadline:
            raise MediaError("took too long", where=where) from error
        raise TransientError(_reason(error)) from error


def _parts(url: str, where: str) -> tuple[SplitResult, int]:
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError as error:
        raise MediaError("not a web address", where=where) from error
    if parts.scheme not in ("http", "https"):
        raise MediaError("only http and https URLs are read", where=where)
    if not parts.hostname:
        raise MediaError("the URL names no host", where=where)
    if parts.username is not None:
        raise MediaError("URLs with a user name are not read", where=where)
    return parts, port or (443 if parts.scheme == "https" else 80)


@contextlib.contextmanager
def _connected(addresses: list[Address], silence_s: float, deadline: float) -> Generator[socket.socket]:
    """Give a connection to the first of the addresses that takes one."""
    failure: OSError = OSError("no address")
    for family, place in addresses:
        connection = socket.socket(family, socket.SOCK_STREAM)
        with connection:
            connection.settimeout(max(0.001, min(silence_s, deadline - time.monotonic())))
            try:
                connection.connect(place)
            except OSError as error:
                failure = error
                continue
            connection.settimeout(silence_s)
            yield connection
            return
    raise failure


@contextlib.contextmanager
def _cut_off(connection: socket.socket, deadline: float, over: threading.Event) -> Generator[None]:
    """End the connection at `deadline`, however busily the other side sends.

    A time-out of the socket would not do: it starts anew with each byte.
    """
    descriptor = os.dup(connection.fileno())  # TLS takes the socket over, the connection stays the same

    def cut() -> None:
        over.set()
        with contextlib.suppress(OSError), socket.socket(fileno=os.dup(descriptor)) as same:
            same.shutdown(socket.SHUT_RDWR)

    timer = threading.Timer(max(0.0, deadline - time.monotonic()), cut)
    timer.daemon = True
    timer.start()
    try:
        yield
    finally:
        timer.cancel()
        timer.join()
        os.close(descriptor)


def _asked(
    plain: socket.socket,
    parts: SplitResult,
    host: str,
    port: int,
    question: Mapping[str, str],
    max_bytes: int,
    where: str,
) -> Answer:
    if parts.scheme == "https":
        connection = http.client.HTTPSConnection(host, port)
        connection.sock = _tls(os.environ.get("SSL_CERT_FILE")).wrap_socket(plain, server_hostname=host)
    else:
        connection = http.client.HTTPConnection(host, port)
        connection.sock = plain
    connection.auto_open = 0  # never to another address than the one that was checked
    path = quote(parts.path or "/", safe=_SAFE)
    query = f"?{quote(parts.query, safe=_SAFE)}" if parts.query else ""
    with contextlib.closing(connection):
        headers = {"User-Agent": "sensorium", "Accept-Encoding": "identity", "Connection": "close"}
        connection.request("GET", path + query, headers=headers | dict(question))
        with connection.getresponse() as response:
            content = _content(response, max_bytes, where) if response.status == http.HTTPStatus.OK else b""
            said = {name.lower(): value for name, value in response.getheaders()}
            return Answer(response.status, said, content)


def _content(response: http.client.HTTPResponse, max_bytes: int, where: str) -> bytes:
    announced = response.length
    if announced is not None and announced > max_bytes:
        raise MediaError(f"larger than {max_bytes:,} bytes", where=where)
    content = bytearray()
    while chunk := response.read(min(_CHUNK_BYTES, max_bytes + 1 - len(content))):
        content += chunk
        if len(content) > max_bytes:
            raise MediaError(f"larger than {max_bytes:,} bytes", where=where)
    if announced is not None and len(content) < announced:
        raise http.client.IncompleteRead(bytes(content), announced - len(content))
    return bytes(content)


@functools.cache
def _tls(certificates: str | None) -> ssl.SSLContext:
    """Return what tells trusted certificates; reading them takes longer than a fetch, so it is kept."""
    return ssl.create_default_context(cafile=certificates)


def _reason(error: Exception) -> str:
    if isinstance(error, TimeoutError):
        return "timed out"
    if isinstance(error, http.client.IncompleteRead | http.client.RemoteDisconnected):
        return "the connection ended early"
    if isinstance(error, http.client.HTTPException):
        return f"not an answer of a web server ({type(error).__name__})"
    return f"cannot be read ({getattr(error, 'strerror', None) or error})"
