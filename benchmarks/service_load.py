"""Load on a service: threads that write and ask, and remember what was acknowledged."""

import hashlib
import threading
import time
from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from http.client import HTTPException
from typing import Any, TypeAlias

import numpy as np

from service_world import KINDS, MODEL, PNG, Connection, Serving, made_picture

EVENTS_AT_ONCE = 5
PAUSE_S = 0.05
"""Between two requests that bring work for the workers."""
DOWN = (503,)
"""What may be answered while the database is away."""
Work: TypeAlias = Callable[[Connection, np.random.Generator], None]
"""What a thread does again and again."""


@dataclass
class Load:
    """What was sent and acknowledged; a request is sent again until it is, as a client would."""

    shop: Serving
    events: list[str] = field(default_factory=list)
    """The ids of events that were acknowledged."""
    items: dict[str, str] = field(default_factory=dict)
    """Item -> its title."""
    media: dict[str, str] = field(default_factory=dict)
    """Item -> the hash of its picture."""
    statuses: Counter[str] = field(default_factory=Counter[str])
    """How often each status was answered, and each kind of broken connection."""
    faults: list[str] = field(default_factory=list)
    """Answers that should never be."""
    fit_body: Mapping[str, Any] = field(default_factory=lambda: {"model": MODEL, "seconds": 1})
    """What `fit` asks for."""
    seed: int = 0
    """Another one makes other items, events and pictures."""
    _stop: threading.Event = field(default_factory=threading.Event)
    _threads: list[threading.Thread] = field(default_factory=list)

    def start(self, *works: Work) -> None:
        """Let each of `works` be done again and again, in a thread and by a connection of its own."""
        for seed, work in enumerate(works):
            thread = threading.Thread(target=self._repeat, args=(seed, work))
            self._threads.append(thread)
            thread.start()

    def stop(self) -> None:
        """Let what is being sent be acknowledged, and end."""
        self._stop.set()
        for thread in self._threads:
            thread.join()

    def _repeat(self, seed: int, work: Work) -> None:
        asking, rng = Connection(self.shop.port, self.shop.key), np.random.default_rng([self.seed, seed])
        try:
            while not self._stop.is_set():
                work(asking, rng)
        except BaseException as error:
            self.faults.append(repr(error))
            raise
        finally:
            asking.close()

    def until_taken(self, asking: Connection, method: str, path: str, body: Any, media_type: str = "") -> Any:
        """Send until it is acknowledged, and return what was said."""
        while True:
            try:
                status, said = asking.ask(method, path, body, media_type)
            except (OSError, HTTPException) as error:
                self.statuses[type(error).__name__] += 1
                time.sleep(PAUSE_S)
                continue
            self.statuses[str(status)] += 1
            if status < 300:
                return said
            if status not in DOWN:
                self.faults.append(f"{method} {path}: {status} {said}")
                return None
            time.sleep(PAUSE_S)

    def send_events(self, asking: Connection, rng: np.random.Generator) -> None:
        """Send a lot of events of some users."""
        rows = [
            {
                "event_id": f"{rng.integers(1 << 60)}",
                "user_id": f"load-{rng.integers(40)}",
                "item_id": f"i{rng.integers(60)}",
            }
            for _ in range(EVENTS_AT_ONCE)
        ]
        if self.until_taken(asking, "POST", "/api/events", rows) is not None:
            self.events.extend(str(row["event_id"]) for row in rows)

    def add_item(self, asking: Connection, rng: np.random.Generator) -> None:
        """Add an item, and then its picture."""
        name = f"new-{rng.integers(1 << 60)}"
        kind = KINDS[rng.integers(len(KINDS))]
        row = {"id": name, "attributes": {"title": f"{kind} that came late", "kind": kind}}
        if self.until_taken(asking, "POST", "/api/items", row) is not None:
            self.items[name] = row["attributes"]["title"]
        picture = made_picture(int(rng.integers(1 << 30)))
        if self.until_taken(asking, "PUT", f"/api/items/{name}/media/picture", picture, PNG) is not None:
            self.media[name] = hashlib.sha256(picture).hexdigest()
        self._stop.wait(4 * PAUSE_S)

    def ask(self, asking: Connection, rng: np.random.Generator) -> None:
        """Ask for recommendations."""
        self.until_taken(asking, "POST", "/api/recommend", {"user_id": f"load-{rng.integers(40)}", "k": 5})
        self._stop.wait(PAUSE_S)

    def fit(self, asking: Connection, _: np.random.Generator) -> None:
        """Let a model be fitted, and wait for it."""
        job = self.until_taken(asking, "POST", "/api/fit", dict(self.fit_body))
        while job is not None and job["state"] in ("waiting", "running") and not self._stop.is_set():
            self._stop.wait(0.5)
            job = self.until_taken(asking, "GET", f"/api/jobs/{job['id']}", None)
