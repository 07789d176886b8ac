"""Judges encoders by a workspace's events: which of them helps its recommendations, column by column."""

import contextlib
import tempfile
from collections.abc import Generator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from sensorium.catalog.catalog import Catalog
from sensorium.core.block_name import BlockName
from sensorium.core.errors import ConfigError
from sensorium.core.progress import SILENT, LabeledProgress, Progress
from sensorium.core.roles import Role
from sensorium.encoders.base import Encoder
from sensorium.encoders.choice import (
    EncoderChoice,
    chosen_encoders,
    cleaned,
    cleaning_of,
    default_encoders,
    encoder_for,
    readable_roles,
)
from sensorium.encoders.encode_catalog import encode_catalog, inputs_of
from sensorium.encoders.registry import complete_types
from sensorium.encoders.runtime.speed import items_per_second
from sensorium.evaluation.splits import TuningView
from sensorium.experiments.feature_value import NDCG, RECALL, Baseline
from sensorium.experiments.probed_column import Candidate, ProbedColumn
from sensorium.experiments.split_folder import open_split_folder
from sensorium.features.block import FeatureBlock
from sensorium.features.scaling import Scaling
from sensorium.features.store import FeatureStore
from sensorium.media.cleaning_names import CLEANING_OF, Cleaning
from sensorium.training.event_text_reader import EventTexts
from sensorium.training.fit import require_usable
from sensorium.workspace.commands import split_workspace
from sensorium.workspace.training_tables import judging_tables
from sensorium.workspace.workspace import Workspace, is_split_folder

AnyEncoder = Encoder[Any, Any]
READY_MADE = "ready-made"
"""What stands for the encoder of rows that somebody brought."""


@dataclass(frozen=True)
class WorkspaceProbe:
    """What `probe` found out about a workspace."""

    baseline: Baseline
    columns: tuple[ProbedColumn, ...]
    """In the order of the catalogue."""
    left_out: Mapping[str, str]
    """Block and encoder -> why it was not judged."""

    def to_json(self) -> dict[str, Any]:
        """Return what `sensorium probe DIR --json` prints."""
        base, chance = self.baseline.base, self.baseline.chance
        return {
            "held_back": self.baseline.held_back,
            "users": base.n_users,
            "behaviour": {name: base.metrics[name] for name in (NDCG, RECALL)},
            "new_items_by_chance": None if chance is None else chance.metrics[NDCG],
            "columns": [column.to_json() for column in self.columns],
            "left_out": dict(self.left_out),
        }


@dataclass(frozen=True)
class _Material:
    """What a folder gives to judge by."""

    catalog: Catalog
    tuning: TuningView
    store: FeatureStore
    folder: Path
    choices: Mapping[str, EncoderChoice] = field(default_factory=dict[str, EncoderChoice])
    ready_made: Mapping[str, FeatureBlock] = field(default_factory=dict[str, FeatureBlock])
    seed: int = 0
    cleaning: tuple[Cleaning, ...] = ()
    event_texts: BlockName | None = None
    """The block of what events say, which may be among the choices and is not judged."""

    def encoders(self, cleaning: Sequence[Cleaning]) -> dict[str, AnyEncoder]:
        """Return what is in use for each column, with media cleaned so."""
        chosen = chosen_encoders(
            self.catalog,
            self.choices,
            folder=self.folder,
            where="[encoders]",
            cleaning=cleaning,
            event_texts=self.event_texts,
        )
        return {name: encoder for name, encoder in chosen.items() if name != self.event_texts}


def probe_workspace(
    folder: Path, *, encoders: Sequence[str] = (), cleaning: bool = False, progress: Progress = SILENT
) -> WorkspaceProbe:
    """Judge encoders by what they do for the recommendations of a workspace or a split folder.

    The test part is not looked at. What is encoded stays in the workspace's store.

    Parameters
    ----------
    folder
        A workspace, or a split folder.
    encoders
        Names, also `sentence-transformers:MODEL`, judged beside what is in use, for the columns that they
        read; all installed ones and what is in use if none are given.
    cleaning
        Judge what is in use for columns of media on media as they are, and cleaned in each way that there is
        for them; of others only `encoders` are judged then.
    progress
        Gets stages for encoding, for the models of behaviour, and for judging.
    """
    with _opened(folder, progress) as material:
        by_block = _encoders_by_block(material, encoders, cleaning)
        baseline = Baseline.of(material.tuning, seed=material.seed, progress=progress)
        columns: list[ProbedColumn] = []
        left_out: dict[str, str] = {}
        for name, named in by_block.items():
            candidates: list[Candidate] = []
            for label, encoder in named.items():
                candidate = _judged(material, baseline, name, label, encoder, progress)
                if candidate is None:
                    left_out[f"{name} {label}"] = "no item has a row"
                else:
                    candidates.append(candidate)
            if candidates:
                ranked = tuple(sorted(candidates, key=lambda candidate: -candidate.gain.mean))
                columns.append(ProbedColumn(name, _setting(name, material.catalog), ranked))
        return WorkspaceProbe(baseline, tuple(columns), left_out)


@contextlib.contextmanager
def _opened(folder: Path, progress: Progress) -> Generator[_Material]:
    if is_split_folder(folder):
        opened = open_split_folder(folder)
        with tempfile.TemporaryDirectory(prefix="sensorium-") as scratch:
            store = FeatureStore(Path(scratch))
            yield _Material(opened.catalog, opened.split.tuning, store, folder, ready_made=opened.blocks)
        return
    workspace = Workspace.open(folder)
    catalog, events = judging_tables(workspace, progress=progress)
    settings = workspace.settings
    require_usable(catalog, events)
    splits, options = split_workspace(workspace, events)
    choices = settings.encoders.choices()
    cleaning = settings.media.cleaning
    store, tuning = workspace.store(), splits[0].tuning
    said = EventTexts.of([events], default_encoders(catalog))
    yield _Material(
        catalog,
        tuning,
        store,
        folder,
        choices,
        seed=options.seed,
        cleaning=cleaning,
        event_texts=said and said.block,
    )


def _encoders_by_block(
    material: _Material, names: Sequence[str], with_cleaning: bool
) -> dict[str, dict[str, tuple[AnyEncoder | None, bool]]]:
    """Return block -> label -> encoder (None: ready-made), and whether it is the one in use."""
    in_use, as_they_are = material.encoders(material.cleaning), material.encoders(())
    roles = list(dict.fromkeys(encoder.traits.modality for encoder in in_use.values()))
    named = [_named(name, roles, material.folder) for name in names]
    found: dict[str, dict[str, tuple[AnyEncoder | None, bool]]] = {}
    for block, used in in_use.items():
        role = used.traits.modality
        others = [encoders[role] for encoders in named if role in encoders]
        if with_cleaning:
            others += _cleaned_in_each_way(as_they_are[block])
        elif not names:
            others = [cls() for cls in complete_types(role)]
        if not others:
            continue
        found[block] = {_label(other): (other, False) for other in others}
        found[block][_label(used)] = (used, True)
    if not names and not with_cleaning:
        found |= {block: {READY_MADE: (None, True)} for block in material.ready_made}
    if not found:
        raise ConfigError(
            "there is no column to encode",
            where=str(material.folder),
            remedy="Give a column a role under [catalog]",
        )
    return found


def _named(name: str, roles: Sequence[Role], folder: Path) -> dict[Role, AnyEncoder]:
    """Return the encoder called `name` for each of the `roles` that it reads.

    Raises
    ------
    ConfigError
        If it is unknown, or reads none of them.
    """
    readable = readable_roles(name)
    tried = [role for role in roles if role in readable or not readable]
    if not tried:
        raise ConfigError(
            f"{name!r} reads {', '.join(readable)}, and there is no such column",
            where="encoder",
            remedy=f"The columns are: {', '.join(roles)}",
        )
    found: dict[Role, AnyEncoder] = {}
    refusals: list[ConfigError] = []
    for role in tried:
        try:
            encoder = encoder_for(role, name, where="encoder", folder=folder)
            encoder.check()  # not every model reads all that its engine reads
            found[role] = encoder
        except ConfigError as refusal:
            refusals.append(refusal)
    if not found:
        raise refusals[0]
    return found


def _cleaned_in_each_way(encoder: AnyEncoder) -> list[AnyEncoder]:
    """Return an encoder of media as it is, with each cleaning by itself, and with all; none of others."""
    ways = CLEANING_OF.get(encoder.traits.modality, ())
    return [encoder, *(cleaned(encoder, [way]) for way in ways), cleaned(encoder, ways)] if ways else []


def _label(encoder: AnyEncoder) -> str:
    """Return the encoder as it is written under `[encoders]`, and how media are cleaned for it."""
    recipe = encoder.as_recipe
    cleaning = cleaning_of(encoder if recipe is None else recipe.members[0])
    is_set = encoder.settings_beside_title().keys() - {"cleaning"}
    return ", ".join([f"{encoder.title}, as set" if is_set else encoder.title, *cleaning])


def _judged(
    material: _Material,
    baseline: Baseline,
    name: str,
    label: str,
    judged: tuple[AnyEncoder | None, bool],
    progress: Progress,
) -> Candidate | None:
    """Return what one encoder is worth to one column; None if it gives no item a row."""
    encoder, in_use = judged
    rate = None
    if encoder is None:
        block = material.ready_made[name]
    else:
        shown = LabeledProgress(progress, label)
        result = encode_catalog(material.catalog, material.store, encoders={name: encoder}, progress=shown)
        block, encoder = result.blocks[name], result.encoders[name]
        inputs = inputs_of(material.catalog, encoder.traits.modality, block.column)
        rate = items_per_second(encoder, inputs, block.present)
    if not block.present.any():
        return None
    with progress.stage(f"{name} {label} judged", 1, unit="encoders") as stage:
        worth = baseline.worth(Scaling.fit(block).scaled(block), seed=material.seed)
        stage.advance()
    n_items = int(block.present.sum())
    over_chance = baseline.over_chance(worth)
    return Candidate(label, in_use, block.dimension, n_items, rate, worth, over_chance)


def _setting(block: str, catalog: Catalog) -> str:
    modality = BlockName(block).modality
    of_its_kind = [column for column, role in catalog.roles.items() if role.value == modality]
    return modality if len(of_its_kind) < 2 else block
