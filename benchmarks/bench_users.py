"""New users of whom only their attributes are known: MovieLens-100K with its users (age, sex, occupation).

Two questions. Three folds of the users, whenever they came; and the fifth of the users who came last. All
events of the users asked about are hidden; two models are fitted on the events of the others, with the table
of users and without; each hidden user then asks, without a history. What they rated 4 or higher is to be
found, among all films. Differences are paired by user, with 95% intervals. Also asked: the attributes alone
(`user-attributes` with popularity, no fusion), and plain popularity. Needs the folder of real data.
"""

from collections.abc import Mapping, Sequence

import numpy as np

import sensorium as sn
from real_data import data_folder, write_result
from sensorium.catalog.events import Events
from sensorium.core.arrays import IntVector
from sensorium.evaluation.judge import Judge
from sensorium.evaluation.pooling import pooled
from sensorium.evaluation.result import EvaluationResult, paired_difference
from sensorium.models.base import QueryBatch
from sensorium.serving.fitted_model import FittedModel

FOLDS = 3
LAST = 0.2
SECONDS = 10
NDCG = "ndcg@20"
WITH, WITHOUT, ALONE, POPULAR = "auto with users", "auto without", "user-attributes", "popularity"


def asked(name: str, model: FittedModel, events: Events, judge: Judge) -> EvaluationResult:
    """Return how `model` does for users of `events` whose events it has not learnt."""
    about = {} if model.profiles is None else model.profiles.people.about(events.users)

    def scores(rows: IntVector) -> "np.ndarray[tuple[int, int], np.dtype[np.float32]]":
        history = judge.relevant[rows].multiply(0).tocsr()
        history.eliminate_zeros()
        nobody = np.full(len(rows), -1, dtype=np.int64)
        queries = QueryBatch(history, nobody, about={key: known[rows] for key, known in about.items()})
        return model.fusion.score(queries)

    return judge.fresh().add_all(scores).result(name)


def fold(
    catalog: sn.Catalog, events: Events, users: sn.Users, hidden: IntVector
) -> dict[str, EvaluationResult]:
    """Return contestant -> result for the users `hidden`."""
    is_hidden = np.isin(events.user, hidden)
    past = events.where(~is_hidden)
    judge = Judge(events.where(is_hidden).relevant(), None, ks=(20,))
    models = {
        WITH: sn.fit(catalog, past, users=users, seconds=SECONDS),
        WITHOUT: sn.fit(catalog, past, seconds=SECONDS),
        ALONE: sn.fit(catalog, past, users=users, model=sn.models.UserAttributes(popularity=2)),
        POPULAR: sn.fit(catalog, past, model="popularity", seconds=SECONDS),
    }
    print(
        {member.name: member.weight_without_history for member in models[WITH].fusion.config.members},
        flush=True,
    )
    return {name: asked(name, model, events, judge) for name, model in models.items()}


def answered(question: str, folds: Sequence[Mapping[str, EvaluationResult]]) -> dict[str, object]:
    """Print and return what each contestant reached, and the differences with and without attributes."""
    results = {name: pooled([one[name] for one in folds]) for name in folds[0]}
    facts: dict[str, object] = {"n_users": results[WITH].n_users}
    print(f"{question}: {results[WITH].n_users} users", flush=True)
    for name, result in results.items():
        facts[name] = round(result.metrics[NDCG], 4)
        print(f"  {name:18}{result.metrics[NDCG]:8.4f}", flush=True)
    for one, other in ((WITH, WITHOUT), (ALONE, POPULAR)):
        gain = paired_difference(results[one], results[other], NDCG)
        facts[f"{one} minus {other}"] = [round(value, 4) for value in (gain.mean, gain.low, gain.high)]
        print(f"  {one} minus {other}: {gain.mean:+.4f} [{gain.low:.4f}, {gain.high:.4f}]", flush=True)
    return facts


def main() -> None:
    """Evaluate and print."""
    films = data_folder("movielens-100k")
    catalog = sn.Catalog.from_file(films / "items.csv", category="genres")
    events = sn.Events.from_file(films / "events.csv", items=catalog.items, positive=["rating >= 4"])
    users = sn.Users.from_file(films / "users.csv", category=["gender", "occupation"], number="age")
    order = np.random.default_rng(0).permutation(len(events.users))
    first = np.full(len(events.users), np.inf)
    np.minimum.at(first, events.user, events.time)
    came = np.argsort(first, kind="stable")
    questions = {
        "last to come": [came[-round(LAST * len(came)) :]],
        "any": [order[number::FOLDS] for number in range(FOLDS)],
    }
    facts: dict[str, object] = {}
    for name, hidden in questions.items():
        facts[name] = answered(name, [fold(catalog, events, users, part) for part in hidden])
    write_result("users", facts)


if __name__ == "__main__":
    main()
