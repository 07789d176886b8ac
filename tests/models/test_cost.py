"""What costs are estimated from is counted as it says."""

import numpy as np
from scipy import sparse

from sensorium.models.base import QueryBatch, TrainingData, ValidationData
from sensorium.models.cost import Size

CLICKS = sparse.csr_array(
    np.asarray([[1, 1, 1, 0], [1, 0, 0, 1], [1, 0, 0, 0], [0, 0, 0, 0]], dtype=np.float32)
)


def test_a_size_counts_events_pairs_and_questions():
    data = TrainingData(CLICKS)
    queries = QueryBatch.of_users(data, np.asarray([0, 1]))
    size = Size.of(data, ValidationData(queries, queries.history, queries.history))
    assert (size.n_users, size.n_items, size.n_events) == (4, 4, 6)
    assert size.n_pairs == 3**2 + 2**2 + 1, "events of each user, squared"
    assert size.n_met == 3**2 + 1 + 1 + 1, "events of each item, squared"
    assert (size.n_queries, size.n_asked, size.n_scores) == (2, 5, 8)
