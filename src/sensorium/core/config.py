"""The base of every configuration: frozen, documented field by field, unknown fields refused."""

import difflib
from typing import Any, Self

from pydantic import BaseModel, ConfigDict, ValidationError

from sensorium.core.errors import ConfigError


class Config(BaseModel):
    """A frozen set of hyperparameters; each field is declared once, with its docstring beneath."""

    model_config = ConfigDict(
        frozen=True, extra="forbid", use_attribute_docstrings=True, validate_default=True
    )

    @classmethod
    def parse(cls, values: dict[str, Any], *, where: str) -> Self:
        """Return a validated configuration; `ConfigError` names the field and `where` it was read.

        A name that nobody knows comes first: where it is misspelt, the right one is missing, too.
        """
        try:
            return cls.model_validate(values)
        except ValidationError as error:
            first = min(error.errors(), key=lambda found: found["type"] != "extra_forbidden")
            field = ".".join(str(part) for part in first["loc"]) or cls.__name__
            remedy = "Add it" if first["type"] == "missing" else None
            what = f"{first['msg'][:1].lower()}{first['msg'][1:]}"
            if first["type"] == "extra_forbidden":
                what = "there is no such setting"
                remedy = _advice(str(first["loc"][-1]), cls._fields_beside(first["loc"]))
            raise ConfigError(f"{field}: {what}", where=where, remedy=remedy) from None

    @classmethod
    def _fields_beside(cls, place: tuple[int | str, ...]) -> list[str]:
        """Return the fields of the innermost configuration that holds the setting at `place`."""
        inner: type[BaseModel] = cls
        for part in place[:-1]:
            field = inner.model_fields.get(str(part))
            if (
                field is not None
                and isinstance(field.annotation, type)
                and issubclass(field.annotation, BaseModel)
            ):
                inner = field.annotation
        return list(inner.model_fields)


def _advice(given: str, known: list[str]) -> str:
    """Return what was probably meant by a setting that is not `known`, and what is."""
    if not known:
        return "There are no settings"
    near = difflib.get_close_matches(given, known, n=1)
    meant = f"Did you mean {near[0]}? " if near else ""
    return f"{meant}Known settings: {', '.join(known)}"
