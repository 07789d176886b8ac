"""The names of metrics as people write them: `ndcg@10`, `coverage@20`, `diversity@10:image:poster`."""

import difflib
import re
from collections.abc import Collection, Iterable
from typing import NamedTuple

from sensorium.core.arguments import as_texts
from sensorium.core.errors import ConfigError
from sensorium.metrics.ranking import METRICS

OF_LISTS = ("coverage", "gini", "popularity", "novelty", "self_information", "unseen_share", "disliked_share")
"""What all lists together are measured by; see `beyond_accuracy`."""
OF_BLOCKS = "diversity"
"""The distance of the items in a list; named with the feature block, `diversity@10:image:poster`."""
OF_CATEGORIES = "category_diversity"
"""The kinds of items in a list; named with the column, `category_diversity@10:genres`."""
_FORM = re.compile(r"(?P<base>\w+)@(?P<k>[1-9]\d*)(?::(?P<of>.+))?")


class MetricName(NamedTuple):
    """A metric, the length of the list, and the block or column that it looks at."""

    base: str
    k: int
    of: str = ""

    def __str__(self) -> str:
        return f"{self.base}@{self.k}{':' + self.of if self.of else ''}"


def parse_metric(name: str, known: Collection[str]) -> MetricName:
    """Return what `name` asks for; `known` are the names that may stand before the `@`.

    Raises
    ------
    ConfigError
        If it is unknown, says no length of list, or names no block or column where one is needed.
    """
    form = _FORM.fullmatch(name)
    base = form["base"] if form else name.partition("@")[0]
    listed = ", ".join(known)
    if base not in known:
        near = difflib.get_close_matches(base, known, n=1)
        meant = f"Did you mean {near[0]}? " if near else ""
        raise ConfigError(
            f"unknown metric {name!r}", where="metrics", remedy=f"{meant}Known are: {listed}, with @k"
        )
    if form is None:
        raise ConfigError(
            f"{name!r} does not say how long the list is", where="metrics", remedy=f"Write {base}@10"
        )
    found = MetricName(base, int(form["k"]), form["of"] or "")
    needs = {OF_BLOCKS: "image:poster", OF_CATEGORIES: "genres"}
    if bool(found.of) != (base in needs):
        meant = f"{base}@{found.k}" + (f":{needs[base]}" if base in needs else "")
        raise ConfigError(f"unknown metric {name!r}", where="metrics", remedy=f"Write for example {meant}")
    return found


def parse_metrics(names: str | Iterable[str], known: Collection[str] = tuple(METRICS)) -> list[MetricName]:
    """Return what each of `names`, one or many, asks for, without repeats; `ConfigError` if there is none."""
    listed = list(dict.fromkeys([names] if isinstance(names, str) else as_texts(names, "metrics")))
    if not listed:
        raise ConfigError("no metric is named", where="metrics", remedy='Name some, such as ["ndcg@10"]')
    return [parse_metric(name, known) for name in listed]
