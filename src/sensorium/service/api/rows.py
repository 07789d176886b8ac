"""Many rows in one request: each is taken or refused by itself."""

from collections.abc import Sequence
from typing import Any, Generic, TypeVar

from pydantic import BaseModel, ValidationError

from sensorium.service.api.problems import Detail, Problem, details_of

MOST_ROWS = 1_000
ROWS_OF = "x-rows-of"
Row = TypeVar("Row", bound=BaseModel)


class Rows(Generic[Row]):
    """The rows of a request, those that can be used apart from those that cannot.

    Parameters
    ----------
    body
        One row, or a list of rows, as JSON.
    model
        What a row must be.

    Raises
    ------
    Problem
        If it is neither, if there are too many, or if the only row, which came alone, cannot be used.
    """

    def __init__(self, body: Any, model: type[Row]) -> None:
        if not isinstance(body, dict | list):
            raise Problem("invalid", "the body is neither a row nor a list of rows", where="body")
        self.is_single = isinstance(body, dict)
        rows: Sequence[Any] = [body] if isinstance(body, dict) else body
        if len(rows) > MOST_ROWS:
            what = f"there are {len(rows):,} rows; {MOST_ROWS:,} are taken at once"
            raise Problem("invalid", what, where="body", remedy="Send them in several requests")
        self.n = len(rows)
        self.good: dict[int, Row] = {}
        """Place of a row -> the row."""
        self.bad: dict[int, list[Detail]] = {}
        """Place of a row -> what is wrong with it."""
        for index, row in enumerate(rows):
            try:
                self.good[index] = model.model_validate(row)
            except ValidationError as error:
                self.bad[index] = details_of(error.errors(include_url=False, include_context=False))
        if self.is_single and self.bad:
            (found,) = self.bad.values()
            raise Problem("invalid", found[0]["detail"], where=found[0]["where"], errors=found)


def one_or_many(model: str) -> dict[str, Any]:
    """Return what stands for the schema of a body of rows until `described` has all schemas beside it."""
    return {ROWS_OF: model}


def described(schema: dict[str, Any]) -> dict[str, Any]:
    """Return the JSON schema of a body; in a list, a row that is not as its schema says fails alone."""
    if ROWS_OF not in schema:
        return schema
    row = {"$ref": f"#/components/schemas/{schema[ROWS_OF]}"}
    any_row = {"description": "Anything else is answered as a row that failed."}
    return {"anyOf": [row, {"type": "array", "maxItems": MOST_ROWS, "items": {"anyOf": [row, any_row]}}]}
