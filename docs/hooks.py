"""What the site needs beyond the pages: outer files as pages, links out of the folder, the drawn layers."""

import re
from html import escape
from pathlib import Path
from typing import Any

from mkdocs.structure.files import File, Files

ROOT = Path(__file__).resolve().parent.parent
OUTER = {
    name: f"{name.removesuffix('.md').lower()}.md"
    for name in ("CONTRIBUTING.md", "CHANGELOG.md", "SECURITY.md")
}
"""File beside the folder of the docs -> the page that it becomes."""
LINK = re.compile(r"(!?)\[([^\]]*)\]\(([^)\s]+)\)")
DRAWING = re.compile(r"^```mermaid\n(.*?)^```$", re.MULTILINE | re.DOTALL)
GROUP, LAYER = re.compile(r"subgraph \w+ \[(.+)\]"), re.compile(r"(\w+)\[\"(\w+): (.+?)\"\]")


def on_files(files: Files, config: Any) -> Files:
    """Add the files beside the folder as pages."""
    for name, page in OUTER.items():
        text = LINK.sub(_from_the_folder, (ROOT / name).read_text(encoding="utf-8"))
        files.append(File.generated(config, page, content=text))
    return files


def on_page_markdown(markdown: str, page: Any, **_: Any) -> str:
    """Return the page with links that stay on the site, and its drawing as HTML."""
    if page.file.src_uri not in OUTER.values():
        markdown = LINK.sub(_on_the_site, markdown)
    return DRAWING.sub(lambda found: _drawn(found[1]), markdown)


def _from_the_folder(link: re.Match[str]) -> str:
    """Return a link of an outer file as one of a page in the folder."""
    mark, text, target = link.groups()
    path, at, place = target.partition("#")
    if path.startswith("http"):
        return link[0]
    if path in OUTER:
        return f"{mark}[{text}]({OUTER[path]}{at}{place})"
    inside = path.removeprefix("docs/")
    leads = inside != path and (ROOT / path).is_file()
    return f"{mark}[{text}]({inside}{at}{place})" if leads else f"{mark}{text}"


def _on_the_site(link: re.Match[str]) -> str:
    """Return a link as it is, to an outer page, or as bare text where it leads out of the folder."""
    mark, text, target = link.groups()
    path = target.partition("#")[0]
    if not path.startswith("../") or path.startswith(("../decisions", "../assets", "../images")):
        return link[0]
    outer = OUTER.get(path.removeprefix("../"))
    if outer is None and (ROOT / "docs" / path.removeprefix("../")).is_file():
        return link[0]
    return text if outer is None else f"{mark}[{text}]({outer})"


def _drawn(chart: str) -> str:
    """Return a chart of layers, drawn from the bottom to the top, as HTML from the top to the bottom."""
    groups: list[tuple[str, list[str]]] = []
    for line in chart.splitlines():
        if title := GROUP.search(line):
            groups.append((title[1], []))
        for _, layer, what in LAYER.findall(line):
            groups[-1][1].append(f"<li><b>{layer}</b> {escape(what)}</li>")
    shown = (
        f"<section><p>{escape(title)}</p><ul>{''.join(reversed(layers))}</ul></section>"
        for title, layers in reversed(groups)
    )
    return f'<div class="layers">{"".join(shown)}</div>'
