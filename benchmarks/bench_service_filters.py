"""Filters and feeds of the service against brute force, over HTTP as it is in one process.

    python benchmarks/bench_service_filters.py [--queries 10000] [--users 100] [--pages 20] [--items 900]

A made workspace is fitted by `auto` and served. Random questions with conditions, `allow`, `deny` and `seen`
must be answered with what is left of the user's whole order, in order. Then each user goes through the pages
of a feed, with events between them: nothing may come again, and nothing that was met meanwhile may come.
Fails if any of this does not hold. The database is SQLite, or what DATABASE_URL names, which must be empty.
"""

import argparse
import json
import tempfile
import time
from pathlib import Path
from typing import Any

from real_data import write_result
from sensorium.core.progress import SILENT
from sensorium.service import configure
from sensorium.workspace.commands import fit_workspace
from sensorium.workspace.workspace import Workspace
from service_questions import Ask, compare_filters, make_world, walk_feeds


def served(folder: Path, seconds: float) -> Ask:
    """Fit the workspace in `folder` and return what asks its service, in this process."""
    configure(folder)
    from django.core.wsgi import get_wsgi_application
    from werkzeug.test import Client

    from sensorium.service.engine.first_bundle import take_over_bundle
    from sensorium.service.running.first_start import default_tenant, first_credentials, migrate
    from sensorium.service.running.workspace_import import import_workspace

    migrate()
    credentials = first_credentials()
    if credentials is None:
        raise SystemExit("the database is not empty")
    workspace = Workspace.open(folder)
    import_workspace(default_tenant(), workspace, SILENT)
    fit_workspace(workspace, seconds=seconds)
    take_over_bundle(default_tenant(), workspace)
    web, headers = Client(get_wsgi_application()), {"Authorization": f"Bearer {credentials.key}"}

    def ask(path: str, body: Any) -> Any:
        response = web.post(path, json=body, headers=headers)
        if response.status_code >= 300:
            raise ValueError(f"{response.status_code}: {response.get_data(as_text=True)}")
        return json.loads(response.get_data())

    return ask


def main() -> None:
    """Ask, compare, and write how many questions there were and what one took."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--queries", type=int, default=10_000)
    parser.add_argument("--users", type=int, default=100)
    parser.add_argument("--pages", type=int, default=20)
    parser.add_argument("--items", type=int, default=900, help="1,000 at most: all are asked for at once")
    parser.add_argument("--seconds", type=float, default=30.0, help="of the fit")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as place:
        world = make_world(Path(place), options.items, max(options.users, 200))
        ask = served(Path(place), options.seconds)
        begun_s = time.perf_counter()
        n_shown = compare_filters(ask, world, options.queries)
        asked_s = time.perf_counter() - begun_s
        n_items = walk_feeds(ask, world, options.users, options.pages, 10)
    found: dict[str, object] = {
        "queries": options.queries,
        "queries_with_items": n_shown,
        "ms_a_query": round(1000 * asked_s / options.queries, 1),
        "feeds": options.users,
        "pages": options.pages,
        "items_shown_once": n_items,
    }
    print(json.dumps(found, indent=2))
    write_result("service_filters", found)


if __name__ == "__main__":
    main()
