"""Keys: made, found by what is shown, rotated, revoked. The secret is shown once; the database has its hash.

A key reads `sn_<prefix>_<secret>`. The prefix finds the row; the secret has 256 random bits, so that a plain
SHA-256 is as good as a slow hash.
"""

import hashlib
import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from hmac import compare_digest

from django.db import transaction
from django.utils import timezone

from sensorium.service.tenants.models import ApiKey, Tenant

SIGN = "sn"
LETTERS = "abcdefghjkmnpqrstuvwxyz23456789"
PREFIX_LETTERS = 10


@dataclass(frozen=True)
class NewKey:
    """A key that was just made, the only time that its secret is known."""

    key: ApiKey
    text: str
    """What the caller shows from now on."""


def make_key(tenant: Tenant, name: str, scopes: Sequence[str], *, expires: datetime | None = None) -> NewKey:
    """Return a new key of `tenant`."""
    prefix = "".join(secrets.choice(LETTERS) for _ in range(PREFIX_LETTERS))
    text = f"{SIGN}_{prefix}_{secrets.token_urlsafe(32)}"
    key = ApiKey(
        tenant=tenant,
        prefix=prefix,
        sha256=_hash(text),
        name=name,
        scopes=sorted(set(scopes)),
        expires=expires,
    )
    key.save(force_insert=True)
    return NewKey(key, text)


def find_key(text: str) -> ApiKey | None:
    """Return the key that `text` is; None if there is none, or if it is revoked or expired."""
    sign, _, rest = text.partition("_")
    prefix, _, secret = rest.partition("_")
    if sign != SIGN or not secret or not set(prefix) <= set(LETTERS):
        return None
    key = ApiKey.objects.across_tenants().select_related("tenant").filter(prefix=prefix).first()
    if key is None or not compare_digest(key.sha256, _hash(text)):
        return None
    return key if is_valid(key) else None


def is_valid(key: ApiKey) -> bool:
    """Return whether `key` still opens anything."""
    now = timezone.now()
    return (key.revoked is None or key.revoked > now) and (key.expires is None or key.expires > now)


def rotate_key(key: ApiKey, *, overlap_s: float) -> NewKey:
    """Return a new key that may do what `key` may, which itself ends after `overlap_s` seconds."""
    with transaction.atomic():
        made = make_key(key.tenant, key.name, key.scopes, expires=key.expires)
        end = timezone.now() + timedelta(seconds=overlap_s)
        key.expires = end if key.expires is None else min(key.expires, end)
        key.save(update_fields=["expires"])
    return made


def revoke_key(key: ApiKey) -> None:
    """Let `key` open nothing from now on."""
    key.revoked = timezone.now()
    key.save(update_fields=["revoked"])


def _hash(text: str) -> str:
    return hashlib.sha256(text.encode("utf-8", "replace")).hexdigest()
