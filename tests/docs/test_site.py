"""`make docs` builds the site without a warning; it loads nothing from elsewhere, no link is dead."""

import os
import re
import subprocess
import sys
from html.parser import HTMLParser
from pathlib import Path
from types import ModuleType
from urllib.parse import unquote, urlsplit

import pytest

import sensorium

pytest.importorskip("mkdocs", reason="make docs installs mkdocs")
pytestmark = pytest.mark.slow

ROOT = Path(__file__).resolve().parents[2]
LOADS = {"script": "src", "img": "src", "link": "href", "iframe": "src", "source": "src", "use": "href"}
"""Tag -> the attribute that makes a browser load something."""
ADDRESS = re.compile(r"url\(\s*['\"]?(https?://[^)]*)|@import\s+['\"](https?://[^'\"]*)")


class Page(HTMLParser):
    """What a page loads, where it leads, and which places in it can be led to."""

    def __init__(self, file: Path) -> None:
        super().__init__()
        self.loads: list[str] = []
        self.links: list[str] = []
        self.places: set[str] = set()
        self.feed(file.read_text(encoding="utf-8"))

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = {name: value or "" for name, value in attrs}
        self.places |= {given[name] for name in ("id", "name") if name in given}
        if LOADS.get(tag) in given and given.get("rel") != "canonical":
            self.loads.append(given[LOADS[tag]])
        if tag == "a" and "href" in given:
            self.links.append(given["href"])


@pytest.fixture(scope="module")
def site(tmp_path_factory) -> Path:
    folder = tmp_path_factory.mktemp("site")
    command = [sys.executable, "-m", "mkdocs", "build", "--strict", "--site-dir", str(folder)]
    environment = os.environ | {"NO_MKDOCS_2_WARNING": "1"}
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, env=environment)
    assert done.returncode == 0, done.stderr[-3000:]
    return folder


@pytest.fixture(scope="module")
def pages(site) -> dict[Path, Page]:
    return {file: Page(file) for file in sorted(site.rglob("*.html"))}


def test_every_page_of_the_docs_is_on_the_site(site, pages):
    sources = [page.relative_to(ROOT / "docs") for page in (ROOT / "docs").rglob("*.md")]
    assert {site / page.with_suffix(".html") for page in sources} <= set(pages)
    for name in ("contributing", "changelog", "security"):
        assert site / f"{name}.html" in pages


def test_no_page_loads_anything_from_elsewhere(site, pages):
    loads = {str(file.relative_to(site)): page.loads for file, page in pages.items()}
    outside = {
        name: [at for at in found if urlsplit(at).scheme in ("http", "https")]
        for name, found in loads.items()
    }
    assert not {name: found for name, found in outside.items() if found}
    for sheet in site.rglob("*.css"):
        assert not ADDRESS.findall(sheet.read_text(encoding="utf-8")), sheet.name


def test_every_link_leads_to_a_page_and_a_place_in_it(site, pages):
    broken = []
    for file, page in pages.items():
        for link in page.links + page.loads:
            parts = urlsplit(link)
            if parts.scheme or parts.netloc or file.name == "404.html":
                continue
            target = (file.parent / unquote(parts.path)).resolve() if parts.path else file
            place = unquote(parts.fragment)
            if not target.is_file() or (place and target in pages and place not in pages[target].places):
                broken.append(f"{file.relative_to(site)}: {link}")
    assert not broken


def test_the_reference_holds_every_public_name(pages):
    places = set().union(*(page.places for page in pages.values()))
    modules = {
        name: value for name in sensorium.__all__ if isinstance(value := getattr(sensorium, name), ModuleType)
    }
    names = [
        f"sensorium.{name}" for name in sensorium.__all__ if name not in modules and name != "__version__"
    ]
    names += [f"sensorium.{module}.{name}" for module, value in modules.items() for name in value.__all__]
    assert not [name for name in names if name not in places]


def test_the_layers_are_drawn_without_a_script(site):
    text = (site / "architecture.html").read_text(encoding="utf-8")
    assert "<b>cli</b>" in text
    assert "mermaid" not in text.partition('class="md-content"')[2]


def test_the_values_of_a_setting_are_told_one_by_one(site):
    text = (site / "reference" / "models.html").read_text(encoding="utf-8")
    assert "<code>'cosine'</code>, <code>'jaccard'</code>" in text
