"""A view answers as one model that holds all items, keeps nothing of users, and never changes."""

import threading

import numpy as np
import polars as pl
import pytest
from tests.serving.views import asking_of, asks, assert_same, events_of, new_rows, view_of

import sensorium as sn
from sensorium.core.errors import ConfigError, DataError, NotReadyError, UnknownIdError
from sensorium.core.file_rows import rows_in_file
from sensorium.fusion.late_fusion import LateFusion
from sensorium.models.popularity import Popularity
from sensorium.models.registry import model_types
from sensorium.serving.asking import NOBODY, Asking, AskingEvent
from sensorium.serving.engine_view import EngineView
from sensorium.serving.overlay import Overlay
from sensorium.serving.search_parts import SearchPart


def all_members(model):
    """Return a fusion of every model that can be fitted on the data of `model`."""
    members = {}
    for name, kind in model_types().items():
        traits = kind.traits
        is_ours = kind.__module__.startswith("sensorium.")  # other tests bring models of their own
        if not is_ours or traits.about or traits.needs_ratings or traits.needs_repeats or traits.fuses:
            continue
        settings = {"block": "image:picture"} if traits.block else {}
        members[name] = kind(kind.config_type.parse(settings, where=name)).fit(model.data)
    return LateFusion.fitted(
        LateFusion.from_members(members, dict.fromkeys(members, 1.0)).config, members, model.data.n_events
    )


def test_a_user_who_tells_of_the_events_is_answered_as_the_model_answers_who_knows_them(model, view):
    for user in model.users.ids.to_list()[:6]:
        mine, known = view.recommend(asking_of(model, user), k=16), model.recommend(user, k=16)
        assert_same(mine.items, known)
        assert mine.items.path == known.path
        assert (mine.bundle, mine.sequence, mine.simpler) == (view.bundle, 0, "")


def test_events_without_strengths_are_read_by_the_rules_of_the_fit(view, model):
    told = [AskingEvent(e.item_id, value=5.0 if e.strength else 2.0, timestamp_s=e.timestamp_s)
            for e in events_of(model, "u00")]  # fmt: skip
    assert_same(view.recommend(Asking(told), k=16).items, model.recommend("u00", k=16))


def test_new_items_are_answered_as_if_they_had_been_there_from_one_array(own_model, grown, tmp_path):
    later, rows = grown
    own_model.add_items(pl.DataFrame(rows[:2]))
    own_model.add_items(pl.DataFrame(rows[2:]))
    for user in ("u00", "u01", "u02"):
        assert_same(later.recommend(asking_of(own_model, user), k=20).items, own_model.recommend(user, k=20))
    for ask in asks("r1").values():
        assert_same(ask(later).items, ask(own_model))
    found = later.search([SearchPart("words", "ember brick")], k=20)
    assert_same(found.items, own_model.search(text="ember brick", k=20))
    liked = [
        AskingEvent("r1", strength=1.0, timestamp_s=1.0),
        AskingEvent("i00", strength=1.0, timestamp_s=2.0),
    ]
    told = later.recommend(Asking(liked), k=20, explain=True, language="en")
    assert_same(told.items, own_model.recommend(history=["r1", "i00"], k=20))
    sums = [sum(reason.contribution for reason in reasons) for reasons in told.items.reasons]
    np.testing.assert_allclose(sums, told.items.scores, atol=1e-4)
    assert len(told.sentences) == len(told)
    assert all(told.sentences)


def test_every_model_answers_of_segments_what_it_answers_of_one_array(own_model, tmp_path):
    own_model.fusion = all_members(own_model)
    assert len(own_model.fusion.members) > 18
    view = view_of(own_model, tmp_path / "bundle")
    rows = new_rows(tmp_path, ("r1", 0), ("b1", 1), ("r2", 0))
    for row in rows:
        view = view.with_segments([view.segment(pl.DataFrame([row]))])
        own_model.add_items(pl.DataFrame([row]))
    asking = asking_of(own_model, "u00")
    liked = [*asking.events, AskingEvent("b1", strength=1.0, timestamp_s=2e9)]
    mine, theirs = view.sources(Asking(liked), k=20), own_model.fusion
    person = view._person(Asking(liked)).person
    query = view.model._query(person, None, ())
    for name, member in theirs.members.items():
        expected = member.score(query)[0]
        for item, score in zip(mine[name].items.indices, mine[name].items.scores, strict=True):
            assert score == expected[item], name
    np.testing.assert_array_equal(view.model.fusion.score(query), theirs.score(query))


def test_the_rows_of_the_bundle_stay_in_its_file_when_items_come(grown, view):
    later, _ = grown
    for name, block in later.model.item_features.blocks.items():
        memory = rows_in_file(block.values)
        assert memory is not None, name
        assert memory.place.shape[0] == len(view)
    old, new = view.model.fusion.state().arrays, later.model.fusion.state().arrays
    for name, array in new.items():
        if name.endswith((".features", "/features", "/seen")):
            assert rows_in_file(array) is not None, name
    assert any(rows_in_file(array) is not None for array in old.values())


def test_a_view_does_not_change_when_another_is_made_of_it(model, view, grown):
    later, _ = grown
    assert (len(view), len(later)) == (16, 19)
    assert "r1" not in view.recommend(NOBODY, k=20).items.item_ids
    assert "r1" in later.recommend(NOBODY, k=20).items.item_ids
    assert (view.sequence, later.sequence) == (0, 2)
    hidden = later.with_overlay(Overlay(3, hidden=frozenset({"r1"})))
    assert "r1" in later.recommend(NOBODY, k=20).items.item_ids
    assert "r1" not in hidden.recommend(NOBODY, k=20).items.item_ids


class TestAnswers:
    def test_without_a_history_what_is_popular_answers_and_says_so(self, view, model):
        answer = view.recommend(k=4)
        assert_same(answer.items, model.recommend(k=4))
        assert answer.simpler == "no history"
        told = answer.to_json()
        assert (told["bundle"], told["sequence"], told["simpler"]) == (view.bundle, 0, "no history")
        assert [item["item_id"] for item in told["items"]] == list(answer.items.item_ids)

    def test_past_the_deadline_a_simpler_answer_comes_that_keeps_all_conditions(self, view, model):
        asking = asking_of(model, "u00")
        late = view.recommend(asking, k=20, where=["colour=red"], deny=["i02"], deadline_s=0.0)
        assert (late.simpler, late.items.path) == ("deadline", "popularity")
        full = view.recommend(asking, k=20, where=["colour=red"], deny=["i02"], deadline_s=60.0)
        assert full.simpler == ""
        assert set(late.items.item_ids) <= set(full.items.item_ids)
        assert len(late) == len(full)
        counts = np.asarray(model.data.interactions.sum(axis=0)).ravel()[late.items.indices]
        assert (np.diff(counts) <= 0).all()

    def test_what_the_question_says_that_is_not_known_is_passed_over_and_named(self, view):
        asking = Asking(
            [AskingEvent("i00", strength=1.0), AskingEvent("gone", strength=1.0)],
            attributes={"age": 25},
            searches=["ember"],
            liked=["i02", "nothing"],
            context={"device": "tv"},
        )
        answer = view.recommend(asking)
        assert "i00" not in answer.items.item_ids
        said = "; ".join(answer.ignored)
        for word in ("'gone'", "attributes", "searches", "'nothing'", "device"):
            assert word in said

    def test_the_callers_own_candidates_come_back_in_order(self, view, model):
        asking = asking_of(model, "u00")
        seen = model.catalog.items.id(int(model.seen[[model.users.index("u00")]].indices[0]))
        answer = view.rank(asking, ["i03", seen, "i05", "i03", "unheard of"])
        whole = view.recommend(asking, k=16, seen=False).items.item_ids
        assert list(answer.items.item_ids) == [item for item in whole if item in ("i03", seen, "i05")]
        assert "'unheard of'" in answer.ignored[0]
        assert len(view.rank(asking, ["unheard of"])) == 0
        assert "and 2 more" in view.rank(asking, list("abcde")).ignored[0]

    def test_each_source_says_what_it_alone_would_recommend(self, view, model):
        asking = asking_of(model, "u00")
        found = view.sources(asking, k=3)
        fallback = model.fusion.config.fallback
        assert fallback in found
        assert len(found) > 1
        query = model._query("u00", None, ())
        for name, answer in found.items():
            scores = model.fusion.members[name].score(query)[0]
            np.testing.assert_allclose(answer.items.scores, scores[answer.items.indices], rtol=1e-5)
        nobody = view.sources(NOBODY)
        assert len(nobody[fallback]) > 0
        assert any(len(answer) == 0 for answer in nobody.values())

    def test_an_explanation_adds_up_and_is_said_in_words(self, view, model):
        asking = asking_of(model, "u00")
        item = view.recommend(asking, k=1).items.item_ids[0]
        told = view.explain(asking, item, language="zh")
        known = model.explain("u00", item)
        assert told.explanation.score == pytest.approx(known.score, rel=1e-5)
        assert sum(told.explanation.by_source().values()) == pytest.approx(known.score, abs=1e-4)
        assert told.sentence
        assert told.bundle == view.bundle
        with pytest.raises(UnknownIdError):
            view.explain(asking, "unheard of")

    def test_stated_likes_and_labels_count_as_they_do_in_a_model(self, view, model):
        asking = Asking(liked=["i00"], disliked=["i01"], like={"colour": ["red"]}, steer=0.8)
        known = model.recommend(history=["i00"], disliked=["i01"], like={"colour": ["red"]}, steer=0.8, k=16)
        assert_same(view.recommend(asking, k=16).items, known)

    def test_disliked_events_take_items_off_the_list(self, view):
        asking = Asking([AskingEvent("i00", strength=1.0), AskingEvent("i02", strength=-1.0)])
        assert not {"i00", "i02"} & set(view.recommend(asking, k=20).items.item_ids)
        assert "i02" not in view.recommend(asking, k=20, seen=False).items.item_ids

    def test_where_nothing_was_saved_it_says_so(self, tmp_path):
        with pytest.raises((DataError, NotReadyError)):
            EngineView.open(tmp_path)

    def test_a_view_of_popularity_alone_answers(self, own_model, tmp_path):
        own_model.fusion = LateFusion.of(Popularity().fit(own_model.data), Popularity().fit(own_model.data))
        assert len(view_of(own_model, tmp_path / "popular").recommend(k=3)) == 3


def test_a_workspace_is_opened_with_its_segments(workspace_copy, grown):
    view = sn.open_view(workspace_copy)
    view.segment(pl.DataFrame(grown[1])).save(workspace_copy / ".sensorium" / "segments")
    again = sn.open_view(workspace_copy)
    assert (len(view), len(again), again.sequence) == (16, 19, 1)
    with pytest.raises(NotReadyError, match="there is nothing here"):
        sn.open_view(workspace_copy / "elsewhere")


@pytest.mark.parametrize(
    ("made", "said"),
    [
        (lambda: Asking(media={"smell": "roses"}), r"'smell' is no medium.*text, image, audio, video"),
        (lambda: Asking(media={"image": 3}), "a int is no image"),
    ],
)
def test_what_is_no_medium_is_refused(made, said):
    with pytest.raises(ConfigError, match=said):
        made()


def test_others_are_answered_while_views_are_swapped(view, grown):
    later, _ = grown
    held, wrong, done = [view], [], threading.Event()

    def ask():
        while not done.is_set():
            mine = held[0]
            answer = mine.recommend(NOBODY, k=30)
            if len(answer) != len(mine) or answer.sequence != mine.sequence:
                wrong.append(answer)

    threads = [threading.Thread(target=ask) for _ in range(3)]
    for thread in threads:
        thread.start()
    for step in range(20):
        held[0] = later if step % 2 else view.with_overlay(Overlay(1))
    done.set()
    for thread in threads:
        thread.join()
    assert wrong == []
