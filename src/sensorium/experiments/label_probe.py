"""Judges encoders on labelled media: how well their features tell labels apart, and how fast they are."""

import tempfile
import time
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np

from sensorium.catalog.labels_file import LabeledMedia, read_labels_file
from sensorium.core.progress import SILENT, Progress
from sensorium.encoders.base import Encoder
from sensorium.encoders.choice import EncoderChoice, encoder_for
from sensorium.encoders.registry import complete_types
from sensorium.encoders.runtime.encode_block import encode_block
from sensorium.encoders.runtime.learn_from_media import learn_from_media
from sensorium.evaluation.separation import Fold, Separation, folds_of, separation, stratified
from sensorium.features.block import FeatureBlock
from sensorium.features.store import FeatureStore

FEW, DEALS = 300, 5
"""With fewer media than this, folds are dealt so often and the mean taken: one deal would be luck."""


@dataclass(frozen=True)
class ProbedEncoder:
    """One encoder, judged."""

    encoder: str
    block: FeatureBlock
    """Raw features of the media, in memory."""
    items_per_second: float
    """Read, decoded and encoded, all cores at work; what an encoder learns first does not count."""
    separation: Separation
    failures: dict[int, str]
    """Medium -> reason why it could not be encoded."""

    def to_json(self) -> dict[str, Any]:
        """Return what the command line prints of it."""
        return {
            "encoder": self.encoder,
            "dimension": self.block.dimension,
            "items_per_second": self.items_per_second,
            "precision@10": self.separation.precision,
            "knn_accuracy": self.separation.knn_accuracy,
            "linear_accuracy": self.separation.linear_accuracy,
            "svm_accuracy": self.separation.svm_accuracy,
        }


@dataclass(frozen=True)
class LabelProbe:
    """What `probe_labels` found."""

    media: LabeledMedia
    n_folds: int
    encoders: tuple[ProbedEncoder, ...]

    @property
    def best(self) -> ProbedEncoder:
        """The encoder with the best support vector machine; the first of equals."""
        return max(self.encoders, key=lambda probed: probed.separation.svm_accuracy)

    def to_json(self) -> dict[str, Any]:
        """Return modality, sizes, encoders and failures."""
        failures = {(row, why): None for probed in self.encoders for row, why in probed.failures.items()}
        return {
            "modality": self.media.role.value,
            "items": len(self.media),
            "labels": list(self.media.names),
            "folds": self.n_folds,
            "encoders": [probed.to_json() for probed in self.encoders],
            "failures": [{"file": self.media.refs[row].location, "reason": why} for row, why in failures],
        }


def probe_labels(
    file: Path, *, encoders: Sequence[EncoderChoice] = (), progress: Progress = SILENT
) -> LabelProbe:
    """Judge encoders on a labels file; see `read_labels_file`.

    Parameters
    ----------
    file
        A table with `file`, `label` and perhaps `fold`; without it, labels are spread evenly over five.
    encoders
        As under `[encoders]`: names, recipes such as `color-texture-shape+fisher-vectors`, or tables; all
        installed ones of the media's kind if none are given.
    progress
        Gets one stage for each encoder.
    """
    media = read_labels_file(file)
    named = [encoder_for(media.role, choice, where="encoder") for choice in encoders]
    chosen = named or [cls() for cls in complete_types(media.role)]
    if media.fold is None:
        n_deals = DEALS if len(media) < FEW else 1
        folds = [fold for seed in range(n_deals) for fold in folds_of(stratified(media.label, seed=seed))]
        n_folds = len(folds) // n_deals
    else:
        folds = folds_of(media.fold)
        n_folds = len(folds)
    probed = tuple(_probed(encoder, media, folds, progress) for encoder in chosen)
    return LabelProbe(media, n_folds, probed)


def _probed(
    encoder: Encoder[Any, bytes], media: LabeledMedia, folds: Sequence[Fold], progress: Progress
) -> ProbedEncoder:
    with tempfile.TemporaryDirectory() as folder:  # empty: what is known already would look fast
        store = FeatureStore(folder)
        encoder = learn_from_media(encoder.title, encoder, media.refs, store, progress)
        started_s = time.perf_counter()
        done = encode_block(encoder.title, encoder, media.refs, store, progress)
        seconds = time.perf_counter() - started_s
        block = replace(done.block, values=np.array(done.block.values))
    rate = int(block.present.sum()) / seconds
    found = separation(block, media.label, folds)
    return ProbedEncoder(encoder.title, block, rate, found, dict(done.failures))
