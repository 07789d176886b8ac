"""A fitted model as a bundle: written after a fit, read to answer."""

import json
import warnings
from collections.abc import Mapping
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
from scipy import sparse

from sensorium.catalog.catalog import Catalog
from sensorium.catalog.columns import as_text, holds_integers
from sensorium.catalog.searches import SEARCHES, Searches
from sensorium.core.arrays import SparseMatrix
from sensorium.core.component import State
from sensorium.core.errors import DataError
from sensorium.core.roles import Role
from sensorium.core.sparse import csr_from_arrays
from sensorium.core.vocabulary import Vocabulary
from sensorium.fusion.late_fusion import LateFusion
from sensorium.models.base import Recommender, TrainingData
from sensorium.models.data import USER_ITEM_MATRICES
from sensorium.models.registry import make_model
from sensorium.serving.bundle import read_manifest, write_bundle
from sensorium.serving.fit_record import FitRecord, RatingsRecord
from sensorium.serving.fitted_model import FittedModel
from sensorium.serving.item_features import ItemFeatures
from sensorium.serving.search_knowledge import SearchKnowledge
from sensorium.serving.user_profiles import UserProfiles
from sensorium.serving.write_model import PROFILES, RATINGS, SEARCH, SEEN_TYPES, write_model

MOST_TRIES = 20
"""How often a bundle is read again that another process replaces meanwhile."""


def save(model: FittedModel, root: Path) -> Path:
    """Write `model` as a new bundle below `root`, beside earlier ones, and return the bundle's folder."""
    return write_bundle(root, partial(write_model, model))


def load_bundle(folder: Path, *, verify: bool = True) -> FittedModel:
    """Return the model in a bundle's folder; if another process saves there meanwhile, the newer one.

    Raises
    ------
    DataError
        If a file of the bundle is missing or, with `verify`, was changed.
    """
    for _ in range(MOST_TRIES):
        before = _identity(folder)
        try:
            model = FittedModel(**load_parts(folder, read_manifest(folder, verify=verify)))
        except Exception:
            if _identity(folder) == before:
                raise
        else:
            if _identity(folder) == before:
                return model
    what = "it was saved anew whenever it was read"
    raise DataError(what, where=str(folder), remedy="Save it less often, or load it again")


def _identity(folder: Path) -> tuple[int, int] | None:
    """Return what tells a bundle from another one that is saved in its place; None while there is none."""
    try:
        state = folder.stat()
    except OSError:
        return None
    return state.st_ino, state.st_mtime_ns


def load_parts(folder: Path, manifest: Mapping[str, Any], *, mapped: bool = False) -> dict[str, Any]:
    """Return the parts of the model in a bundle's folder, as `ModelParts` takes them.

    `mapped` parts share the memory of their arrays with all processes; see `core.file_rows`. They are for
    views, to which users tell of themselves with each question: what was known of users beside their events
    is left out, and so is what predicts ratings.
    """
    catalog = _load_catalog(folder)
    users = Vocabulary(pl.read_parquet(folder / "users.parquet", glob=False)["id"], name="user")
    item_features = ItemFeatures.load(folder / "features", mapped=mapped)
    history = State.load(folder / "history", mapped=mapped)
    matrices = _matrices(history)
    seen, rated_at = matrices.pop("seen"), matrices.pop("rated_at")
    profiles = UserProfiles.load(folder / PROFILES)
    conditions = tuple(history.values.get("conditions", ()))
    searches, has_searches = None, (folder / SEARCHES).is_dir()
    if has_searches and not mapped:
        searches = Searches.from_state(State.load(folder / SEARCHES))
    about = {} if profiles is None or mapped else profiles.people.about(users)
    if has_searches:
        nothing = sparse.csr_array((len(users), len(catalog)), dtype=np.float32)
        about[SEARCHES] = nothing if searches is None else searches.about(len(users))
    data = TrainingData(**matrices, blocks=item_features.blocks, about=about, conditions=conditions)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", FutureWarning)  # former names in a bundle are nobody's to correct
        fusion = LateFusion.load(folder / "model", mapped=mapped)
    return {
        "catalog": catalog,
        "users": users,
        "data": data,
        "item_features": item_features,
        "fusion": fusion,
        "record": FitRecord.from_json(manifest["facts"]),
        "seen": seen,
        "n_learnt": history.values.get("n_learnt"),
        "rating_model": None if mapped else _load_rating_model(folder / RATINGS),
        "seen_by_type": _seen_by_type(history),
        "rated_at": rated_at,
        "profiles": profiles,
        "search_knowledge": SearchKnowledge.load(folder / SEARCH, mapped=mapped),
        "searches": searches,
    }


def _seen_by_type(history: State) -> dict[str, SparseMatrix] | None:
    """Return what was seen by each type of event; None in bundles from before that was kept."""
    names: list[str] | None = history.values.get(SEEN_TYPES)
    if names is None:
        return None
    matrices = (csr_from_arrays(history.arrays, f"{SEEN_TYPES}.{number}") for number in range(len(names)))
    return dict(zip(names, matrices, strict=True))


def _matrices(history: State) -> dict[str, SparseMatrix | None]:
    """Return the matrices of a bundle by name; older bundles hold one shape for all of them."""
    arrays, names = dict(history.arrays), (*USER_ITEM_MATRICES, "seen", "rated_at")
    if "shape" in history.values:
        shape = np.asarray(history.values["shape"], dtype=np.int64)
        arrays |= {f"{name}.shape": shape for name in names if f"{name}.data" in arrays}
    return {name: csr_from_arrays(arrays, name) for name in names}


def _load_rating_model(folder: Path) -> Recommender[Any] | None:
    """Return what predicts ratings; None in bundles of events without any, or made before it was kept."""
    if not folder.is_dir():
        return None
    chosen = RatingsRecord.from_json(json.loads((folder / "model.json").read_text(encoding="utf-8")))
    return make_model(chosen.model, chosen.settings).restore(State.load(folder))


def _load_catalog(folder: Path) -> Catalog:
    facts = json.loads((folder / "items.json").read_text(encoding="utf-8"))
    frame = pl.read_parquet(folder / "items.parquet", glob=False)
    roles = {column: Role(role) for column, role in facts["roles"]}
    base = None if facts["base"] is None else Path(facts["base"])
    ids = frame[facts["id_column"]]
    aliases = facts.get("aliases", {})
    items = Vocabulary(as_text(ids), aliases=aliases, integer=holds_integers(ids))
    return Catalog(
        frame, items, roles, base, facts["id_column"], facts["separators"], facts.get("spelling", {})
    )
