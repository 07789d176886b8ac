"""What the constructor of a component shows: settings as keywords, with types, defaults and docstrings."""

import inspect
from functools import reduce
from operator import or_
from types import UnionType
from typing import Annotated, Any, Literal, Union, get_args, get_origin

from pydantic.fields import FieldInfo

from sensorium.core.config import Config


def settings_signature(config_type: type[Config]) -> inspect.Signature:
    """Return a signature with one keyword for each setting; one without a default has to be given."""
    return inspect.Signature(
        [
            inspect.Parameter(
                name,
                inspect.Parameter.KEYWORD_ONLY,
                default=_default(field),
                annotation=_bare(field.annotation),
            )
            for name, field in config_type.model_fields.items()
        ]
    )


def described_settings(doc: str, config_type: type[Config]) -> str:
    """Return a class docstring with the settings beneath, each with its type, default and docstring."""
    lines = [inspect.cleandoc(doc)]
    if config_type.model_fields:
        lines += ["", "Parameters", "----------"]
    for name, field in config_type.model_fields.items():
        default = _default(field)
        given = "" if default is inspect.Parameter.empty else f", default {default!r}"
        lines.append(f"{name} : {inspect.formatannotation(_bare(field.annotation))}{given}")
        lines += [f"    {line}" for line in inspect.cleandoc(field.description or "").splitlines()]
    return "\n".join(lines)


def _bare(annotation: Any) -> Any:
    """Return a type without the bounds that it is annotated with: `float | None` for any `Optional`."""
    origin, inner = get_origin(annotation), get_args(annotation)
    if origin is Annotated:
        return _bare(inner[0])
    if origin in (Union, UnionType):
        return reduce(or_, (_bare(one) for one in inner))
    return origin[tuple(_bare(one) for one in inner)] if inner and origin is not Literal else annotation


def _default(field: FieldInfo) -> Any:
    if field.is_required():
        return inspect.Parameter.empty
    return field.get_default(call_default_factory=True)
