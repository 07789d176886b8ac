import matplotlib as mpl
import numpy as np
from numpy.testing import assert_allclose
from tests.insight.cases import result

from sensorium.core.source_kind import SourceKind
from sensorium.evaluation.intervals import Interval
from sensorium.insight.ablation import Ablation, leave_one_out
from sensorium.insight.figures import (
    plot_ablation,
    plot_history,
    plot_popularity,
    plot_sources,
    plot_weights,
    popularity_groups,
    readable,
    source_colour,
)
from sensorium.insight.palette import colour
from sensorium.insight.svg import inline_svg

VALUES = np.linspace(0.3, 0.7, 30)
RESULTS = {"fusion": result("fusion", VALUES), "popularity": result("popularity", VALUES - 0.1)}

KINDS = {
    "popularity": SourceKind.POPULARITY,
    "recent-popularity": SourceKind.POPULARITY,
    "ease": SourceKind.BEHAVIOUR,
    "image": SourceKind.IMAGE,
}


def test_sources_stand_from_best_to_worst() -> None:
    axes = plot_sources(dict(reversed(RESULTS.items())), KINDS).axes[0]
    assert [label.get_text() for label in axes.get_yticklabels()] == ["fusion", "popularity"]
    assert axes.get_ylim()[0] > axes.get_ylim()[1]


def test_a_source_is_called_by_its_name_also_where_that_reads_like_a_formula() -> None:
    named = {"image:_the $price$ of everything there is": RESULTS["fusion"], "_a": RESULTS["popularity"]}
    axes = plot_sources(named, {}).axes[0]
    assert [label.get_text() for label in axes.get_yticklabels()] == [r"image:_the \$price\$ of eve…", "a"]


def test_leaving_out_is_drawn_as_a_loss() -> None:
    axes = plot_ablation(leave_one_out(RESULTS["fusion"], {"image": RESULTS["popularity"]})).axes[0]
    assert_allclose([bar.get_width() for bar in axes.patches], [-0.1])


def test_a_significant_change_is_drawn_solid_in_either_direction() -> None:
    changes = [Interval(0.1, 0.05, 0.15, 9), Interval(0.0, -0.1, 0.1, 9), Interval(-0.1, -0.15, -0.05, 9)]
    axes = plot_ablation([Ablation("image", gain, 0.5) for gain in changes]).axes[0]
    assert [bar.get_alpha() for bar in axes.patches] == [0.85, 0.35, 0.85]


def test_popularity_groups_are_shares_that_add_up() -> None:
    rng = np.random.default_rng(0)
    labels, recommended, trained = popularity_groups(rng.integers(9, size=300), rng.integers(4, size=300))
    assert labels[-1] == "no event"
    assert_allclose([recommended.sum(), trained.sum()], 1)
    assert trained[-1] == 0
    assert plot_popularity(np.ones(300, dtype=int), np.ones(300, dtype=int)).axes


def test_popularity_groups_exist_for_two_items() -> None:
    labels, recommended, _ = popularity_groups(np.array([1, 1]), np.array([5, 0]))
    assert len(labels) == len(recommended)
    assert_allclose(recommended.sum(), 1)


def test_history_buckets_without_users_are_not_drawn() -> None:
    axes = plot_history(RESULTS, KINDS).axes[0]
    assert [label.get_text().split("\n")[0] for label in axes.get_xticklabels()] == ["none", "1 to 5"]


def test_weights_are_shares_of_each_set() -> None:
    axes = plot_weights({"ease": 3.0, "image": 1.0}, KINDS, {"image": 2.0}).axes[0]
    assert_allclose(sorted(bar.get_width() for bar in axes.patches), [0.25, 0.75, 1.0])


def test_sources_without_weight_are_not_drawn() -> None:
    axes = plot_weights({"ease": 1.0, "rp3": 0.0, "image": 0.0}, KINDS, {"image": 2.0, "text": 0.0}).axes[0]
    assert [label.get_text() for label in axes.get_yticklabels()] == ["ease", "image"]


def test_results_of_one_colour_are_marked_apart() -> None:
    results = {**RESULTS, "recent-popularity": result("recent-popularity", VALUES)}
    figure = plot_history(results, KINDS)
    marks = {
        line.get_label(): (line.get_color(), line.get_marker())
        for line in figure.axes[0].lines
        if line.get_label() in results
    }
    assert marks["popularity"][0] == marks["recent-popularity"][0]
    assert len(set(marks.values())) == len(results)


def test_a_source_of_unknown_kind_is_drawn_grey() -> None:
    assert source_colour("other", "fusion", KINDS) == colour("muted")


def test_metrics_have_names_for_people() -> None:
    assert [readable(name) for name in ("ndcg@20", "hit_rate@5", "coverage@10")] == [
        "NDCG@20",
        "Hit rate@5",
        "Coverage@10",
    ]


def test_plotting_leaves_the_settings_of_matplotlib_alone() -> None:
    before = dict(mpl.rcParams)
    inline_svg(plot_sources(RESULTS, KINDS), "x", "x")
    assert dict(mpl.rcParams) == before


def test_an_svg_repeats_and_asks_for_nothing() -> None:
    first, again = (inline_svg(plot_sources(RESULTS, KINDS), "sources", "a < b") for _ in range(2))
    assert first == again
    assert "http" not in first
    assert 'aria-label="a &lt; b"' in first
    assert "var(--fusion)" in first
