"""What the site needs beyond the pages: outer files, links out of the folder, layers, names by module."""

import inspect
import re
from html import escape
from importlib import import_module
from pathlib import Path
from typing import Any, Literal, get_args, get_origin

from mkdocs.structure.files import File, Files

ROOT = Path(__file__).resolve().parent.parent
OUTER = {
    name: f"{name.removesuffix('.md').lower()}.md"
    for name in ("CONTRIBUTING.md", "CHANGELOG.md", "SECURITY.md")
}
"""File beside the folder of the docs -> the page that it becomes."""
LINK = re.compile(r"(!?)\[([^\]]*)\]\(([^)\s]+)\)")
DRAWING = re.compile(r"^```mermaid\n(.*?)^```$", re.MULTILINE | re.DOTALL)
EVERY = re.compile(r"^::: every (\w+(?:\.\w+)*)$", re.MULTILINE)
"""Stands for every public name of a module."""
MODULE = re.compile(r"\b(?:\w+\.)+(?=\w)")
"""What stands before the name of a type."""
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
    markdown = EVERY.sub(lambda found: _every_name(found[1]), markdown)
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
            groups[-1][1].append(f"<li><b>{layer}</b> <span>{escape(what)}</span></li>")
    shown = (
        f"<section><p>{escape(title)}</p><ul>{''.join(reversed(layers))}</ul></section>"
        for title, layers in reversed(groups)
    )
    return f'<div class="layers">{"".join(shown)}</div>'


def _every_name(package: str) -> str:
    """Return what stands for every public name of a public module: first what has settings, with these."""
    module = getattr(import_module("sensorium"), package.removeprefix("sensorium."))
    ready, others = [], []
    for name in sorted(module.__all__, key=str.lower):
        found = getattr(module, name)
        if hasattr(found, "config_type") and not inspect.isabstract(found):
            options = "    options: {members: false, inherited_members: false}"
            ready.append(f"::: {package}.{name}\n{options}\n\n{_settings(found)}")
        else:
            others.append(f"::: {package}.{name}")
    if ready:
        others.insert(0, "## What a new one is made of")
        ready.insert(0, "## Built in")
    return "\n\n".join(ready + others)


def _settings(component: Any) -> str:
    """Return the table of the settings of a model or an encoder; empty if it has none."""
    rows = ["| setting | type | default | meaning |", "| --- | --- | --- | --- |"]
    keywords = inspect.signature(component).parameters
    for name, field in component.config_type.model_fields.items():
        default = "" if field.is_required() else f"`{field.get_default(call_default_factory=True)!r}`"
        meaning = " ".join((field.description or "").split())
        rows.append(f"| `{name}` | {_kind(keywords[name].annotation)} | {default} | {meaning} |")
    return "\n".join(rows) if len(rows) > 2 else ""


def _kind(annotation: Any) -> str:
    """Return a type as code, or the values to choose from, each as code: narrow tables break between."""
    if get_origin(annotation) is Literal:
        return ", ".join(f"`{value!r}`" for value in get_args(annotation))
    return f"`{MODULE.sub('', inspect.formatannotation(annotation))}`"
