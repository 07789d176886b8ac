"""Changes of items brought to a bundle as segments, one process at a time, in their order.

A segment takes the number of the last change that is in it. It is written aside and renamed; then the row of
the bundle says how far it has come, in one transaction with the states of the media. Who dies in between
leaves a segment that the next one finds and goes on from.
"""

from collections.abc import Sequence
from concurrent.futures.process import BrokenProcessPool

from django.db import transaction
from django.utils import timezone

from sensorium.service.catalogue.models import Item, Media
from sensorium.service.engine.encoder_process import ONCE_MORE, Cell, Encoded, Wanted, encode_aside
from sensorium.service.engine.item_cells import is_usable, item_cells, media_of, own_workspace
from sensorium.service.engine.models import Bundle
from sensorium.service.engine.place import bundles_of, segments_of
from sensorium.service.engine.state import next_sequences
from sensorium.service.jobs.queue import Lease
from sensorium.service.tenants.models import Tenant

ITEMS_AT_ONCE = 200
ENDED = "the process that made features of it ended"


def catch_up(lease: Lease, bundle: Bundle) -> None:
    """Bring to the bundle the changes of items that it lacks, but for those that come during the last lot.

    Somebody who adds items without a pause would keep this from ending. A bundle that answers gets them from
    the next job.
    """
    while some := _changed(lease.job.tenant, bundle.encoded_sequence):
        try:
            _bring(lease, bundle, some)
        except BrokenProcessPool:
            for item in some:  # one of them is to blame
                _bring_one(lease, bundle, item)
        if len(some) < ITEMS_AT_ONCE:
            break
    _reach_the_last(lease, bundle)


def _changed(tenant: Tenant, after: int) -> list[Item]:
    return list(Item.objects.of(tenant).filter(sequence__gt=after).order_by("sequence")[:ITEMS_AT_ONCE])


def _bring_one(lease: Lease, bundle: Bundle, item: Item) -> None:
    """Bring one item; where its media end the process that reads them, they failed and it goes without."""
    try:
        _bring(lease, bundle, [item])
    except BrokenProcessPool:
        with lease.writing():
            rows = Media.objects.of(lease.job.tenant).filter(item_id=item.item_id)
            if not rows.update(status="failed", why=ENDED, updated=timezone.now()):
                raise
        _bring(lease, bundle, [item])


def _bring(lease: Lease, bundle: Bundle, items: Sequence[Item]) -> None:
    """Make a segment of `items` and write in one transaction what has become of them."""
    tenant, upto = lease.job.tenant, items[-1].sequence
    there = [item for item in items if not item.deleted]
    media = media_of(tenant, [item.item_id for item in there])
    rows = item_cells(own_workspace(), tenant, there, media)
    wanted = Wanted(
        bundles_of(tenant) / bundle.version,
        segments_of(tenant),
        rows,
        cells_of([medium for some in media.values() for medium in some]),
        upto,
    )
    done = encode_aside(wanted)
    once_more = sorted({one.cell.item_id for one in done if one.why == ONCE_MORE})
    with transaction.atomic():
        first = next_sequences(tenant, 1 + len(once_more))
        with lease.writing():
            write_media(tenant, done)
            for number, item_id in enumerate(once_more, start=first + 1):
                Item.objects.of(tenant).filter(item_id=item_id).update(sequence=number)
            Bundle.objects.of(tenant).filter(pk=bundle.pk).update(encoded_sequence=upto)
    bundle.encoded_sequence = upto


def _reach_the_last(lease: Lease, bundle: Bundle) -> None:
    """Say that the bundle has all changes, unless one has come meanwhile."""
    tenant = lease.job.tenant
    with transaction.atomic():
        last = next_sequences(tenant, 1)
        with lease.writing():
            if not Item.objects.of(tenant).filter(sequence__gt=bundle.encoded_sequence).exists():
                Bundle.objects.of(tenant).filter(pk=bundle.pk).update(encoded_sequence=last)
                bundle.encoded_sequence = last


def cells_of(media: Sequence[Media]) -> list[Cell]:
    """Return which of `media` features can be made of."""
    return [Cell(row.item_id, row.column, row.sha256) for row in media if is_usable(row)]


def write_media(tenant: Tenant, done: Sequence[Encoded]) -> None:
    """Write what has become of media; nothing where an item has another one by now. In a transaction."""
    for one in done:
        rows = Media.objects.of(tenant).filter(
            item_id=one.cell.item_id, column=one.cell.column, sha256=one.cell.sha256
        )
        rows.update(status=one.status, why=one.why, encoder=one.encoder, updated=timezone.now())
