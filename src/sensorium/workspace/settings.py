"""`sensorium.toml`: what a workspace's columns mean, what counts as liked, which model to fit."""

import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import replace
from ipaddress import IPv4Network, IPv6Network
from pathlib import Path
from types import MappingProxyType
from typing import TYPE_CHECKING, Annotated, Any, Literal, Self

from pydantic import BeforeValidator, ConfigDict, Field, PositiveInt, field_validator, model_validator

from sensorium.catalog.event_rows import EventColumns, first_of_each
from sensorium.catalog.number_text import Decimal
from sensorium.catalog.searches import is_search
from sensorium.catalog.strength import MOST, RELEVANT, EventRules, Weighting, require_strengths
from sensorium.catalog.times import require_time_format
from sensorium.core.block_name import BlockName
from sensorium.core.config import Config
from sensorium.core.errors import ConfigError
from sensorium.core.roles import Role
from sensorium.media.cleaning_names import CLEANING_OF, Cleaning
from sensorium.models.shared.imputation import Impute
from sensorium.workspace.ranking_settings import RankingSettings
from sensorium.workspace.service_settings import ServiceSettings
from sensorium.workspace.toml_values import inline, printable
from sensorium.workspace.user_settings import Columns, Files, UserSettings, several

if TYPE_CHECKING:
    from tomlkit.items import Table


Networks = Annotated[tuple[IPv4Network | IPv6Network, ...], BeforeValidator(several)]
EncoderSetting = str | dict[str, Any]
Share = Annotated[float, Field(gt=0, lt=1)]
STRENGTH = "strength"
TYPE_COLUMN = "type"
"""What the column is called that says what each event is, where no table has one."""


class CatalogSettings(Config):
    """`[catalog]`: where the items are and what their columns are for."""

    items: str
    """The table of items: .csv, .tsv, .json, .jsonl, .parquet, .xlsx, RecBole .item, or a folder of media."""
    media: str | None = None
    """The folder that media paths are relative to; the folder of `items` if not given."""
    id: str = "item_id"
    """The column that identifies an item."""
    text: Columns = ()
    """Columns with words."""
    image: Columns = ()
    """Columns with pictures: paths, archive members or URLs."""
    audio: Columns = ()
    """Columns with sound."""
    video: Columns = ()
    """Columns with clips."""
    category: Columns = ()
    """Columns with labels; `|` separates several."""
    number: Columns = ()
    """Columns with quantities."""
    decimal: Decimal | None = None
    """What stands before decimals in columns of numbers, `,` or `.`, where the values do not tell."""
    hidden: Columns = ()
    """Columns that are true where an item must never be recommended."""
    available: Columns = ()
    """Columns that say which items can be had: yes or no, what is in stock, words such as `sold out`."""
    published: str | None = None
    """A column that says when an item appeared."""
    private_networks: Networks = ()
    """Networks whose hosts may be asked for media though they are not on the public internet."""
    web_cache_mb: PositiveInt = 10_000
    """How many megabytes of media from the web are kept; those not used for the longest time go first."""
    duplicates: Literal["apart", "one"] = "apart"
    """Whether items that are nearly the same in all that both of them have are learnt and shown as one."""

    def columns(self, role: Role) -> tuple[str, ...]:
        """Return the columns that have `role`."""
        value = getattr(self, role.value)
        return (value,) if isinstance(value, str) else tuple(value or ())


class EventFiles(Config):
    """Where events are, and what their columns are for: of one table, or of several that are alike."""

    file: Files = ()
    """The table of events: .csv, .tsv, .json, .jsonl, .parquet, .xlsx or RecBole .inter; several of the same
    columns; or none, where there is a catalogue alone."""
    user: str = "user_id"
    """The column with the user."""
    item: str = "item_id"
    """The column with the item."""
    type: str | None = None
    """The column with the kind of event; guessed from its name if not given."""
    value: str | None = None
    """The column with a rating or weight; guessed from its name if not given."""
    time: str | None = None
    """The column with the moment; guessed from its name if not given."""
    time_format: str | None = None
    """How times are written, where that cannot be seen: a format such as `%d/%m/%Y %H:%M`, `day-first`,
    `month-first`, `year-first`, `excel`, or a unit of unix time: `s`, `ms`, `us`, `ns`."""
    count: str | None = None
    """The column that says how often it happened, such as plays or a quantity."""
    portion: str | None = None
    """The column that says which share was taken in, from 0 to 1 or in per cent."""
    decimal: Decimal | None = None
    """What stands before decimals in values, `,` or `.`, where they do not tell."""
    every: str | None = None
    """What each event is, such as `purchase`, where no column says it."""
    text: str | None = None
    """The column with words about the item, such as reviews or comments."""
    context: Columns = ()
    """Columns with circumstances, such as the device or the place."""

    @property
    def columns(self) -> EventColumns:
        """Which column is what."""
        return EventColumns(
            self.user,
            self.item,
            self.value,
            self.time,
            self.type,
            self.count,
            self.portion,
            self.time_format,
            self.decimal,
            text=self.text,
            context=self.context,
        )

    @model_validator(mode="after")
    def _format_understood(self) -> Self:
        if self.time_format is not None:
            require_time_format(self.time_format, where="events.time_format")
        return self


class EventSettings(EventFiles):
    """`[events]`: where the events are and which of them count as liked.

    Several tables with columns of their own are `[[events]]` for each; what is said of strengths stands in
    any of them and holds for all.
    """

    others: tuple[EventFiles, ...] = ()
    """The tables after the first."""
    positive: Columns = ()
    """Rules for what counts as liked, such as `rating >= 4` or `purchase`; every event if empty."""
    strength: Mapping[str, float] = Field(default_factory=dict[str, float])
    """Instead of `positive`: type of event -> what it says; 0 is ignored, below 0 is against."""
    relevant: Annotated[float, Field(gt=0, le=MOST)] = RELEVANT
    """From which strength on an item is what a recommendation should have found."""
    weighting: Weighting = "auto"
    """What models learn from: `strength`, `plain` or `strong`; `auto` chooses by held-back events."""

    @model_validator(mode="after")
    def _understood(self) -> Self:
        require_strengths(self.strength, self.positive)
        return self

    @property
    def tables(self) -> tuple[EventFiles, ...]:
        """Each file, with its columns."""
        return tuple(
            EventFiles.model_validate({**part.model_dump(include=set(EventFiles.model_fields)), "file": file})
            for part in (self, *self.others)
            for file in part.file
        )

    @property
    def columns(self) -> EventColumns:
        """Which column is what once all tables are called alike: as in the first that has such a column."""
        parts = (self, *self.others)
        found = first_of_each([super().columns, *(part.columns for part in self.others)])
        if found.type is None and any(part.every for part in parts):
            return replace(found, type=TYPE_COLUMN)
        return found

    @property
    def rules(self) -> EventRules:
        """What events say."""
        return EventRules.parse(self.positive, self.strength, self.relevant, self.weighting)


class EncoderSettings(Config):
    """`[encoders]`: what reads the columns, where the defaults do not do.

    Each value is the name of an encoder, such as `tfidf-lsa`; an engine and a model, such as
    `sentence-transformers:all-MiniLM-L6-v2`; or a table with `encoder` and its settings. Beside the
    modalities below, the name of a block such as `image:poster` chooses for one column alone.
    """

    model_config = ConfigDict(extra="allow")

    text: EncoderSetting | None = None
    """What reads columns with words."""
    image: EncoderSetting | None = None
    """What looks at pictures."""
    audio: EncoderSetting | None = None
    """What listens to sound."""
    video: EncoderSetting | None = None
    """What watches clips."""
    category: EncoderSetting | None = None
    """What reads labels."""
    number: EncoderSetting | None = None
    """What reads quantities."""

    @model_validator(mode="after")
    def _blocks_only(self) -> Self:
        known = [role.value for role in Role if role.makes_features]
        for name, choice in (self.__pydantic_extra__ or {}).items():
            block = BlockName(name)
            if block.modality not in known or not block.column:
                raise ValueError(
                    f"{name!r} is no modality and no block; write one of {', '.join(known)}, "
                    'or a block such as "image:poster"'
                )
            if not isinstance(choice, str | dict):
                raise ValueError(f"{name!r} must be the name of an encoder, or a table with `encoder`")
        return self

    def choices(self) -> dict[str, str | dict[str, Any]]:
        """Return what was chosen, by modality or block."""
        return self.model_dump(mode="json", exclude_none=True)


class MediaSettings(Config):
    """`[media]`: what is done to media before they are encoded, all of it off by default.

    Features of media that are cleaned are kept apart from those of media as they are.
    """

    denoise: bool = False
    """Take noise from pictures and clips, and steady hiss from sounds."""
    normalise_loudness: bool = False
    """Bring sounds and sound tracks to -23 LUFS."""
    white_balance: bool = False
    """Take the colour of the light from pictures and clips."""

    @property
    def cleaning(self) -> tuple[Cleaning, ...]:
        """What is asked for."""
        return tuple(name for name in CLEANING_OF[Role.VIDEO] if getattr(self, name))


class FeatureSettings(Config):
    """`[features]`: what happens to features before models read them."""

    impute: Impute = "no"
    """`neighbours` fills what an item lacks from the items that the same users like; `no` leaves it out."""


class ModelSettings(Config):
    """`[model]`: what `fit` makes."""

    name: str = "auto"
    """`auto`, or the name of one model."""
    seconds: PositiveInt | None = None
    """How long a fit may take once features are there; if not given, 120, and more beyond four million
    events."""
    seed: int = 0
    """Of all that is drawn at random."""
    ratings: bool | None = None
    """Whether `fit` learns to predict ratings, and `evaluate` judges it; if not given, with `auto` alone."""


class EvaluationSettings(Config):
    """`[evaluation]`: how events are divided to judge the model."""

    split: Literal["auto", "time", "user-time", "random", "cold-items", "folds"] = "auto"
    """`auto` divides at a moment in time if events have times, else at random; `folds` cross-validates."""
    folds: Annotated[int, Field(ge=3)] = 5
    """How many folds, for `folds`."""
    test: Share = 0.1
    """Share of the events that judge."""
    validation: Share = 0.1
    """Share of the events that tune."""
    k: PositiveInt = 20
    """Length of the judged lists."""


class Settings(Config):
    """All of `sensorium.toml`."""

    catalog: CatalogSettings
    events: EventSettings = EventSettings()
    users: UserSettings = UserSettings()
    encoders: EncoderSettings = EncoderSettings()
    media: MediaSettings = MediaSettings()
    features: FeatureSettings = FeatureSettings()
    model: ModelSettings = ModelSettings()
    ranking: RankingSettings = RankingSettings()
    evaluation: EvaluationSettings = EvaluationSettings()
    service: ServiceSettings = ServiceSettings()

    @field_validator("events", mode="before")
    @classmethod
    def _one_ofseveral(cls, value: object) -> object:
        return together(value) if isinstance(value, list) else value

    @classmethod
    def read(cls, file: Path) -> Self:
        """Return the settings in `file`; `ConfigError` says which line or setting is wrong."""
        try:
            values = tomllib.loads(file.read_text(encoding="utf-8"))
        except tomllib.TOMLDecodeError as error:
            raise ConfigError(f"not valid TOML: {error}", where=str(file), remedy="Mend it there") from error
        except UnicodeDecodeError as error:
            raise ConfigError("not UTF-8 text", where=str(file), remedy="Save it as UTF-8") from error
        return cls.parse(values, where=str(file))

    def toml(self, comments: Mapping[str, Sequence[str]] = MappingProxyType({})) -> str:
        """Return the text of a `sensorium.toml` with these settings; defaults are left out.

        Parameters
        ----------
        comments
            Setting, such as `events.positive` -> lines to write above it.
        """
        import tomlkit  # only where a file is written: it takes longer to load than reading needs

        document = tomlkit.document()
        for section in type(self).model_fields:
            part: Config = getattr(self, section)
            values: dict[str, Any] = part.model_dump(mode="json", exclude_defaults=True)
            if section == "model":
                values = {"name": self.model.name} | values
            if section == "catalog":
                values = {"items": self.catalog.items, "id": self.catalog.id} | values
            if section == "events" and self.events.file:
                values = _with_ids(self.events, values)
                values["others"] = [
                    _with_ids(other, other.model_dump(mode="json", exclude_defaults=True))
                    for other in self.events.others
                ]
            others: list[dict[str, Any]] = values.pop("others", [])
            tables = [_table(values, section, comments)]
            tables += [_table(other, f"{section}.{n}", comments) for n, other in enumerate(others, start=1)]
            if others:
                several = tomlkit.aot()
                for table in tables:
                    several.append(table)
                document.add(section, several)
            elif values:
                document.add(section, tables[0])
        return tomlkit.dumps(document)


def _with_ids(part: EventFiles, values: dict[str, Any]) -> dict[str, Any]:
    """Return the settings of a table of events, beginning with the file and the columns of who and what."""
    item = {} if is_search(part.every) else {"item": part.item}
    return {"file": list(part.file), "user": part.user} | item | values


def _table(values: Mapping[str, Any], section: str, comments: Mapping[str, Sequence[str]]) -> "Table":
    """Return a table of settings, each beneath its comments; a table of strengths stands last."""
    import tomlkit

    table = tomlkit.table()
    for key, value in sorted(values.items(), key=lambda item: item[0] == STRENGTH):
        for line in comments.get(f"{section}.{key}", ()):
            table.add(tomlkit.comment(printable(line)))
        if key == STRENGTH:
            table.add(key, _table(value, f"{section}.{key}", comments))
        elif key == "file" and len(value) == 1:
            table.add(key, value[0])
        else:
            table.add(key, inline(value))
    return table


def together(tables: Sequence[object]) -> dict[str, Any]:
    """Return several `[[events]]` as the first, with the others beside it and what any says of strengths."""
    parts = [dict(table) for table in tables if isinstance(table, Mapping)]
    if not parts or len(parts) < len(tables):
        raise ValueError("each of [[events]] is a table with a `file`")
    rules: dict[str, Any] = {}
    for part in parts:
        for name in EventSettings.model_fields.keys() - EventFiles.model_fields.keys():
            said = part.pop(name, None)
            if said is None:
                continue
            if isinstance(said, Mapping) and isinstance(rules.get(name), Mapping):
                said = {**rules[name], **said}
            elif name in rules and rules[name] != said:
                raise ValueError(f"`{name}` holds for all [[events]]: say it in one of them")
            rules[name] = said
    return {**parts[0], **rules, "others": parts[1:]}
