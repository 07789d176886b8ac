"""Media from the web, from servers that are not trusted: where to, how much, and for how long."""

import time
from dataclasses import dataclass
from http import HTTPStatus
from pathlib import Path
from urllib.parse import urljoin

from sensorium.core.errors import MediaError
from sensorium.media.addresses import Network, Resolve, resolve_host
from sensorium.media.http_exchange import Answer, TransientError, exchange
from sensorium.media.web_cache import MAX_BYTES, WebCache

MAX_REDIRECTS = 5
_REDIRECTS = frozenset({301, 302, 303, 307, 308})
_PASSING = frozenset({408, 425, 429, 500, 502, 503, 504})
"""Statuses after which the same question may get an answer later (RFC 9110, 6585, 8470)."""


@dataclass(frozen=True)
class WebAccess:
    """How media on the web are fetched."""

    networks: tuple[Network, ...] = ()
    """Networks that may be asked although they are not public: an intranet, this machine."""
    silence_s: float = 20.0
    """How long a server may stay silent."""
    total_s: float = 300.0
    """How long one medium may take, with redirects, pauses and further attempts."""
    attempts: int = 3
    """How often a medium is asked for when the server is busy, fails or does not answer."""
    pause_s: float = 0.5
    """The pause before the second attempt; each further one is twice as long."""
    cache: Path | None = None
    """The folder for what was fetched; None: nothing is kept."""
    cache_bytes: int = MAX_BYTES
    """How much may be kept there; what was not used for the longest time goes first."""
    fresh_s: float = 86_400.0
    """For how long a kept medium is used without asking the server whether it has changed."""
    resolve: Resolve = resolve_host
    """Finds the addresses of a host."""


PUBLIC_WEB = WebAccess()
"""Only hosts on the public internet; nothing is kept."""


def fetch(url: str, access: WebAccess = PUBLIC_WEB, *, max_bytes: int) -> bytes:
    """Return what an http(s) `url` answers with.

    The host's addresses are checked after the name is resolved, and the connection goes to the address
    that was checked, at each redirect again; proxies are therefore not used.

    Raises
    ------
    MediaError
        For another scheme, a host that may not be asked, an error status, silence, or an answer that is
        too large or takes too long.
    """
    cache = None if access.cache is None else WebCache(access.cache, access.cache_bytes)
    kept = None if cache is None else cache.get(url)
    if kept is not None and kept[0].age_s < access.fresh_s and len(kept[1]) <= max_bytes:
        return kept[1]
    answer = _fetch_with_retries(url, {} if kept is None else kept[0].question, access, max_bytes)
    content = answer.content
    if answer.status == HTTPStatus.NOT_MODIFIED and kept is not None:
        content = kept[1]
        if len(content) > max_bytes:
            raise MediaError(f"larger than {max_bytes:,} bytes", where=url)
    elif answer.status != HTTPStatus.OK:
        raise MediaError(f"the server answered {answer.status}", where=url)
    if cache is not None:
        etag, modified = answer.header("ETag"), answer.header("Last-Modified")
        if answer.status == HTTPStatus.NOT_MODIFIED and kept is not None:
            # Such an answer need not repeat them (RFC 9110, 15.4.5).
            etag, modified = etag or kept[0].etag, modified or kept[0].last_modified
        cache.put(url, content, etag=etag, last_modified=modified)
    return content


def _fetch_with_retries(url: str, question: dict[str, str], access: WebAccess, max_bytes: int) -> Answer:
    """Ask again, after a pause, while what goes wrong may pass."""
    deadline = time.monotonic() + access.total_s
    for attempt in range(access.attempts):
        try:
            answer = _follow_redirects(url, question, access, deadline, max_bytes)
            if answer.status not in _PASSING:
                return answer
            wait_s, error = (
                answer.retry_after_s,
                MediaError(f"the server answered {answer.status}", where=url),
            )
        except TransientError as passing:
            wait_s, error = 0.0, MediaError(str(passing), where=url)
            error.__cause__ = passing
        pause_s = max(wait_s, access.pause_s * 2**attempt)
        if attempt + 1 == access.attempts or time.monotonic() + pause_s >= deadline:
            raise error
        time.sleep(pause_s)
    raise MediaError("not asked for", where=url)


def _follow_redirects(
    url: str, question: dict[str, str], access: WebAccess, deadline: float, max_bytes: int
) -> Answer:
    """Return the answer at the end of the redirects."""
    place = url
    for _ in range(MAX_REDIRECTS + 1):
        answer = exchange(
            place,
            question,
            networks=access.networks,
            resolve=access.resolve,
            silence_s=access.silence_s,
            deadline=deadline,
            max_bytes=max_bytes,
            where=url,
        )
        further = answer.header("Location")
        if answer.status not in _REDIRECTS or further is None:
            return answer
        try:
            place = urljoin(place, further)
        except ValueError as error:
            raise MediaError("it redirects to no address", where=url) from error
    raise MediaError(f"more than {MAX_REDIRECTS} redirects", where=url)
