"""Items written and read; whoever writes is numbered, and waits for the tenant's other writers."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal, TypeAlias

from django.db import transaction
from django.db.models import QuerySet
from django.utils import timezone

from sensorium.service.catalogue.indexing import label_lines, search_text
from sensorium.service.catalogue.models import Item, Media
from sensorium.service.catalogue.web_media import Change, follow_urls
from sensorium.service.engine.state import next_sequences
from sensorium.service.tenants.models import Tenant

Outcome: TypeAlias = Literal["created", "updated", "unchanged"]
_UPDATED = ("attributes", "hidden", "deleted", "search_text", "labels", "sequence", "created", "updated")


@dataclass(frozen=True)
class NewItem:
    """An item as it shall be."""

    item_id: str
    attributes: Mapping[str, Any]
    hidden: bool = False


def put_items(tenant: Tenant, items: Sequence[NewItem]) -> dict[str, Outcome]:
    """Let `items`, of different ids, be as they say; return what became of each. One transaction.

    An item that is as it was keeps its sequence.
    """
    with transaction.atomic():
        first = next_sequences(tenant, len(items))
        held = _held(tenant, [item.item_id for item in items])
        rows, changes, outcomes = list[Item](), list[Change](), dict[str, Outcome]()
        for sequence, item in enumerate(items, start=first):
            before = held.get(item.item_id)
            outcomes[item.item_id] = outcome = _outcome(before, item)
            if outcome != "unchanged":
                rows.append(_row(tenant, item, sequence, None if outcome == "created" else before))
                changes.append(({} if before is None else before.attributes, rows[-1]))
        Item.objects.of(tenant).bulk_create(
            rows, update_conflicts=True, unique_fields=["tenant", "item_id"], update_fields=_UPDATED
        )
        follow_urls(tenant, changes)
    return outcomes


def add_items(tenant: Tenant, items: Sequence[NewItem]) -> int:
    """Add those of `items` whose ids nobody holds or held; return how many. One transaction."""
    with transaction.atomic():
        first = next_sequences(tenant, len(items))
        held = _held(tenant, [item.item_id for item in items])
        new = [item for item in items if item.item_id not in held]
        rows = [_row(tenant, item, sequence, None) for sequence, item in enumerate(new, start=first)]
        Item.objects.of(tenant).bulk_create(rows)
        follow_urls(tenant, [({}, row) for row in rows])
    return len(rows)


def change_item(
    tenant: Tenant, item_id: str, attributes: Mapping[str, Any], hidden: bool | None
) -> Item | None:
    """Set `attributes`, those with None are taken out; return the item, None if there is none."""
    with transaction.atomic():
        sequence = next_sequences(tenant, 1)
        before = live_items(tenant).filter(item_id=item_id).first()
        if before is None:
            return None
        merged = {**before.attributes, **attributes}
        kept = {column: value for column, value in merged.items() if value is not None}
        item = NewItem(item_id, kept, before.hidden if hidden is None else hidden)
        if _outcome(before, item) == "unchanged":
            return before
        row = _row(tenant, item, sequence, before)
        row.pk = before.pk
        row.save()
        follow_urls(tenant, [(before.attributes, row)])
    return row


def delete_item(tenant: Tenant, item_id: str) -> bool:
    """Leave a tombstone of the item, without what was known of it; return whether there was one."""
    with transaction.atomic():
        sequence = next_sequences(tenant, 1)
        Media.objects.of(tenant).filter(item_id=item_id).delete()
        gone = {"attributes": {}, "search_text": "", "labels": "", "updated": timezone.now()}
        rows = live_items(tenant).filter(item_id=item_id)
        return rows.update(deleted=True, sequence=sequence, **gone) > 0


def touch_item(tenant: Tenant, item_id: str) -> bool:
    """Give a change of the item's media its number; return whether there is such an item.

    Only in a transaction.
    """
    sequence = next_sequences(tenant, 1)
    rows = live_items(tenant).filter(item_id=item_id)
    return rows.update(sequence=sequence, updated=timezone.now()) > 0


def live_items(tenant: Tenant) -> QuerySet[Item]:
    """Return the tenant's items without tombstones."""
    return Item.objects.of(tenant).filter(deleted=False)


def find_items(tenant: Tenant, *, q: str | None, category: str | None) -> QuerySet[Item]:
    """Return the items that hold the words `q` in this order, and the label `category` (`column=label`)."""
    found = live_items(tenant)
    if q:
        found = found.filter(search_text__contains=q.casefold())
    if category:
        found = found.filter(labels__contains=f"\n{category.casefold()}\n")
    return found


def unknown_items(tenant: Tenant, item_ids: Sequence[str]) -> list[str]:
    """Return those of `item_ids` that no item has, each once."""
    asked = dict.fromkeys(item_ids)
    rows = live_items(tenant).filter(item_id__in=list(asked))
    known = set(rows.values_list("item_id", flat=True))
    return [item_id for item_id in asked if item_id not in known]


def _held(tenant: Tenant, item_ids: Sequence[str]) -> dict[str, Item]:
    return {row.item_id: row for row in Item.objects.of(tenant).filter(item_id__in=item_ids)}


def _outcome(before: Item | None, item: NewItem) -> Outcome:
    if before is None or before.deleted:
        return "created"
    is_same = before.attributes == dict(item.attributes) and before.hidden == item.hidden
    return "unchanged" if is_same and _types(before.attributes) == _types(item.attributes) else "updated"


def _types(attributes: Mapping[str, Any]) -> list[str]:
    """Return what tells 1 from true."""
    return [repr(attributes[column]) for column in sorted(attributes)]


def _row(tenant: Tenant, item: NewItem, sequence: int, before: Item | None) -> Item:
    now = timezone.now()
    return Item(
        tenant=tenant,
        item_id=item.item_id,
        attributes=dict(item.attributes),
        hidden=item.hidden,
        deleted=False,
        search_text=search_text(item.item_id, item.attributes),
        labels=label_lines(item.attributes),
        sequence=sequence,
        created=now if before is None else before.created,
        updated=now,
    )
