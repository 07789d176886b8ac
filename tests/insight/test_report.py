import dataclasses
import re
from html.parser import HTMLParser
from pathlib import Path

import numpy as np
import pytest
from tests.insight.cases import result

from sensorium.core.errors import DataError
from sensorium.core.item_list import Reason
from sensorium.core.source_kind import SourceKind
from sensorium.insight.figures import NARROW_INCHES
from sensorium.insight.report import initials, moment, render_report, safe_picture, write_report
from sensorium.insight.report_data import (
    Example,
    Failure,
    MediaFacts,
    RecommendedItem,
    ReportData,
    ReportItem,
)
from sensorium.insight.tables import numbers_table
from sensorium.insight.thumbnails import thumbnail

VALUES = np.linspace(0.3, 0.7, 30)
HOSTILE = "<script>alert('$x$')</script>\"><img src=x onerror=alert(1)> {{ 7 * 7 }}"
VOID = {"meta", "img", "br", "path", "use", "link"}


class Page(HTMLParser):
    """Reads a page strictly: tags, attributes and text; complains about tags that do not close."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.words: list[str] = []
        self.open: list[str] = []
        self.feed(html)
        assert not self.open

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))
        if tag not in VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))

    def handle_endtag(self, tag: str) -> None:
        if tag not in VOID:
            assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        if self.open[-1:] != ["style"]:
            self.words.append(data)

    @property
    def text(self) -> str:
        return " ".join(" ".join(self.words).split())


def full(title: str = "shop", picture: str | None = None) -> ReportData:
    item = ReportItem("i1", title, picture, title)
    fusion, other = result("fusion", VALUES), result("other", VALUES - 0.1)
    reasons = (
        Reason("ease", SourceKind.BEHAVIOUR, 0.6, "i1"),
        Reason("image:poster", SourceKind.IMAGE, 0.3, "i2"),
        Reason("baseline", SourceKind.BASELINE, -0.2),
    )
    return ReportData(
        title=title,
        result=fusion,
        baselines={"popularity": other},
        members={"popularity": other, "ease": other, "image:poster": other, title: other},
        without={"image": other, "text": fusion},
        kinds={
            "popularity": SourceKind.POPULARITY,
            "ease": SourceKind.BEHAVIOUR,
            "image:poster": SourceKind.IMAGE,
        },
        weights={"ease": 2.0, "image:poster": 1.0, title: 1.0},
        cold_weights={"image:poster": 1.0},
        popularity=np.arange(50)[::-1].copy(),
        examples=[
            Example(
                title, (item,), (RecommendedItem(item, 1.5, reasons, chosen=True, path="fusion"),), title
            ),
            Example("new", (), (RecommendedItem(ReportItem("i3"), 0.5),)),
        ],
        titles={"i2": title},
        choices={title: title},
        facts={"users": 943, "fit seconds": 12.345, title: title},
        media=[MediaFacts("image:poster", 10, 3, 2)],
        failures=[Failure("i9", title, "truncated JPEG")],
    )


def test_the_page_says_what_was_found() -> None:
    text = Page(render_report(full())).text
    assert "Fusion beats popularity and the best single source." in text
    assert "Better than popularity by +0.100 [0.100, 0.100] NDCG@20, paired over 30 users." in text
    assert "Leaving out image lowers NDCG@20 by 0.100" in text
    assert "Leaving out text makes no significant difference" in text
    assert "because you chose “shop”, and it looks like “shop”" in text
    assert "1998-03-31" in text
    assert "truncated JPEG" in text
    assert "users with 1 to 5 items in their history" in text
    assert "items without training events" not in text, "nobody looked for any"


def test_the_page_asks_the_network_for_nothing() -> None:
    picture = thumbnail(np.zeros((40, 30, 3), dtype=np.uint8))
    html = render_report(full(picture=picture))
    assert not re.search(r"https?:|//[a-z]|@import|url\((?!#)", html)
    for tag, attributes in Page(html).tags:
        assert tag not in ("script", "link", "iframe", "object", "embed", "base", "form")
        for name in ("src", "href", "xlink:href", "srcset", "poster", "action"):
            assert (attributes.get(name) or "#").startswith(("#", "data:image/"))
        assert not any(name.startswith("on") for name in attributes)


def test_hostile_titles_are_shown_and_do_nothing() -> None:
    page = Page(render_report(full(title=HOSTILE)))
    assert not any(tag == "script" for tag, _ in page.tags)
    assert not any(tag == "img" for tag, _ in page.tags)
    assert "<script>alert('$x$')</script>" in page.text
    assert "{{ 7 * 7 }}" in page.text


def test_titles_in_any_script_are_shown() -> None:
    assert "春天的故事" in Page(render_report(full(title="春天的故事"))).text


def test_a_picture_that_would_be_fetched_is_dropped() -> None:
    page = Page(render_report(full(picture="https://example.com/track.gif")))
    assert not any(tag == "img" for tag, _ in page.tags)
    assert safe_picture("javascript:alert(1)") is None


def test_a_missing_picture_leaves_its_initials() -> None:
    assert initials("the Great escape") == "TG"
    assert initials("...") == "?"
    blanks = [
        attributes
        for _, attributes in Page(render_report(full())).tags
        if attributes.get("class") == "picture blank"
    ]
    assert len(blanks) == 3


def test_a_page_needs_no_more_than_a_result() -> None:
    page = Page(render_report(ReportData("bare", result("ease", VALUES))))
    assert "there is nothing to compare it with" in page.text
    assert "Real recommendations" not in page.text
    assert "Popular and rare items" not in page.text


def test_one_user_makes_a_page() -> None:
    one = result("fusion", np.array([0.5]))
    data = dataclasses.replace(
        full(), result=one, baselines={"popularity": one}, members={}, without={"text": one}
    )
    assert "1 users" in Page(render_report(data)).text


def test_numbers_that_do_not_exist_are_dashes() -> None:
    text = Page(render_report(full())).text
    assert "–" in text
    assert "nan" not in text.lower().split()


def test_ids_are_unique_on_the_page() -> None:
    ids = [attributes["id"] for _, attributes in Page(render_report(full())).tags if "id" in attributes]
    assert len(ids) == len(set(ids))


def test_the_same_data_give_the_same_file(tmp_path: Path) -> None:
    first, again = (write_report(tmp_path / name, full()).read_bytes() for name in ("a.html", "b.html"))
    assert first == again


def test_an_unknown_metric_is_refused() -> None:
    with pytest.raises(DataError, match="no metric 'ndcg@5'.*recall@20"):
        render_report(dataclasses.replace(full(), metric="ndcg@5"))


def test_timestamps_that_are_no_dates_stay_numbers() -> None:
    assert moment(891382309.0) == "1998-03-31 22:11:49 UTC"
    assert moment(1e18) == "1e+18"


def test_sources_are_listed_from_best_to_worst_below_the_model_and_the_baselines() -> None:
    of = {name: result(name, np.full(9, value)) for name, value in (("a", 0.2), ("b", 0.4), ("c", 0.3))}
    table = numbers_table(result("fusion", np.full(9, 0.5)), {"popularity": of["a"]}, of, {}, "ndcg@20")
    assert [row.name for row in table.rows] == ["fusion", "popularity", "b", "c", "a"]


def test_the_page_opens_with_five_lines_that_one_can_act_upon_then_the_headline() -> None:
    page = render_report(full())
    advised, headline = page.index("What to do next"), page.index("<h1>")
    assert advised < headline
    lines = re.findall(r"<li>(.*?)</li>", page[advised:headline])
    assert len(lines) == 5
    assert any("30 users" in line for line in lines)
    assert "Keep the pictures: without it 0.100 is lost" in " ".join(lines)


def test_the_page_speaks_chinese_throughout() -> None:
    data = dataclasses.replace(full("商店"), language="zh")
    text = Page(render_report(data)).text
    chinese = "下一步做什么", "数字", "因为你选择过《商店》", "如何测量", "测试交互", "前 20 个推荐"
    assert [said for said in chinese if said not in text] == []
    english = "What to do", "The numbers", "because", "users", "interval", "Recommendations", "training"
    assert [said for said in english if said in text] == []
    assert '<html lang="zh">' in render_report(data)


def test_every_plot_is_there_for_wide_and_for_narrow_screens() -> None:
    page = render_report(full())
    assert page.count('<div class="wide"><svg') == page.count('<div class="narrow"><svg') >= 5
    widths = [float(width) for width in re.findall(r'<svg[^>]*viewBox="0 0 ([0-9.]+)', page)]
    assert set(widths[1::2]) == {NARROW_INCHES * 72}
    assert min(widths[::2]) > NARROW_INCHES * 72


def test_a_model_is_listed_once() -> None:
    alone = result("ease", VALUES)
    page = render_report(ReportData("shop", alone, members={"ease": alone}, baselines={"ease": alone}))
    assert page.count("</i>ease</th>") == 1
