"""What a model of a catalogue alone cannot answer: who a user is, and what is popular."""

from sensorium.core.errors import NotReadyError
from sensorium.core.vocabulary import Vocabulary
from sensorium.models.base import QueryBatch, TrainingData

REMEDY = "Give a history, or say what is liked: labels, words or a medium; with events, users are known"


def require_users(users: Vocabulary) -> None:
    """Raise `NotReadyError` if no user is known, since there were no events."""
    if not len(users):
        raise NotReadyError("there are no events yet, so that no user is known", remedy=REMEDY)


def require_evidence(data: TrainingData, query: QueryBatch) -> None:
    """Raise `NotReadyError` if nothing is known of who asks, and no events say what is popular."""
    if not data.interactions.nnz and not query.history.nnz:
        raise NotReadyError(
            "there are no events yet, so that nothing says what a new user may like", remedy=REMEDY
        )
