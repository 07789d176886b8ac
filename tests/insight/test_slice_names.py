"""What the slices of an evaluation hold, in the terminal and on the page."""

import io
from dataclasses import replace

import numpy as np
from rich.console import Console
from tests.insight.cases import result

from sensorium.cli import evaluation_tables
from sensorium.evaluation.result import SliceResult
from sensorium.evaluation.slices import history_slices
from sensorium.insight.slice_names import slice_name
from sensorium.insight.tables import slices_table


def test_every_slice_is_called_the_same_in_the_terminal_and_on_the_page():
    names = ["warm", "cold", *history_slices(np.zeros(1))]
    part = SliceResult(9, 9, {"ndcg@20": 0.3})
    found = replace(result("fusion", np.linspace(0.1, 0.5, 9)), slices=dict.fromkeys(names, part))
    shown = io.StringIO()
    Console(width=160, file=shown).print(evaluation_tables.slices_table(found, "ndcg@20"))
    on_the_page = [row.name for row in slices_table({"fusion": found}, "ndcg@20").rows]
    assert on_the_page == [slice_name(name) for name in names]
    assert all(said in shown.getvalue() for said in on_the_page)
    assert "users with 6 to 20 items in their history" in on_the_page
    assert "users with 101+ items in their history" in on_the_page
    assert not set(names) & set(on_the_page)
