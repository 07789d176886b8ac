"""The client: what the service's routes do, as methods with the nouns of the library."""

import uuid
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from itertools import islice
from pathlib import Path
from types import TracebackType
from typing import Any, Literal, Self, TypeAlias

from sensorium.client.answers import Answers
from sensorium.client.connection import NO_PARAMETERS, Connection, path_of
from sensorium.client.nouns import Event, Item, Medium, Outcomes, User
from sensorium.client.operation import Operation

ROWS_AT_ONCE = 1_000
Table: TypeAlias = Literal["items", "media", "users", "events"]


class Client(Answers, Operation):
    """A service, asked by a program. Safe to share among threads; close it, or use it as a context.

    Errors are those of the library: `UnknownIdError`, `DataError`, `ConfigError` (the key), `NotReadyError`
    (busy, or not there), each with what, where and remedy as the service says them; the problem itself, with
    its `code`, is the error's `__cause__`.

    Parameters
    ----------
    address
        Where the service is, such as `http://127.0.0.1:8000`.
    key
        As `sensorium serve` prints it.
    timeout_s
        How long one answer may take.
    """

    def __init__(self, address: str, key: str, *, timeout_s: float = 30.0) -> None:
        self._service = Connection(address, key, timeout_s=timeout_s)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """Close connections."""
        self._service.close()

    def ask(
        self, method: str, path: str, body: Any = None, parameters: Mapping[str, Any] = NO_PARAMETERS
    ) -> Any:
        """Return what any route of the service's document answers, as JSON; None if that is nothing.

        `path` begins with /api, and `parameters` are those after the question mark, without those of None.
        """
        answer = self._service.ask(method, path, body, parameters=parameters)
        return answer.json() if answer.content else None

    def put_items(self, items: Iterable[Item]) -> Outcomes:
        """Add items, or replace those of the same ids, as many as you want."""
        rows = (row.model_dump(include={"id", "attributes", "hidden"}) for row in items)
        return self._send("items", rows, ("created", "updated", "unchanged", "superseded"))

    def item(self, item_id: str) -> Item:
        """Return an item."""
        return Item.model_validate(self.ask("GET", path_of("items", item_id)))

    def items(self, *, q: str | None = None, category: str | None = None) -> Iterator[Item]:
        """Yield items in the order in which they were added: all, or those with the words or the label."""
        for row in self._pages(path_of("items"), "items", q=q, category=category):
            yield Item.model_validate(row)

    def change_item(
        self, item_id: str, attributes: Mapping[str, Any] | None = None, *, hidden: bool | None = None
    ) -> Item:
        """Change some attributes (None takes one out), or whether the item is hidden; return it."""
        said: dict[str, Any] = {"attributes": dict(attributes or {}), "hidden": hidden}
        return Item.model_validate(self.ask("PATCH", path_of("items", item_id), said))

    def delete_item(self, item_id: str) -> None:
        """Delete an item and its media."""
        self._service.ask("DELETE", path_of("items", item_id))

    def put_medium(self, item_id: str, column: str, medium: bytes | Path, media_type: str) -> Medium:
        """Let an item have a picture, a sound or a clip in `column`; `media_type` such as `image/jpeg`."""
        content = medium if isinstance(medium, bytes) else medium.read_bytes()
        path, headers = path_of("items", item_id, "media", column), {"Content-Type": media_type}
        return Medium.model_validate(self._service.ask("PUT", path, content, headers=headers).json())

    def medium(self, item_id: str, column: str) -> bytes:
        """Return the bytes of a medium."""
        return self._service.ask("GET", path_of("items", item_id, "media", column)).content

    def send_events(self, events: Iterable[Event]) -> Outcomes:
        """Store events, as many as you want; each counts once, also when it has to be sent again."""
        rows = ({"event_id": uuid.uuid4().hex, **event.model_dump(exclude_none=True)} for event in events)
        return self._send("events", rows, ("stored", "repeated"))

    def user(self, user_id: str) -> User:
        """Return what is known of a user beside events."""
        return User.model_validate(self.ask("GET", path_of("users", user_id)))

    def users(self) -> Iterator[User]:
        """Yield users, in the order in which they were first heard of."""
        for row in self._pages(path_of("users"), "users"):
            yield User.model_validate(row)

    def put_user(self, user: User) -> User:
        """Let a user have these attributes and follow these users."""
        said = user.model_dump(include={"attributes", "follows"})
        return User.model_validate(self.ask("PUT", path_of("users", user.id), said))

    def user_events(self, user_id: str) -> Iterator[Event]:
        """Yield a user's events, the latest received first."""
        for row in self._pages(path_of("users", user_id, "events"), "events"):
            yield Event.model_validate(row)

    def merge_users(self, guest: str, *, into: str) -> User:
        """Let a guest become a member, who gets all events; return the member."""
        headers = {"Idempotency-Key": uuid.uuid4().hex}
        path = path_of("users", guest, "merge")
        return User.model_validate(
            self._service.ask("POST", path, {"into": into}, headers=headers).json()["user"]
        )

    def forget_user(self, user_id: str) -> int:
        """Remove all that is known of a user; return how many events that were."""
        return int(self.ask("DELETE", path_of("users", user_id))["events"])

    def export(self, table: Table) -> Iterator[dict[str, Any]]:
        """Yield the rows of a table as they come; memory does not grow with them."""
        return self._service.lines(path_of("export", table))

    def _send(self, table: str, rows: Iterator[dict[str, Any]], names: Iterable[str]) -> Outcomes:
        counts: Counter[str] = Counter(dict.fromkeys(names, 0))
        failed: dict[int, str] = {}
        unknown: dict[str, None] = {}
        sent = 0
        while some := list(islice(rows, ROWS_AT_ONCE)):
            answer = self.ask("POST", path_of(table), some)
            counts.update({name: answer[name] for name in counts})
            for row in answer["rows"]:
                if row["errors"]:
                    first = row["errors"][0]
                    failed[sent + row["index"]] = f"{first['where']}: {first['detail']}"
            unknown.update(dict.fromkeys(answer.get("unknown_items", ())))
            sent += len(some)
        return Outcomes(counts=dict(counts), failed=failed, unknown_items=list(unknown))

    def _pages(self, path: str, name: str, **parameters: Any) -> Iterator[dict[str, Any]]:
        cursor: str | None = None
        while True:
            page = self.ask("GET", path, parameters={**parameters, "cursor": cursor})
            yield from page[name]
            cursor = page["next_cursor"]
            if cursor is None:
                return
