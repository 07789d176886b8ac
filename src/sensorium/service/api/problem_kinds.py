"""Every problem that the service answers with: a stable code, its status, and what to do about it."""

from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True)
class ProblemKind:
    """One kind of problem; `code` stays what it is, wordings may change."""

    code: str
    status: int
    title: str
    remedy: str


_KINDS = (
    ProblemKind("bad-request", 400, "The request cannot be understood", "Send a request as in /api/docs"),
    ProblemKind("bad-json", 400, "The body is no JSON", "Send JSON in UTF-8, without NaN and Infinity"),
    ProblemKind(
        "missing-credentials",
        401,
        "Nobody says who asks",
        "Send a key as `Authorization: Bearer sn_...`, or sign in at POST /api/session",
    ),
    ProblemKind(
        "bad-credentials",
        401,
        "The key or the password is not right",
        "Use a key that is neither revoked nor expired; an owner makes one at POST /api/keys",
    ),
    ProblemKind(
        "bad-csrf",
        403,
        "The request did not come from a page that is signed in",
        "Send the value of the cookie `csrftoken` as the header `X-CSRFToken`",
    ),
    ProblemKind(
        "missing-scope", 403, "The key or account may not do this", "Use a key with the scope that is named"
    ),
    ProblemKind(
        "quota-exceeded",
        403,
        "The tenant would have more than it may have",
        "Remove what nobody needs, or let [service] in sensorium.toml allow more",
    ),
    ProblemKind("unknown-path", 404, "There is no such path", "The paths are at /api/docs"),
    ProblemKind("unknown-item", 404, "There is no such item", "Send it first with POST /api/items"),
    ProblemKind("unknown-medium", 404, "There is no such medium", "Send it first, as a raw body, with PUT"),
    ProblemKind(
        "unknown-column", 404, "There is no such column of media", "Name it in sensorium.toml under [catalog]"
    ),
    ProblemKind(
        "medium-not-ready",
        404,
        "The medium, or what is made of it, is not there yet",
        "Ask again in a few seconds; if it stays so, let a worker look again with POST .../retry",
    ),
    ProblemKind(
        "no-preview", 404, "Nothing like this is made of the medium", "Show the medium itself, or another one"
    ),
    ProblemKind("unknown-user", 404, "There is no such user", "Users are known from their first event on"),
    ProblemKind(
        "unknown-feed", 404, "There is no such feed", "Begin a feed: `feed` is true; it is kept for a day"
    ),
    ProblemKind("unknown-key", 404, "There is no such key", "The keys are at GET /api/keys"),
    ProblemKind("unknown-account", 404, "There is no such account", "The accounts are at GET /api/accounts"),
    ProblemKind("unknown-job", 404, "There is no such job", "The jobs are at GET /api/jobs"),
    ProblemKind(
        "unknown-result",
        404,
        "There is no such result",
        "Jobs of POST /api/batch-recommend have one for a week",
    ),
    ProblemKind("unknown-bundle", 404, "There is no such bundle", "The bundles are at GET /api/bundles"),
    ProblemKind("unknown-tenant", 404, "There is no such tenant", "The tenants are at GET /api/tenants"),
    ProblemKind("unknown-problem", 404, "There is no such problem", "The problems are at GET /api/problems"),
    ProblemKind("unknown-method", 405, "The path does not know this method", "Use one that `Allow` names"),
    ProblemKind("name-taken", 409, "The name is taken", "Choose another name"),
    ProblemKind("last-owner", 409, "The last owner must stay", "Make another owner first"),
    ProblemKind("first-tenant", 409, "The first tenant must stay", "Delete its items and users one by one"),
    ProblemKind("job-ended", 409, "The job is in another state", "Look at the job's state first"),
    ProblemKind(
        "item-not-ready",
        409,
        "The item is not in the model yet",
        "Ask again later; until then it is found by GET /api/items",
    ),
    ProblemKind(
        "cannot-answer",
        409,
        "The question does not suit the model and the catalogue",
        "Ask with columns, labels and types that they hold",
    ),
    ProblemKind(
        "no-model",
        409,
        "There is no model that could answer",
        "Fit one: `sensorium fit`, then start the service again",
    ),
    ProblemKind("missing-length", 411, "The body has no length", "Send `Content-Length`, not chunks"),
    ProblemKind("is-changed", 412, "It is not as `If-Match` says", "Ask for it without `If-Match`"),
    ProblemKind("too-large", 413, "The body is too large", "Send less at once"),
    ProblemKind("uri-too-long", 414, "The path and its parameters are too long", "Ask for less at once"),
    ProblemKind("wrong-type", 415, "The body is of another media type", "Send the type that is named"),
    ProblemKind("bad-range", 416, "The range lies outside the medium", "Ask for bytes that it has"),
    ProblemKind("invalid", 422, "Something in the request is not as it must be", "Mend what `errors` name"),
    ProblemKind("bad-cursor", 422, "The cursor is none of ours", "Send `next_cursor` as it was given"),
    ProblemKind(
        "other-request",
        422,
        "The Idempotency-Key belongs to another request",
        "Use a new key for each request that is not a repeat",
    ),
    ProblemKind("headers-too-large", 431, "The headers are too large", "Send fewer or shorter headers"),
    ProblemKind("too-many-requests", 429, "Too many requests", "Wait as long as `Retry-After` says"),
    ProblemKind(
        "too-many-failures", 429, "Too many wrong keys or passwords", "Wait as long as `Retry-After` says"
    ),
    ProblemKind(
        "internal",
        500,
        "The service has made a mistake",
        "Report it with the request_id, which the log holds",
    ),
    ProblemKind(
        "database-unavailable",
        503,
        "The database does not answer",
        "Send the same request again after `Retry-After`; nothing of it was stored",
    ),
    ProblemKind("not-ready", 503, "The service is not ready", "Wait, or read the log of `sensorium serve`"),
)
KINDS: Mapping[str, ProblemKind] = {kind.code: kind for kind in _KINDS}
"""Code -> kind."""
OF_STATUS: Mapping[int, str] = {
    400: "bad-request",
    401: "missing-credentials",
    403: "bad-csrf",
    404: "unknown-path",
    405: "unknown-method",
    411: "missing-length",
    412: "is-changed",
    413: "too-large",
    414: "uri-too-long",
    415: "wrong-type",
    416: "bad-range",
    422: "invalid",
    429: "too-many-requests",
    431: "headers-too-large",
    500: "internal",
    503: "database-unavailable",
}
"""Status of an error that did not come from us -> the code that stands for it."""
