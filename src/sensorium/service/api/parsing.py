"""Reading JSON bodies: of the right type, without what JSON does not know."""

import json
from typing import Any, NoReturn

from django.http import HttpRequest
from ninja.parser import Parser

from sensorium.service.api.problems import Problem

JSON_TYPES = ("application/json", "application/merge-patch+json")


class JsonParser(Parser):
    """Refuses other media types, broken JSON, NaN and Infinity, each with its problem."""

    def parse_body(self, request: HttpRequest) -> Any:
        """Return what the body holds."""
        said = (request.content_type or "").lower()
        if said not in JSON_TYPES:
            what = f"the body is {said or 'of no stated type'}, not {JSON_TYPES[0]}"
            raise Problem("wrong-type", what, where="Content-Type", remedy=f"Send {JSON_TYPES[0]}")
        try:
            return json.loads(request.body.decode("utf-8"), parse_constant=_refuse)
        except RecursionError:
            raise Problem("bad-json", "the body is nested too deeply", where="body") from None
        except UnicodeDecodeError:
            raise Problem("bad-json", "the body is not UTF-8", where="body") from None
        except ValueError as error:
            raise Problem("bad-json", f"the body is no JSON: {error}"[:200], where="body") from None


def _refuse(name: str) -> NoReturn:
    raise ValueError(f"{name} is no JSON")
