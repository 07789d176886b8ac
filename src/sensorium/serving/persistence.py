"""A fitted model as a bundle: written after a fit, read to answer."""

import json
import warnings
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl

from sensorium.catalog.catalog import Catalog
from sensorium.catalog.columns import as_text
from sensorium.core.arrays import SparseMatrix
from sensorium.core.component import State
from sensorium.core.files import write_text
from sensorium.core.hashing import canonical_json
from sensorium.core.roles import Role
from sensorium.core.sparse import csr_from_arrays, csr_to_arrays
from sensorium.core.vocabulary import Vocabulary
from sensorium.fusion.late_fusion import LateFusion
from sensorium.models.base import Recommender, TrainingData
from sensorium.models.registry import make_model
from sensorium.serving.bundle import read_manifest, write_bundle
from sensorium.serving.fit_record import FitRecord, RatingsRecord
from sensorium.serving.fitted_model import FittedModel
from sensorium.serving.item_features import ItemFeatures

RATINGS = "ratings"
"""The folder with what predicts ratings."""
MATRICES = ("interactions", "times", "ratings")


def save(model: FittedModel, root: Path) -> Path:
    """Write `model` as a new bundle below `root` and return the bundle's folder."""

    def fill(folder: Path) -> dict[str, Any]:
        _save_catalog(model.catalog, folder)
        model.users.ids.to_frame().write_parquet(folder / "users.parquet")
        arrays: dict[str, Any] = {}
        matrices = {name: getattr(model.data, name) for name in MATRICES}
        matrices |= {"seen": model.seen, "rated_at": model.rated_at}
        for name, matrix in matrices.items():
            if matrix is not None:
                arrays |= csr_to_arrays(matrix, name)
        State(arrays, {"n_learnt": model.n_learnt}).save(folder / "history")
        model.item_features.save(folder / "features")
        model.fusion.save(folder / "model")
        if model.rating_model is not None:
            _save_rating_model(model.rating_model, folder / RATINGS)
        return {"facts": model.record.to_json(), "n_items": len(model.catalog), "n_users": len(model.users)}

    return write_bundle(root, fill)


def load_bundle(folder: Path, *, verify: bool = True) -> FittedModel:
    """Return the model in a bundle's folder.

    Raises
    ------
    DataError
        If a file of the bundle is missing or, with `verify`, was changed.
    """
    manifest = read_manifest(folder, verify=verify)
    catalog = _load_catalog(folder)
    users = Vocabulary(pl.read_parquet(folder / "users.parquet", glob=False)["id"], name="user")
    item_features = ItemFeatures.load(folder / "features")
    history = State.load(folder / "history")
    matrices = _matrices(history)
    seen, rated_at = matrices.pop("seen"), matrices.pop("rated_at")
    data = TrainingData(**matrices, blocks=item_features.blocks)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", FutureWarning)  # former names in a bundle are nobody's to correct
        fusion = LateFusion.load(folder / "model")
    n_learnt = history.values.get("n_learnt")
    ratings = _load_rating_model(folder / RATINGS)
    record = FitRecord.from_json(manifest["facts"])
    return FittedModel(catalog, users, data, item_features, fusion, record, seen, n_learnt, ratings, rated_at)


def _matrices(history: State) -> dict[str, SparseMatrix | None]:
    """Return the matrices of a bundle by name; older bundles hold one shape for all of them."""
    arrays, names = dict(history.arrays), (*MATRICES, "seen", "rated_at")
    if "shape" in history.values:
        shape = np.asarray(history.values["shape"], dtype=np.int64)
        arrays |= {f"{name}.shape": shape for name in names if f"{name}.data" in arrays}
    return {name: csr_from_arrays(arrays, name) for name in names}


def _save_rating_model(model: Recommender[Any], folder: Path) -> None:
    model.state().save(folder)
    write_text(folder / "model.json", canonical_json(RatingsRecord.of(model).to_json()) + "\n")


def _load_rating_model(folder: Path) -> Recommender[Any] | None:
    """Return what predicts ratings; None in bundles of events without any, or made before it was kept."""
    if not folder.is_dir():
        return None
    chosen = RatingsRecord.from_json(json.loads((folder / "model.json").read_text(encoding="utf-8")))
    return make_model(chosen.model, chosen.settings).restore(State.load(folder))


def _save_catalog(catalog: Catalog, folder: Path) -> None:
    catalog.frame.write_parquet(folder / "items.parquet")
    facts = {
        "id_column": catalog.id_column,
        "roles": list(catalog.roles.items()),  # a list: the first text column is the title
        "base": None if catalog.base is None else str(catalog.base.resolve()),
        "separators": dict(catalog.separators),
        "aliases": dict(catalog.items.aliases),
    }
    write_text(folder / "items.json", canonical_json(facts) + "\n")


def _load_catalog(folder: Path) -> Catalog:
    facts = json.loads((folder / "items.json").read_text(encoding="utf-8"))
    frame = pl.read_parquet(folder / "items.parquet", glob=False)
    roles = {column: Role(role) for column, role in facts["roles"]}
    base = None if facts["base"] is None else Path(facts["base"])
    items = Vocabulary(as_text(frame[facts["id_column"]]), aliases=facts.get("aliases", {}))
    return Catalog(frame, items, roles, base, facts["id_column"], facts["separators"])
