"""Sensorium: a recommender that reads, looks, listens and watches.

import sensorium as sn

catalog = sn.Catalog.from_file("items.csv", text=["title", "plot"], image="poster")
events = sn.Events.from_file("events.csv", items=catalog.items, positive=["rating >= 4"])
model = sn.fit(catalog, events)
model.recommend("user-7", k=10)
"""

from collections.abc import Mapping
from typing import TYPE_CHECKING

from sensorium.core.lazy_names import lazy_names

if TYPE_CHECKING:
    from sensorium import client, encoders, metrics, models, serving
    from sensorium.catalog.catalog import Catalog
    from sensorium.catalog.events import Events
    from sensorium.catalog.read_tables import read_tables
    from sensorium.catalog.users import Users
    from sensorium.core.errors import (
        ConfigError,
        DataError,
        MediaError,
        MissingExtraError,
        NotReadyError,
        SensoriumError,
        UnknownIdError,
        UserError,
    )
    from sensorium.core.item_list import ItemList, Reason
    from sensorium.evaluation import splits
    from sensorium.experiments.compare import compare
    from sensorium.experiments.evaluate_models import evaluate
    from sensorium.experiments.evaluated_models import EvaluatedModels
    from sensorium.experiments.fusion_levels import FusionLevels
    from sensorium.features.block import FeatureBlock
    from sensorium.serving.fitted_model import FittedModel
    from sensorium.training.fit import fit
    from sensorium.workspace.bundles import load, open_view, save
    from sensorium.workspace.workspace import Workspace

__version__ = "0.1.0"

_HOMES: Mapping[str, str] = {
    "Catalog": "sensorium.catalog.catalog",
    "ConfigError": "sensorium.core.errors",
    "DataError": "sensorium.core.errors",
    "EvaluatedModels": "sensorium.experiments.evaluated_models",
    "Events": "sensorium.catalog.events",
    "FeatureBlock": "sensorium.features.block",
    "FittedModel": "sensorium.serving.fitted_model",
    "FusionLevels": "sensorium.experiments.fusion_levels",
    "ItemList": "sensorium.core.item_list",
    "MediaError": "sensorium.core.errors",
    "MissingExtraError": "sensorium.core.errors",
    "NotReadyError": "sensorium.core.errors",
    "Reason": "sensorium.core.item_list",
    "SensoriumError": "sensorium.core.errors",
    "UnknownIdError": "sensorium.core.errors",
    "UserError": "sensorium.core.errors",
    "Users": "sensorium.catalog.users",
    "Workspace": "sensorium.workspace.workspace",
    "compare": "sensorium.experiments.compare",
    "evaluate": "sensorium.experiments.evaluate_models",
    "fit": "sensorium.training.fit",
    "load": "sensorium.workspace.bundles",
    "open_view": "sensorium.workspace.bundles",
    "read_tables": "sensorium.catalog.read_tables",
    "save": "sensorium.workspace.bundles",
}
"""Public name -> where it lives; imported on first use, so that `import sensorium` takes milliseconds."""
_MODULES: Mapping[str, str] = {
    "client": "sensorium.client",
    "encoders": "sensorium.encoders",
    "metrics": "sensorium.metrics",
    "models": "sensorium.models",
    "serving": "sensorium.serving",
    "splits": "sensorium.evaluation.splits",
}
"""Public module -> its full name; likewise."""

__all__ = [
    "Catalog",
    "ConfigError",
    "DataError",
    "EvaluatedModels",
    "Events",
    "FeatureBlock",
    "FittedModel",
    "FusionLevels",
    "ItemList",
    "MediaError",
    "MissingExtraError",
    "NotReadyError",
    "Reason",
    "SensoriumError",
    "UnknownIdError",
    "UserError",
    "Users",
    "Workspace",
    "__version__",
    "client",
    "compare",
    "encoders",
    "evaluate",
    "fit",
    "load",
    "metrics",
    "models",
    "open_view",
    "read_tables",
    "save",
    "serving",
    "splits",
]

__getattr__, __dir__ = lazy_names("sensorium", _HOMES, _MODULES)
