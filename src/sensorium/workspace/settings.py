"""`sensorium.toml`: what a workspace's columns mean, what counts as liked, which model to fit."""

import tomllib
from collections.abc import Mapping, Sequence
from ipaddress import IPv4Network, IPv6Network
from pathlib import Path
from types import MappingProxyType
from typing import Annotated, Any, Literal, Self

from pydantic import BeforeValidator, ConfigDict, Field, PositiveInt, model_validator

from sensorium.catalog.event_rows import EventColumns
from sensorium.catalog.strength import RELEVANT, EventRules, Weighting, require_strengths
from sensorium.catalog.times import require_time_format
from sensorium.core.block_name import BlockName
from sensorium.core.config import Config
from sensorium.core.errors import ConfigError
from sensorium.core.roles import Role
from sensorium.models.shared.imputation import Impute


def _several(value: object) -> object:
    return (value,) if isinstance(value, str) else value


Columns = Annotated[tuple[str, ...], BeforeValidator(_several)]
Networks = Annotated[tuple[IPv4Network | IPv6Network, ...], BeforeValidator(_several)]
EncoderSetting = str | dict[str, Any]
Share = Annotated[float, Field(gt=0, lt=1)]


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
    hidden: str | None = None
    """A column that is true where an item must never be recommended."""
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


class EventSettings(Config):
    """`[events]`: where the events are and which of them count as liked."""

    file: str
    """The table of events: .csv, .tsv, .json, .jsonl, .parquet, .xlsx or RecBole .inter."""
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
    text: str | None = None
    """The column with words about the item, such as reviews or comments."""
    context: Columns = ()
    """Columns with circumstances, such as the device or the place."""
    positive: Columns = ()
    """Rules for what counts as liked, such as `rating >= 4` or `purchase`; every event if empty."""
    strength: Mapping[str, float] = Field(default_factory=dict[str, float])
    """Instead of `positive`: type of event -> what it says; 0 is ignored, below 0 is against."""
    relevant: Annotated[float, Field(gt=0)] = RELEVANT
    """From which strength on an item is what a recommendation should have found."""
    weighting: Weighting = "auto"
    """What models learn from: `strength`, `plain` or `strong`; `auto` chooses by held-back events."""

    @model_validator(mode="after")
    def _understood(self) -> Self:
        require_strengths(self.strength, self.positive)
        if self.time_format is not None:
            require_time_format(self.time_format, where="events.time_format")
        return self

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
            text=self.text,
            context=self.context,
        )

    @property
    def rules(self) -> EventRules:
        """What events say."""
        return EventRules.parse(self.positive, self.strength, self.relevant, self.weighting)


class UserSettings(Config):
    """`[users]`: who the users are."""

    file: str | None = None
    """The table of users: .csv, .tsv, .jsonl, .parquet, RecBole .user, MovieLens' u.user or users.dat."""
    id: str = "user_id"
    """The column that identifies a user, as in the events."""
    category: Columns = ()
    """Attributes with labels, such as an occupation; `|` separates several."""
    number: Columns = ()
    """Attributes with quantities, such as an age."""
    follows: str | None = None
    """A table with two columns: a user, and whom that user follows."""


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


class FeatureSettings(Config):
    """`[features]`: what happens to features before models read them."""

    impute: Impute = "no"
    """`neighbours` fills what an item lacks from the items that the same users like; `no` leaves it out."""


class ModelSettings(Config):
    """`[model]`: what `fit` makes."""

    name: str = "auto"
    """`auto`, or the name of one model."""
    seconds: PositiveInt = 120
    """How long `auto` may tune."""
    seed: int = 0
    """The same seed gives the same model."""


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
    events: EventSettings
    users: UserSettings = UserSettings()
    encoders: EncoderSettings = EncoderSettings()
    features: FeatureSettings = FeatureSettings()
    model: ModelSettings = ModelSettings()
    evaluation: EvaluationSettings = EvaluationSettings()

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
            values = part.model_dump(mode="json", exclude_defaults=True)
            if section == "model":
                values = {"name": self.model.name} | values
            table = tomlkit.table()
            for key, value in values.items():
                for line in comments.get(f"{section}.{key}", ()):
                    table.add(tomlkit.comment(_printable(line)))
                table.add(key, _inline(value))
            if values:
                document.add(section, table)
        return tomlkit.dumps(document)


def _inline(value: object) -> object:
    """Return `value` as tomlkit writes it on one line: a table in braces."""
    import tomlkit

    if not isinstance(value, dict):
        return value
    table = tomlkit.inline_table()
    table.update({str(key): _inline(element) for key, element in value.items()})
    return table


def _printable(text: str) -> str:
    """Return `text` on one line, without what a comment must not hold."""
    return " ".join("".join(sign if sign.isprintable() else " " for sign in text).split())
