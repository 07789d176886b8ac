"""A Chinese site of short videos: Chinese column names, shares watched, dislikes; answers in Chinese."""

from pathlib import Path

import numpy as np
import pytest
from tests.people.files import COLOURS, draw, write_table

TOPICS = ("美食", "旅行", "宠物")
N_VIDEOS, N_USERS = 45, 60


@pytest.fixture(scope="module")
def site(tmp_path_factory, run) -> Path:
    """Each watches videos of one topic to the end and swipes others away."""
    folder, rng = tmp_path_factory.mktemp("短视频"), np.random.default_rng(5)
    videos = []
    for n in range(N_VIDEOS):
        topic = TOPICS[n % 3]
        draw(folder / "封面" / f"{n}.jpg", list(COLOURS)[n % 3], "disc", seed=n)
        videos.append((f"v{n}", f"{topic}日记第{n}集", topic, f"封面/{n}.jpg"))
    write_table(folder / "视频.csv", ("视频id", "标题", "标签", "封面"), videos)
    events = []
    for user in range(N_USERS):
        for step in range(16):
            video = int(rng.integers(N_VIDEOS))
            own = video % 3 == user % 3
            share = f"{rng.integers(80, 101) if own else rng.integers(2, 20)}%"
            kind = ("点赞" if rng.random() < 0.5 else "播放") if own else "播放"
            if not own and step % 5 == 0:
                kind = "不感兴趣"
            when = f"2026年{1 + user % 6}月{1 + step}日"
            events.append((f"用户{user}", f"v{video}", kind, share, when))
    write_table(folder / "行为.csv", ("用户id", "视频id", "行为", "完播率", "时间"), events)
    run("init", folder, "--items", folder / "视频.csv", "--events", folder / "行为.csv")
    run("fit", folder, "--seconds", 3)
    return folder


def test_init_knows_the_columns_and_what_the_types_say(site):
    text = (site / "sensorium.toml").read_text(encoding="utf-8")
    assert 'portion = "完播率"' in text
    assert 'image = ["封面"]' in text
    strengths = text.split("[events.strength]")[1]
    assert '"不感兴趣" = -' in strengths or "不感兴趣 = -" in strengths
    assert "点赞" in strengths


def test_users_get_their_topic_and_nothing_that_they_swiped_away_for_good(site, run):
    rows = [line.split(",") for line in (site / "行为.csv").read_text("utf-8-sig").splitlines()[1:]]
    for user in (0, 4, 11):
        refused = {video for who, video, kind, *_ in rows if who == f"用户{user}" and kind == "不感兴趣"}
        items = run("recommend", site, "--user", f"用户{user}", "-k", 6, "--json")["items"]
        listed = [item["item_id"] for item in items]
        assert not refused & set(listed)
        assert sum(int(one[1:]) % 3 == user % 3 for one in listed) >= 4


def test_answers_are_in_chinese(site, run):
    printed = run("recommend", site, "--user", "用户1", "-k", 3, "--explain", "--language", "zh", text=True)
    assert "《" in printed
    assert "because" not in printed.lower()


def test_the_report_is_chinese_throughout(site, run):
    found = run("evaluate", site, "--seconds", 3, "--language", "zh", "--json")
    page = Path(found["report"]).read_text(encoding="utf-8")
    assert 'lang="zh' in page
    for english in ("Leaving out", "How well", "users evaluated", "Where it ranks"):
        assert english not in page


def test_chinese_words_are_searched(site, run):
    found = run("search", site, "--text", "宠物日记", "-k", 5, "--json")["items"]
    assert all("宠物" in item["title"] for item in found)
