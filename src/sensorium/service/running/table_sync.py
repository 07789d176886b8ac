"""Items that follow their table when it changes, unless somebody changed them over HTTP since it was read."""

import hashlib
import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import polars as pl
from django.db import transaction

from sensorium.core.files import written_aside
from sensorium.service.catalogue.items import NewItem, put_items
from sensorium.service.catalogue.models import Item
from sensorium.service.engine.state import next_sequences
from sensorium.service.place import Place
from sensorium.service.tenants.models import Tenant


@dataclass
class Synced:
    """What became of items whose rows were read again."""

    new: int = 0
    updated: int = 0
    kept: list[str] = field(default_factory=list[str])
    """Ids of items that were changed or deleted over HTTP, so that their rows changed nothing."""


def read_prints(place: Place) -> Mapping[str, str]:
    """Return what each row said when the table was read last, by id; nothing if nobody knows."""
    file = _file(place)
    if not file.exists():
        return {}
    held = pl.read_parquet(file)
    return dict(zip(held["id"], held["print"], strict=True))


def write_prints(place: Place, rows: Iterable[NewItem], before: Mapping[str, str]) -> None:
    """Keep what each row says until the table is read again, and of those in `before` what they said then."""
    found = {row.item_id: fingerprint_of(row.attributes, row.hidden) for row in rows} | dict(before)
    with written_aside(_file(place)) as aside:
        pl.DataFrame(
            {"id": list(found), "print": list(found.values())}, schema={"id": pl.String, "print": pl.String}
        ).write_parquet(aside)


def sync_items(tenant: Tenant, rows: Sequence[NewItem], before: Mapping[str, str], synced: Synced) -> int:
    """Let items be as their rows say where nobody else changed them; return how many are new.

    One transaction, in which no one else writes items of the tenant.
    """
    last = {row.item_id: row for row in rows}
    taken: list[NewItem] = []
    with transaction.atomic():
        next_sequences(tenant, 1)  # whoever writes meanwhile waits
        held = {row.item_id: row for row in Item.objects.of(tenant).filter(item_id__in=list(last))}
        for item_id, row in last.items():
            item = held.get(item_id)
            if item is None:
                taken.append(row)
                continue
            found = fingerprint_of(item.attributes, item.hidden)
            if item.deleted or found not in (before.get(item_id), fingerprint_of(row.attributes, row.hidden)):
                synced.kept.append(item_id)
            else:
                taken.append(row)
        outcomes = list(put_items(tenant, taken).values()) if taken else []
    new = outcomes.count("created")
    synced.new += new
    synced.updated += outcomes.count("updated")
    return new


def fingerprint_of(attributes: Mapping[str, Any], hidden: bool) -> str:
    """Return what is the same for the same attributes in any order."""
    said = json.dumps([dict(attributes), hidden], sort_keys=True)
    return hashlib.blake2b(said.encode("utf-8", "surrogatepass"), digest_size=12).hexdigest()


def _file(place: Place) -> Path:
    return place.folder / "items-as-read.parquet"
