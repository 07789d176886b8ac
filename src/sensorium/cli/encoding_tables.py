"""What a run of the encoders did, as tables."""

from rich.table import Table

from sensorium.cli.console import styled
from sensorium.encoders.report import EncodeResult
from sensorium.insight.words import ENGLISH_WORDS, Words

MIN_WIDTH = 19
"""Columns on a terminal for the name of an encoder; the longest built-in one has as many letters."""
MAX_SHOWN = 20
"""More failures than this are counted, not listed."""


def encoding_table(result: EncodeResult, words: Words = ENGLISH_WORDS) -> Table:
    """Return one row for each block."""
    table = Table(box=None, padding=(0, 2, 0, 0), pad_edge=False)
    table.add_column(words("block"), header_style="bold", overflow="fold")
    table.add_column(words("encoder"), header_style="bold", overflow="fold", min_width=MIN_WIDTH)
    for head in ("columns", "encoded", "reused", "missing", "failed"):
        table.add_column(words(head), justify="right", header_style="bold")
    for name, counts in result.report.blocks.items():
        numbers = [f"{n:,}" for n in (counts.encoded, counts.reused, counts.missing)]
        failed = styled(f"{counts.failed:,}", "red") if counts.failed else "0"
        table.add_row(
            name,
            result.encoders[name].title,
            str(result.blocks[name].dimension),
            *numbers,
            failed,
        )
    return table


def failures_table(result: EncodeResult, words: Words = ENGLISH_WORDS) -> Table:
    """Return the media that could not be encoded, and why."""
    failures = result.report.failures
    shown = words(" (the first {n} of {total:,})", n=MAX_SHOWN, total=len(failures))
    more = shown if len(failures) > MAX_SHOWN else ""
    table = Table(
        title=f"\n{words('Could not be encoded')}{more}", title_justify="left", box=None, padding=(0, 2, 0, 0)
    )
    for head in ("item", "block", "file", "reason"):
        table.add_column(words(head), header_style="bold", overflow="fold")
    for failure in failures[:MAX_SHOWN]:
        table.add_row(failure.item_id, failure.block, failure.location, failure.reason)
    return table
