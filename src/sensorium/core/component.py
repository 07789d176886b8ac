"""What models and encoders have in common: a frozen config, learned attributes, a state to save."""

import inspect
import re
import warnings
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any, ClassVar, Generic, Self, TypeVar, get_args

import numpy as np
from numpy.typing import NDArray
from safetensors.numpy import load_file, save_file
from scipy import sparse

from sensorium.core.config import Config
from sensorium.core.constructor import described_settings, settings_signature
from sensorium.core.errors import ConfigError, FormerNameWarning, NotReadyError
from sensorium.core.file_rows import map_arrays
from sensorium.core.files import write_text, written_aside
from sensorium.core.hashing import canonical_json, hash_array, hash_json
from sensorium.core.sparse import csr_from_arrays, csr_to_arrays

ConfigT = TypeVar("ConfigT", bound=Config)
ComponentClassT = TypeVar("ComponentClassT", bound="type[Component[Any]]")

WORD_STARTS = re.compile(r"(?<=[a-z0-9])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])")
"""Where the next word of a class name begins: ItemKNN is `item-knn`, EASEPrior `ease-prior`."""


@dataclass(frozen=True)
class State:
    """Learned state as arrays and JSON: all that is needed to rebuild a component."""

    arrays: Mapping[str, NDArray[Any]] = field(default_factory=dict[str, NDArray[Any]])
    values: Mapping[str, Any] = field(default_factory=dict[str, Any])

    def save(self, folder: Path) -> None:
        """Write `arrays.safetensors` and `values.json` into `folder`."""
        folder.mkdir(parents=True, exist_ok=True)
        contiguous = {name: np.ascontiguousarray(array) for name, array in self.arrays.items()}
        with written_aside(folder / "arrays.safetensors") as aside:
            save_file(contiguous, aside)
        write_text(folder / "values.json", canonical_json(dict(self.values)) + "\n")

    @property
    def content_hash(self) -> str:
        """Hash of all arrays and values."""
        arrays = {name: hash_array(array) for name, array in sorted(self.arrays.items())}
        return hash_json([arrays, dict(self.values)])

    @classmethod
    def load(cls, folder: Path, *, mapped: bool = False) -> Self:
        """Read what `save` wrote; `mapped` arrays share their memory with all processes that map them."""
        import json

        values = json.loads((folder / "values.json").read_text(encoding="utf-8"))
        file = folder / "arrays.safetensors"
        return cls(arrays=map_arrays(file) if mapped else load_file(file), values=values)


class Component(Generic[ConfigT]):
    """A frozen config plus learned attributes, which are declared by annotation in the class body.

    A subclass writes `class EASE(Recommender[EASEConfig])` and, beneath, `weights: FloatMatrix`. It is made
    by `EASE(regularization=500)` or, where a config is at hand, `EASE(config)`. The declared attributes are
    what `state` saves: NumPy arrays, SciPy CSR matrices, and anything that JSON holds. Whoever needs more
    overrides `state` and `restore`.
    """

    name: ClassVar[str] = ""
    """The name in files, tables and on the command line; from the class name if not given."""
    former_names: ClassVar[tuple[str, ...]] = ()
    """Names that it had before, first to last; each is accepted wherever `name` is."""
    config_type: ClassVar[type[Config]] = Config

    __signature__: ClassVar[inspect.Signature]
    """The settings as keywords, for `help` and editors."""

    config: ConfigT

    def __init__(self, config: ConfigT | None = None, /, **settings: Any) -> None:
        made = type(self).__name__
        if config is None:
            self.config = self.config_type.parse(settings, where=made)  # type: ignore[assignment]
        elif settings:
            raise ConfigError("a config and settings are given", where=made, remedy="Give one of the two")
        elif not isinstance(config, self.config_type):
            what = f"{config!r} is no {self.config_type.__name__}"
            first = next(iter(self.config_type.model_fields), None)
            remedy = f"Name each setting, as in {made}({first}=...)" if first else f"Write {made}()"
            raise ConfigError(what, where=made, remedy=remedy)
        else:
            self.config = config

    def __init_subclass__(cls, **kwargs: Any) -> None:
        super().__init_subclass__(**kwargs)
        if "name" not in cls.__dict__:
            cls.name = WORD_STARTS.sub("-", cls.__name__).lower()
        if "former_names" not in cls.__dict__:
            cls.former_names = ()
        for base in getattr(cls, "__orig_bases__", ()):
            for argument in get_args(base):
                if inspect.isclass(argument) and issubclass(argument, Config):
                    cls.config_type = argument
        cls.__signature__ = settings_signature(cls.config_type)
        if cls.__dict__.get("__doc__"):
            cls.__doc__ = described_settings(cls.__doc__ or "", cls.config_type)

    def __repr__(self) -> str:
        changed = self.config.model_dump(exclude_defaults=True)
        return f"{type(self).__name__}({', '.join(f'{k}={v!r}' for k, v in changed.items())})"

    @classmethod
    def first_name(cls) -> str:
        """Return the name that it had first: what was computed under it goes on to be found by it."""
        return next(iter(cls.former_names), cls.name)

    @classmethod
    def learned_attributes(cls) -> tuple[str, ...]:
        """Return the names of the attributes that fitting sets."""
        return _declared_attributes(cls)

    @property
    def is_fitted(self) -> bool:
        """Whether every learned attribute is set."""
        return all(hasattr(self, attribute) for attribute in self.learned_attributes())

    def require_fitted(self) -> None:
        """Raise `NotReadyError` unless fitted."""
        if not self.is_fitted:
            raise NotReadyError(f"{self.name} has not been fitted", remedy="Call fit(...) first")

    def state(self) -> State:
        """Return the learned state."""
        self.require_fitted()
        arrays: dict[str, NDArray[Any]] = {}
        values: dict[str, Any] = {}
        for attribute in self.learned_attributes():
            value = getattr(self, attribute)
            if isinstance(value, np.ndarray):
                arrays[attribute] = value
            elif sparse.issparse(value):
                arrays |= csr_to_arrays(value, attribute)
            else:
                values[attribute] = value
        return State(arrays, values)

    def restore(self, state: State) -> Self:
        """Set the learned attributes from `state` and return self."""
        for attribute in self.learned_attributes():
            if attribute in state.arrays:
                setattr(self, attribute, state.arrays[attribute])
            elif (matrix := csr_from_arrays(state.arrays, attribute)) is not None:
                setattr(self, attribute, matrix)
            else:
                setattr(self, attribute, state.values[attribute])
        return self


@cache
def _declared_attributes(component: type[Component[Any]]) -> tuple[str, ...]:
    """Return the attributes that a class and its bases declare, without class variables and private ones."""
    own: dict[str, None] = {}
    for base in reversed(component.__mro__):
        for attribute, annotation in inspect.get_annotations(base).items():
            is_class_variable = "ClassVar" in str(annotation)
            if attribute != "config" and not attribute.startswith("_") and not is_class_variable:
                own[attribute] = None
    return tuple(own)


def concrete_subclasses(base: type[Any]) -> list[type[Any]]:
    """Return every non-abstract subclass of `base` defined so far, each before those derived from it."""
    found: dict[type[Any], None] = {}
    for cls in base.__subclasses__():
        if not inspect.isabstract(cls):
            found[cls] = None
        found |= dict.fromkeys(concrete_subclasses(cls))
    return list(found)


def find_by_name(name: str, components: Iterable[ComponentClassT]) -> ComponentClassT | None:
    """Return the class among `components` that `name` is a name of; None if there is none.

    A present name counts more than the former name of another.
    """
    listed = list(components)
    present = {component.name: component for component in listed}
    former = {old: component for component in listed for old in component.former_names}
    return present.get(name) or former.get(name)


def warn_of_former_name(kind: str, given: str, component: type[Component[Any]]) -> None:
    """Warn whoever has `given` a former name; `kind` is what the component is, such as `encoder`."""
    if given in component.former_names:
        text = f"{kind} `{given}` is now called `{component.name}`; both work"
        warnings.warn(text, FormerNameWarning, stacklevel=3)
