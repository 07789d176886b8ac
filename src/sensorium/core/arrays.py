"""The array types that travel between layers, named by what they hold.

Shapes stand in comments and docstrings as `[rows, columns]`; `n_` is a count, `d` a dimension.
"""

from typing import TYPE_CHECKING, Any, TypeAlias

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

FloatMatrix: TypeAlias = NDArray[np.float32]
FloatVector: TypeAlias = NDArray[np.float32]
IntVector: TypeAlias = NDArray[np.int64]
IntMatrix: TypeAlias = NDArray[np.int64]
BoolVector: TypeAlias = NDArray[np.bool_]
if TYPE_CHECKING:
    SparseMatrix: TypeAlias = Any  # SciPy carries no types, and what pyright infers from its source is wrong
else:
    SparseMatrix = sparse.csr_array


def shortest_decimal(value: float) -> float:
    """Return a float32 as the shortest decimal number that stands for it."""
    return float(str(np.float32(value)))
