"""Routes of items."""

from collections import Counter
from collections.abc import Sequence
from typing import Annotated, Any, TypeAlias

from ninja import Router
from ninja.params.functions import Body, Query
from pydantic import WithJsonSchema

from sensorium.service.api.access import AskingRequest, may
from sensorium.service.api.cursors import Cursor, Limit, after, page
from sensorium.service.api.fields import Id, Label, Phrase
from sensorium.service.api.idempotency import PARAMETER, idempotent
from sensorium.service.api.item_rows import (
    ItemChange,
    ItemInput,
    ItemOutcome,
    ItemOutcomes,
    ItemOutput,
    ItemPage,
)
from sensorium.service.api.problems import Problem
from sensorium.service.api.quotas import put_within_quota
from sensorium.service.api.rows import Rows, one_or_many
from sensorium.service.catalogue.items import (
    NewItem,
    change_item,
    delete_item,
    find_items,
    live_items,
)
from sensorium.service.catalogue.models import Item, Media
from sensorium.service.tenants.models import Tenant

router = Router(tags=["items"])
ItemBody: TypeAlias = Annotated[Any, WithJsonSchema(one_or_many("ItemInput"))]
OUTCOMES = ("created", "updated", "unchanged", "superseded", "failed")


@router.post(
    "/items",
    auth=may("items:write"),
    response=ItemOutcomes,
    operation_id="put_items",
    openapi_extra={"parameters": [dict(PARAMETER)]},
)
@idempotent
def put(request: AskingRequest, body: ItemBody = Body(...)) -> ItemOutcomes:
    """Add or replace one item, or up to 1,000; a row that cannot be used does no harm to the others."""
    rows = Rows(body, ItemInput)
    last = {row.id: index for index, row in rows.good.items()}
    items = [
        NewItem(row.id, without_nulls(row.attributes), row.hidden)
        for index, row in rows.good.items()
        if last[row.id] == index
    ]
    done = put_within_quota(request.auth.tenant, items) if items else {}
    outcomes = list[ItemOutcome]()
    for index in range(rows.n):
        row = rows.good.get(index)
        if row is None:
            outcomes.append(ItemOutcome(index=index, id=None, status="failed", errors=rows.bad[index]))
        else:
            status = done[row.id] if last[row.id] == index else "superseded"
            outcomes.append(ItemOutcome(index=index, id=row.id, status=status, errors=[]))
    counts = Counter(outcome.status for outcome in outcomes)
    return ItemOutcomes(**{name: counts[name] for name in OUTCOMES}, rows=outcomes)


@router.get("/items", auth=may("items:read"), response=ItemPage, operation_id="list_items")
def listed(
    request: AskingRequest,
    q: Phrase | None = Query(None, description="Words that the item holds, in this order."),
    category: Label | None = Query(None, description="A label, as `column=label`."),
    cursor: Cursor | None = Query(None, description="`next_cursor` of the page before."),
    limit: Limit = Query(100),
) -> ItemPage:
    """List items, in the order in which they were added."""
    tenant = request.auth.tenant
    found = find_items(tenant, q=q, category=category).filter(**after(cursor)).order_by("pk")
    rows, following = page(found[: limit + 1], limit, lambda row: row.pk)
    return ItemPage(items=with_media(tenant, rows), next_cursor=following)


@router.get("/items/{id:item_id}", auth=may("items:read"), response=ItemOutput, operation_id="get_item")
def get(request: AskingRequest, item_id: Id) -> ItemOutput:
    """Return an item."""
    return with_media(request.auth.tenant, [item_of(request.auth.tenant, item_id)])[0]


@router.patch("/items/{id:item_id}", auth=may("items:write"), response=ItemOutput, operation_id="change_item")
def change(request: AskingRequest, item_id: Id, body: ItemChange) -> ItemOutput:
    """Change some attributes of an item, or whether it is hidden."""
    row = change_item(request.auth.tenant, item_id, body.attributes, body.hidden)
    if row is None:
        raise unknown(item_id)
    return with_media(request.auth.tenant, [row])[0]


@router.delete(
    "/items/{id:item_id}", auth=may("items:write"), response={204: None}, operation_id="delete_item"
)
def delete(request: AskingRequest, item_id: Id) -> None:
    """Delete an item and its media; it is not recommended from now on."""
    if not delete_item(request.auth.tenant, item_id):
        raise unknown(item_id)


def item_of(tenant: Tenant, item_id: str) -> Item:
    """Return the item; a `Problem` if there is none."""
    row = live_items(tenant).filter(item_id=item_id).first()
    if row is None:
        raise unknown(item_id)
    return row


def unknown(item_id: str) -> Problem:
    """Return the problem that no item has this id."""
    return Problem("unknown-item", f"no item has the id {item_id!r}", where="item_id")


def with_media(tenant: Tenant, rows: Sequence[Item]) -> list[ItemOutput]:
    """Return items with their media, which are asked for at once."""
    media: dict[str, list[Media]] = {row.item_id: [] for row in rows}
    for medium in Media.objects.of(tenant).filter(item_id__in=list(media)).order_by("column"):
        media[medium.item_id].append(medium)
    return [ItemOutput.of(row, media[row.item_id]) for row in rows]


def without_nulls(attributes: dict[str, Any]) -> dict[str, Any]:
    """Return attributes without those that say nothing."""
    return {column: value for column, value in attributes.items() if value is not None}
