"""Which encoder reads a column: the default of its role, or the one that somebody chose."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from sensorium.catalog.catalog import Catalog
from sensorium.core.block_name import BlockName
from sensorium.core.component import find_by_name, warn_of_former_name
from sensorium.core.errors import ConfigError
from sensorium.core.roles import Role
from sensorium.encoders.base import Encoder
from sensorium.encoders.media_config import MediaConfig
from sensorium.encoders.recipe import Ingredient, RecipeConfig
from sensorium.encoders.registry import default_type, encoder_types, engine_types, recipe_types
from sensorium.media.cleaning_names import CLEANING_OF, Cleaning

EncoderChoice = str | Mapping[str, Any]
"""`tfidf-lsa`, `sentence-transformers:all-MiniLM-L6-v2`, or a table with `encoder` and its settings.

Several: `color-texture-shape+fisher-vectors`, or a table with `recipe`, a list of choices, and perhaps
`columns`.
"""


def default_encoders(catalog: Catalog) -> dict[str, Encoder[Any, Any]]:
    """Return an unfitted encoder for each column that makes features, by block name (`image:poster`)."""
    return {
        BlockName.of(role, column): default_type(role)()
        for role in Role
        if role.makes_features
        for column in catalog.columns(role)
    }


def chosen_encoders(
    catalog: Catalog,
    choices: Mapping[str, EncoderChoice],
    *,
    folder: Path | None = None,
    where: str = "encoders",
    cleaning: Sequence[Cleaning] = (),
    event_texts: BlockName | None = None,
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
    where
        What the choices are called in messages.
    cleaning
        What is done to media before they are encoded, where it is for their modality.
    event_texts
        The block of what events say in words, if they do: it gets an encoder as columns of text do.

    Raises
    ------
    ConfigError
        If a choice names no column of the catalogue, no encoder, or one of another modality; or if media are
        to be cleaned for an encoder that does not know how.
    """
    encoders = default_encoders(catalog)
    if event_texts is not None:
        encoders[event_texts] = default_type(Role.TEXT)()
    roles = {role.value for role in Role if role.makes_features}
    for name in choices:
        if name not in encoders and name not in roles:
            raise ConfigError(
                f"no such column or modality: {name!r}",
                where=where,
                remedy=f"Name one of: {', '.join([*sorted(roles), *encoders])}",
            )
    for name in encoders:
        modality = BlockName(name).modality
        place = name if name in choices else modality
        if place in choices:
            of_place = f'{where} "{place}"'
            encoders[name] = encoder_for(Role(modality), choices[place], where=of_place, folder=folder)
    return {name: cleaned(encoder, cleaning) for name, encoder in encoders.items()}


def cleaned(encoder: Encoder[Any, Any], cleaning: Sequence[Cleaning]) -> Encoder[Any, Any]:
    """Return the unfitted encoder of media cleaned by what of `cleaning` is for its modality.

    Raises
    ------
    ConfigError
        If it does not know how.
    """
    role = encoder.traits.modality
    wanted: list[Cleaning] = [name for name in CLEANING_OF.get(role, ()) if name in cleaning]
    if not wanted:
        return encoder
    if encoder.as_recipe is not None:
        members = [Ingredient.of(cleaned(member, wanted)) for member in encoder.as_recipe.members]
        return type(encoder)(encoder.config.model_copy(update={"recipe": tuple(members)}))
    if not isinstance(encoder.config, MediaConfig):
        raise ConfigError(
            f"encoder {encoder.name} cannot clean media",
            where="[media]",
            remedy=f"Take {' and '.join(wanted)} away, or choose another encoder",
        )
    asked = {*encoder.config.cleaning, *wanted}
    values = encoder.config.model_dump() | {"cleaning": tuple(asked)}
    return type(encoder)(encoder.config_type.parse(values, where=encoder.name))


def cleaning_of(encoder: Encoder[Any, Any]) -> tuple[Cleaning, ...]:
    """Return what is done to media before `encoder` reads them; nothing where it does not know how."""
    return encoder.config.cleaning if isinstance(encoder.config, MediaConfig) else ()


def encoder_for(
    role: Role, choice: EncoderChoice, *, where: str, folder: Path | None = None
) -> Encoder[Any, Any]:
    """Return the unfitted encoder of a column with `role` that `choice` describes.

    A former name of an encoder is accepted with a `FormerNameWarning`.

    Raises
    ------
    ConfigError
        If there is none, it does not read that role, or its settings do not fit.
    """
    if isinstance(choice, str) and "+" in choice:
        choice = {"recipe": choice.split("+")}
    if isinstance(choice, Mapping) and "recipe" in choice:
        return _recipe_for(role, choice, where=where, folder=folder)
    settings = dict(choice) if isinstance(choice, Mapping) else {"encoder": choice}
    name = settings.pop("encoder", None)
    name = name.strip() if isinstance(name, str) else ""
    if not name:
        raise ConfigError("no encoder is named", where=where, remedy='Write encoder = "NAME"')
    if ":" in name or engine_types(name):
        return _model_for(role, name, settings, where=where, folder=folder)
    cls = find_by_name(name, encoder_types())
    remedy = f"Encoders are: {', '.join(choices_for(role))}"
    if cls is None or not cls.traits.is_complete:
        raise ConfigError(f"unknown encoder {name!r} for {role.value}", where=where, remedy=remedy)
    if cls.traits.modality is not role:
        what = f"encoder {name!r} reads {cls.traits.modality.value}, not {role.value}"
        raise ConfigError(what, where=where, remedy=remedy)
    warn_of_former_name("encoder", name, cls)
    return cls(cls.config_type.parse(settings, where=f"encoder {cls.name}"))


def readable_roles(choice: str) -> tuple[Role, ...]:
    """Return what the encoder that `choice` names reads; nothing if it is unknown.

    A recipe reads what its members read, a model at most what its engine reads.
    """
    name = choice.split("+")[0].strip()
    cls = find_by_name(name, encoder_types())
    if cls is not None and cls.traits.is_complete:
        return (cls.traits.modality,)
    return tuple(engine_types(name.partition(":")[0]))


def choices_for(role: Role) -> list[str]:
    """Return what a column with `role` may be read by: complete encoders, then engines."""
    types = [cls for cls in encoder_types() if cls.traits.modality is role]
    complete = [cls.choice() for cls in types if cls.traits.is_complete]
    return [*complete, *sorted(cls.choice() for cls in types if cls.traits.engine)]


def _model_for(
    role: Role, name: str, settings: dict[str, Any], *, where: str, folder: Path | None
) -> Encoder[Any, Any]:
    """Return the unfitted encoder of a model: `name` is an engine, or an engine and a model."""
    engine, _, model = name.partition(":")
    classes = engine_types(engine)
    if role not in classes:
        what = f"{engine} does not read {role}" if classes else f"unknown encoder {name!r}"
        raise ConfigError(what, where=where, remedy=f"Encoders are: {', '.join(choices_for(role))}")
    model = str(settings.pop("model", model))
    if not model:
        raise ConfigError("no model is named", where=where, remedy=f"Write {engine}:MODEL")
    if folder is not None and (folder / model).is_dir():
        model = str((folder / model).resolve())
    cls = classes[role]
    return cls(cls.config_type.parse({"model": model, **settings}, where=where))


def _recipe_for(
    role: Role, choice: Mapping[str, Any], *, where: str, folder: Path | None
) -> Encoder[Any, Any]:
    """Return the unfitted recipe that `choice` describes: its members are choices themselves."""
    recipes = recipe_types()
    if role not in recipes:
        known = ", ".join(known.value for known in Role if known in recipes)
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
    return recipes[role](RecipeConfig.parse(described, where=where))
