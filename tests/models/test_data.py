"""What travels to a model keeps its parts together."""

from dataclasses import fields, replace

import numpy as np
from scipy import sparse

from sensorium.models.data import QueryBatch, TrainingData, ValidationData


def test_chosen_queries_keep_all_that_is_known_of_them():
    likes = sparse.csr_array(np.eye(4, 5, dtype=np.float32))
    data = TrainingData(likes, times=likes * 1e9, ratings=likes * 3, frequency=likes * 7)
    queries = replace(QueryBatch.of_users(data, np.arange(4)), about={"mood": likes * 5})
    for chosen, part in (([2, 0], queries.at(np.array([2, 0]))), ([1, 2], queries.rows(1, 3))):
        assert part.users.tolist() == chosen
        assert (part.about["mood"] != queries.about["mood"][chosen]).sum() == 0
        for field in fields(QueryBatch):
            given, kept = getattr(queries, field.name), getattr(part, field.name)
            assert field.name == "about" or (kept != given[chosen]).sum() == 0, field.name


def test_a_sample_keeps_the_order_of_the_queries():
    likes = sparse.csr_array(np.eye(30, dtype=np.float32))
    queries = QueryBatch.of_users(TrainingData(likes), np.arange(30))
    validation = ValidationData(queries, relevant=likes * 2, masked=likes, times=likes * 1e9)
    sample = validation.sample(12, seed=1)
    users = sample.queries.users
    assert len(set(users)) == 12
    assert (np.diff(users) > 0).all()
    for part, of in ((sample.relevant, 2), (sample.masked, 1), (sample.times, 1e9)):
        assert part is not None
        assert part.indices.tolist() == users.tolist()
        assert (part.data == of).all()
    assert validation.sample(30, seed=1) is validation


def test_rows_of_ratings_are_asked_with_them():
    ratings = sparse.csr_array(np.array([[5, 0], [-1, 2]], dtype=np.float32))
    queries = QueryBatch.of_matrix(ratings, n_items=2, rated=True, where="here")
    assert queries.ratings is not None
    assert queries.at(np.array([1])).ratings is not None
    assert QueryBatch.of_matrix(abs(ratings), n_items=2, where="here").ratings is None
