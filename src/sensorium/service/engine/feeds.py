"""Feeds: pages of answers without repeats. What was shown is remembered, what comes next is asked anew."""

import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta

from django.utils import timezone

from sensorium.service.engine.models import Feed
from sensorium.service.tenants.models import Tenant

CURSOR = r"^[A-Za-z0-9_-]{16}\.[1-9][0-9]{0,3}$"
KEPT = timedelta(days=1)
MOST_SHOWN = 10_000
"""Items of one feed; then it ends."""


class UnknownFeedError(Exception):
    """No feed of this user has this cursor, or not any more."""


@dataclass(frozen=True)
class Shown:
    """A feed up to one of its pages."""

    name: str
    pages: Sequence[Sequence[str]]

    @property
    def item_ids(self) -> list[str]:
        """What was shown."""
        return [item for page in self.pages for item in page]


def begin_feed() -> Shown:
    """Return a feed of which nothing was shown."""
    return Shown(secrets.token_urlsafe(12), ())


def find_feed(tenant: Tenant, user_id: str | None, cursor: str) -> Shown:
    """Return the feed up to the page that `cursor` asks for.

    A page that is asked for again is made anew: what came after it counts as not shown.
    """
    name, _, page = cursor.partition(".")
    rows = Feed.objects.of(tenant).filter(name=name, user_id=user_id or "", expires__gt=timezone.now())
    row = rows.first()
    if row is None or int(page) > len(row.pages):
        raise UnknownFeedError
    return Shown(name, row.pages[: int(page)])


def show(tenant: Tenant, user_id: str | None, before: Shown, page: Sequence[str]) -> str:
    """Remember that `page` was shown after what was `before`; return the cursor of the next page."""
    pages = [*before.pages, list(page)]
    Feed.objects.of(tenant).update_or_create(
        name=before.name,
        defaults={"pages": pages, "expires": timezone.now() + KEPT},
        create_defaults={
            "tenant": tenant,
            "name": before.name,
            "user_id": user_id or "",
            "pages": pages,
            "expires": timezone.now() + KEPT,
        },
    )
    return f"{before.name}.{len(pages)}"
