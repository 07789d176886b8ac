"""Routes of answers: recommendations, orders, similar items, searches, reasons."""

import math
from collections.abc import Generator
from contextlib import contextmanager

from ninja import Router
from ninja.params.functions import Query

from sensorium.core.errors import NotReadyError, UserError
from sensorium.service.api.access import AskingRequest, may
from sensorium.service.api.answer_rows import (
    AnswerOutput,
    ExplanationOutput,
    FeedCursor,
    K,
    Language,
    RankInput,
    RecommendInput,
    SearchInput,
    Seconds,
    SourcesOutput,
    items_of,
)
from sensorium.service.api.fields import Id, Phrase, Word
from sensorium.service.api.items import item_of
from sensorium.service.api.problems import Problem, printable, request_id_of
from sensorium.service.engine import answers
from sensorium.service.engine.answers import ItemNotReadyError
from sensorium.service.engine.feeds import UnknownFeedError
from sensorium.service.engine.people import Who
from sensorium.service.engine.question import Feeding, Limits, Shape, Told

router = Router(tags=["answers"])
NO_CONDITIONS = Query([], description="Conditions that all hold, such as `genres=Comedy` or `year>=1990`.")
FEED = Query(False, description="Begin a feed: `next_cursor` gives pages in which nothing comes again.")
DEADLINE = Query(None, description="Seconds after which a simpler answer comes instead; `simpler` says so.")
LANGUAGE = Query(None, description="Also say in words why each item is there.")


@router.post("/recommend", auth=may("answers:read"), response=AnswerOutput, operation_id="recommend")
def recommend(request: AskingRequest, body: RecommendInput) -> AnswerOutput:
    """Recommend items to a user, by a history, or by both; or to somebody of whom nothing is known."""
    feeding = Feeding(body.feed, body.cursor)
    with problems():
        told = answers.recommend(
            request.auth.tenant, body.who(), body.limits(body.seen), body.shape(), feeding
        )
    return _answer(request, told)


@router.get(
    "/users/{id:user_id}/recommendations",
    auth=may("answers:read"),
    response=AnswerOutput,
    operation_id="recommend_to_user",
)
def recommend_to_user(
    request: AskingRequest,
    user_id: Id,
    k: K = Query(10),
    where: list[Phrase] = NO_CONDITIONS,
    explain: bool = Query(False),
    language: Language | None = LANGUAGE,
    deadline_s: Seconds | None = DEADLINE,
    feed: bool = FEED,
    cursor: FeedCursor | None = Query(None, description="`next_cursor` of the page before."),
) -> AnswerOutput:
    """Recommend items to a user; `POST /api/recommend` takes more of a question."""
    with problems():
        told = answers.recommend(
            request.auth.tenant,
            Who(user_id),
            Limits(k, where),
            Shape(explain, language, deadline_s),
            Feeding(feed, cursor),
        )
    return _answer(request, told)


@router.post("/rank", auth=may("answers:read"), response=AnswerOutput, operation_id="rank_items")
def rank(request: AskingRequest, body: RankInput) -> AnswerOutput:
    """Order your own candidates for who asks; those that may not be shown are left out and named."""
    with problems():
        told = answers.rank(request.auth.tenant, body.who(), body.candidates, body.shape())
    return _answer(request, told)


@router.get(
    "/items/{id:item_id}/similar",
    auth=may("answers:read"),
    response=AnswerOutput,
    operation_id="similar_items",
)
def similar(
    request: AskingRequest,
    item_id: Id,
    by: Word | None = Query(
        None, description="`behaviour`, a modality such as `image`, or a source; all of them if left out."
    ),
    k: K = Query(10),
    where: list[Phrase] = NO_CONDITIONS,
    explain: bool = Query(False),
    language: Language | None = LANGUAGE,
    deadline_s: Seconds | None = DEADLINE,
) -> AnswerOutput:
    """Return the items that are most like an item."""
    item_of(request.auth.tenant, item_id)
    shape = Shape(explain, language, deadline_s)
    with problems():
        told = answers.similar(request.auth.tenant, item_id, by, Limits(k, where), shape)
    return _answer(request, told)


@router.post("/search", auth=may("answers:read"), response=AnswerOutput, operation_id="search_items")
def search(request: AskingRequest, body: SearchInput) -> AnswerOutput:
    """Find items by words, photos, sounds, clips and items that they are like, each with a weight.

    What a part with a weight below zero finds is not wanted. Items that parts name are not found.
    """
    tenant = request.auth.tenant
    for item_id in body.named_items():
        item_of(tenant, item_id)
    who = None if body.user_id is None else Who(body.user_id)
    with problems():
        told = answers.search(tenant, body.asked_parts(), who, body.limits(), body.shape())
    return _answer(request, told)


@router.get("/explain", auth=may("answers:read"), response=ExplanationOutput, operation_id="explain_item")
def explain(
    request: AskingRequest,
    item_id: Id = Query(...),
    user_id: Id | None = Query(None, description="Somebody of whom nothing is known if left out."),
    n_items: int = Query(5, ge=0, le=50, description="How many items of the history are left out in turn."),
    language: Language = Query("en"),
    deadline_s: Seconds | None = DEADLINE,
) -> ExplanationOutput:
    """Say why an item scores what it scores for a user: parts that add up, and what would be without some."""
    tenant = request.auth.tenant
    item_of(tenant, item_id)
    with problems():
        told = answers.explain(
            tenant, Who(user_id), item_id, n_items, Shape(language=language, deadline_s=deadline_s)
        )
    score = None if math.isnan(told["score"]) else told["score"]
    return ExplanationOutput.model_validate({**told, "score": score, "request_id": request_id_of(request)})


@router.get(
    "/users/{id:user_id}/sources",
    auth=may("answers:read"),
    response=SourcesOutput,
    operation_id="sources_of_user",
)
def sources(
    request: AskingRequest,
    user_id: Id,
    k: K = Query(10),
    where: list[Phrase] = NO_CONDITIONS,
    deadline_s: Seconds | None = DEADLINE,
) -> SourcesOutput:
    """Say what each source alone would recommend to a user."""
    with problems():
        told = answers.sources(request.auth.tenant, Who(user_id), Limits(k, where), deadline_s)
    found = {name: items_of(rows) for name, rows in told["sources"].items()}
    return SourcesOutput.model_validate({**told, "sources": found, "request_id": request_id_of(request)})


@contextmanager
def problems() -> Generator[None]:
    """Let what the engine cannot answer be a problem."""
    try:
        yield
    except UnknownFeedError:
        raise Problem("unknown-feed", "no feed of this user goes on there", where="cursor") from None
    except ItemNotReadyError as error:
        what = f"the model does not know the item {error.args[0]!r} yet"
        raise Problem("item-not-ready", what, where="item_id") from None
    except NotReadyError as error:
        raise _problem("no-model", error) from error
    except UserError as error:
        raise _problem("cannot-answer", error) from error


def _problem(code: str, error: UserError) -> Problem:
    where = None if error.where is None else printable(error.where)[:200]
    remedy = None if error.remedy is None else printable(error.remedy)[:2_000]
    return Problem(code, printable(error.what), where=where, remedy=remedy)


def _answer(request: AskingRequest, told: Told) -> AnswerOutput:
    return AnswerOutput.of(told, request_id_of(request))
