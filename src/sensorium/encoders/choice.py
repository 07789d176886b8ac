"""Which encoder reads a column: the default of its role, or the one that somebody chose."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from sensorium.catalog.catalog import Catalog
from sensorium.core.errors import ConfigError
from sensorium.core.roles import Role
from sensorium.encoders.base import Encoder
from sensorium.encoders.defaults import ENGINES, RECIPES, built_in_types, default_encoders
from sensorium.encoders.recipe import Ingredient, RecipeConfig
from sensorium.encoders.registry import make_encoder

EncoderChoice = str | Mapping[str, Any]
"""`words`, `sentence-transformers:all-MiniLM-L6-v2`, or a table with `encoder` and its settings.

Several: `looks+local-shapes`, or a table with `recipe`, a list of choices, and perhaps `columns`.
"""


def chosen_encoders(
    catalog: Catalog, choices: Mapping[str, EncoderChoice], *, folder: Path | None = None
) -> dict[str, Encoder[Any, Any]]:
    """Return an unfitted encoder for each column that makes features, by block name.

    Parameters
    ----------
    catalog
        The items.
    choices
        Block name or modality -> encoder; the block's own choice counts more than its modality's, and
        a column without either gets its default.
    folder
        What paths of models are relative to.

    Raises
    ------
    ConfigError
        If a choice names no column of the catalogue, no encoder, or one of another modality.
    """
    encoders = default_encoders(catalog)
    roles = {role.value for role in Role if role.makes_features}
    for name in choices:
        if name not in encoders and name not in roles:
            raise ConfigError(
                f"no such column or modality: {name!r}",
                where="[encoders]",
                remedy=f"Name one of: {', '.join([*sorted(roles), *encoders])}",
            )
    for name in encoders:
        modality = name.partition(":")[0]
        place = name if name in choices else modality
        if place in choices:
            where = f'[encoders] "{place}"'
            encoders[name] = encoder_for(Role(modality), choices[place], where=where, folder=folder)
    return encoders


def encoder_for(
    role: Role, choice: EncoderChoice, *, where: str, folder: Path | None = None
) -> Encoder[Any, Any]:
    """Return the unfitted encoder of a column with `role` that `choice` describes.

    Raises
    ------
    ConfigError
        If there is none, it does not read that role, or its settings do not fit.
    """
    if isinstance(choice, str) and "+" in choice:
        choice = {"recipe": choice.split("+")}
    if isinstance(choice, Mapping) and "recipe" in choice:
        return _recipe(role, choice, where=where, folder=folder)
    settings = dict(choice) if isinstance(choice, Mapping) else {"encoder": choice}
    name = settings.pop("encoder", None)
    if not isinstance(name, str) or not name:
        raise ConfigError("no encoder is named", where=where, remedy='Write encoder = "NAME"')
    engine, colon, model = name.partition(":")
    if colon or engine in ENGINES:
        if engine not in ENGINES or role not in ENGINES[engine]:
            what = f"unknown encoder {name!r}" if engine not in ENGINES else f"{engine} does not read {role}"
            raise ConfigError(what, where=where, remedy=f"Encoders are: {', '.join(_names(role))}")
        model = str(settings.pop("model", model))
        if not model:
            raise ConfigError("no model is named", where=where, remedy=f"Write {engine}:MODEL")
        if folder is not None and (folder / model).is_dir():
            model = str((folder / model).resolve())
        cls = ENGINES[engine][role]
        return cls(cls.config_type.parse({"model": model, **settings}, where=where))
    if name not in _names(role):
        other = {cls.name: cls.traits.modality.value for cls in built_in_types()}.get(name)
        raise ConfigError(
            f"encoder {name!r} reads {other}, not {role.value}"
            if other
            else f"unknown encoder {name!r} for {role.value}",
            where=where,
            remedy=f"Encoders are: {', '.join(_names(role))}",
        )
    return make_encoder(name, settings)


def _recipe(role: Role, choice: Mapping[str, Any], *, where: str, folder: Path | None) -> Encoder[Any, Any]:
    """Return the unfitted recipe that `choice` describes: its members are choices themselves."""
    if role not in RECIPES:
        known = ", ".join(role.value for role in RECIPES)
        raise ConfigError(
            f"there are no recipes for {role.value}", where=where, remedy=f"Recipes are for: {known}"
        )
    listed = choice["recipe"]
    if not isinstance(listed, Sequence) or isinstance(listed, str) or not listed:
        remedy = 'Write recipe = ["NAME", "NAME"]'
        raise ConfigError("a recipe is a list of encoders", where=where, remedy=remedy)
    chosen: Sequence[Any] = listed
    members: list[Encoder[Any, Any]] = []
    for member in chosen:
        member = member.strip() if isinstance(member, str) else member
        if not isinstance(member, str | Mapping) or "recipe" in member or "+" in member:
            remedy = "List encoders by name, or as tables with `encoder` and its settings"
            raise ConfigError(f"{member!r} is no encoder for a recipe", where=where, remedy=remedy)
        members.append(encoder_for(role, member, where=where, folder=folder))
    described = {**choice, "recipe": tuple(map(Ingredient.of, members))}
    return RECIPES[role](RecipeConfig.parse(described, where=where))


def _names(role: Role) -> list[str]:
    """Return what a column with `role` may be read by."""
    own = [cls.name for cls in built_in_types() if cls.traits.modality is role]
    return [*own, *(f"{engine}:MODEL" for engine, classes in ENGINES.items() if role in classes)]
