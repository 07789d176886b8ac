"""What a bundle of a fitted model holds, as files."""

from pathlib import Path
from typing import Any

from sensorium.catalog.catalog import Catalog
from sensorium.catalog.searches import SEARCHES
from sensorium.core.component import State
from sensorium.core.files import write_text
from sensorium.core.hashing import canonical_json
from sensorium.core.sparse import csr_to_arrays
from sensorium.models.base import Recommender
from sensorium.models.data import USER_ITEM_MATRICES
from sensorium.serving.fit_record import RatingsRecord
from sensorium.serving.model_parts import ModelParts

RATINGS = "ratings"
"""The folder with what predicts ratings."""
PROFILES = "people"
"""The folder with what is known of users beside their events."""
SEARCH = "search"
"""The folder with what a search has to know."""
SEEN_TYPES = "seen_types"
"""What the types of events are called, and before a number what was seen by each of them."""


def write_model(model: ModelParts, folder: Path) -> dict[str, Any]:
    """Write `model` into `folder` and return what the manifest says of it."""
    _save_catalog(model.catalog, folder)
    model.users.given_ids.alias("id").to_frame().write_parquet(folder / "users.parquet")
    arrays: dict[str, Any] = {}
    matrices = {name: getattr(model.data, name) for name in USER_ITEM_MATRICES}
    matrices |= {"seen": model.seen, "rated_at": model.rated_at}
    for name, matrix in matrices.items():
        if matrix is not None:
            arrays |= csr_to_arrays(matrix, name)
    values: dict[str, Any] = {"n_learnt": model.n_learnt, "conditions": list(model.data.conditions)}
    if model.seen_by_type is not None:
        values[SEEN_TYPES] = list(model.seen_by_type)
        for number, matrix in enumerate(model.seen_by_type.values()):
            arrays |= csr_to_arrays(matrix, f"{SEEN_TYPES}.{number}")
    State(arrays, values).save(folder / "history")
    model.item_features.save(folder / "features")
    model.search_knowledge.save(folder / SEARCH)
    model.fusion.save(folder / "model")
    if model.profiles is not None:
        model.profiles.save(folder / PROFILES)
    if model.searches is not None:
        model.searches.state().save(folder / SEARCHES)
    if model.rating_model is not None:
        _save_rating_model(model.rating_model, folder / RATINGS)
    return {"facts": model.record.to_json(), "n_items": len(model.catalog), "n_users": len(model.users)}


def _save_rating_model(model: Recommender[Any], folder: Path) -> None:
    model.state().save(folder)
    write_text(folder / "model.json", canonical_json(RatingsRecord.of(model).to_json()) + "\n")


def _save_catalog(catalog: Catalog, folder: Path) -> None:
    catalog.frame.write_parquet(folder / "items.parquet")
    facts = {
        "id_column": catalog.id_column,
        "roles": list(catalog.roles.items()),  # a list: the first text column is the title
        "base": None if catalog.base is None else str(catalog.base.resolve()),
        "separators": dict(catalog.separators),
        "spelling": dict(catalog.spelling),
        "aliases": dict(catalog.items.aliases),
    }
    write_text(folder / "items.json", canonical_json(facts) + "\n")
