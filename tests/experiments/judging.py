"""What an evaluation must find, asked of its parts one by one."""

import numpy as np
import pytest
from tests.experiments.rated_world import telling_blocks

from sensorium.catalog.events import Events
from sensorium.evaluation.judge import Judge
from sensorium.evaluation.splits import known_items
from sensorium.models.base import QueryBatch
from sensorium.models.shared.imputation import imputed
from sensorium.training.training_data import training_data

BLOCKS = telling_blocks()
SEED, K = 3, 7


def learnt_from(split, options, blocks=BLOCKS):
    """Return what the judged models may learn from."""
    data = training_data(
        Events.concat(split.train, split.validation) if options.refit else split.train, blocks
    )
    return imputed(data) if options.impute == "neighbours" else data


def asked_with(split, options):
    """Return the events that users are asked about with, and that are not ranked."""
    return split.train if options.mask == "train" else Events.concat(split.train, split.validation)


def judged_by_hand(model, split, options):
    """Return the result of a fitted model."""
    known = asked_with(split, options)
    histories = training_data(known, {})
    judge = Judge(
        split.test.interactions(),
        known_items(known),
        ks=(options.k, 10),
        train_interactions=learnt_from(split, options).interactions,
        histories=histories.interactions,
        blocks=BLOCKS,
    )
    answers = judge.add_all(lambda rows: model.score(QueryBatch.of_users(histories, rows)))
    return answers.result(seed=options.seed)


def assert_same(found, expected):
    """Assert that two results hold the same numbers, but for what only some judges measure of lists."""
    for metric, values in expected.per_user.items():
        np.testing.assert_allclose(found.per_user[metric], values, err_msg=metric)
    assert found.intervals == expected.intervals
    assert found.slices == expected.slices
    assert dict(found.beyond) == pytest.approx({name: expected.beyond[name] for name in found.beyond})


def assert_same_data(found, expected):
    """Assert that two sets of training data are equal."""
    for name in ("interactions", "times", "ratings"):
        np.testing.assert_array_equal(getattr(found, name).toarray(), getattr(expected, name).toarray())
    assert found.blocks.keys() == expected.blocks.keys()
    for name, block in expected.blocks.items():
        np.testing.assert_array_equal(found.blocks[name].values, block.values)
