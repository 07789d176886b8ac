"""The API with all its routes, and its OpenAPI 3.1 document."""

from collections.abc import Mapping
from typing import Any

from ninja import NinjaAPI
from pydantic import BaseModel
from pydantic.json_schema import models_json_schema

from sensorium import __version__
from sensorium.service.api import (
    accounts,
    answers,
    batch,
    bundles,
    events,
    items,
    jobs,
    keys,
    media,
    operation,
    previews,
    users,
)
from sensorium.service.api.error_pages import answer_errors
from sensorium.service.api.events import EventInput
from sensorium.service.api.fields import Output
from sensorium.service.api.item_rows import ItemInput
from sensorium.service.api.parsing import JsonParser
from sensorium.service.api.problems import MEDIA_TYPE, Detail
from sensorium.service.api.rows import described as rows_described
from sensorium.service.moving import routes as moving

ABOUT = """Items, events, users and recommendations of a Sensorium workspace.

Ids are any text; in a path they are percent-encoded, a slash as `%2F`. Every error is a problem (RFC 9457)
with a stable `code`, and with what is wrong, where, and what to do about it; `/api/problems` lists the codes.
Lists give a `next_cursor`, which is null on the last page.

Programs send a key, `Authorization: Bearer sn_...`; people sign in. Somebody who belongs to all tenants
names one with the header `Sensorium-Tenant`; else it is `default`.
"""
REF = "#/components/schemas/{model}"
PROBLEM: Mapping[str, Any] = {
    "description": "Anything that went wrong.",
    "content": {MEDIA_TYPE: {"schema": {"$ref": REF.format(model="ProblemOutput")}}},
}
SESSION: Mapping[str, str] = {"type": "apiKey", "in": "cookie", "name": "sessionid"}


class ProblemOutput(Output):
    """What every error is answered with (RFC 9457)."""

    type: str
    """Where the meaning of `code` can be read."""
    title: str
    status: int
    detail: str
    """What is wrong, this time."""
    code: str
    """Stable; programs decide by it."""
    where: str | None
    """The parameter, field or row that it concerns."""
    remedy: str
    """What to do about it."""
    errors: list[Detail]
    """Each single thing that is wrong, if there may be several."""
    request_id: str
    """By which the service's log can be searched."""


class ServiceApi(NinjaAPI):
    """The API; its document says that every route may answer with a problem."""

    def get_openapi_schema(self, *, path_prefix: str | None = None, path_params: Any = None) -> Any:
        """Return the OpenAPI document."""
        document = super().get_openapi_schema(path_prefix=path_prefix, path_params=path_params)
        for path in document["paths"].values():
            for described in path.values():
                described["responses"]["default"] = dict(PROBLEM)
                for content in described.get("requestBody", {}).get("content", {}).values():
                    content["schema"] = rows_described(content["schema"])
                if "security" in described:
                    described["security"] = [*described["security"], {"Session": []}]
        components = document["components"]
        components["schemas"].update(_schemas([ItemInput, EventInput], "validation"))
        components["schemas"].update(_schemas([ProblemOutput], "serialization"))
        components["securitySchemes"]["Session"] = dict(SESSION)
        return document


def _schemas(models: list[type[BaseModel]], mode: Any) -> dict[str, Any]:
    """Return the schemas of models that no route names by itself."""
    _, found = models_json_schema([(model, mode) for model in models], ref_template=REF)
    return found["$defs"]


api = ServiceApi(title="Sensorium", version=__version__, description=ABOUT, parser=JsonParser())
for tag in (
    items,
    media,
    previews,
    events,
    users,
    answers,
    batch,
    bundles,
    moving,
    jobs,
    keys,
    accounts,
    operation,
):
    api.add_router("", tag.router)
answer_errors(api)
