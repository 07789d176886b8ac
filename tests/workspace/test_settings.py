from ipaddress import ip_network

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sensorium.core.errors import ConfigError
from sensorium.workspace.settings import (
    CatalogSettings,
    EncoderSettings,
    EvaluationSettings,
    EventSettings,
    ModelSettings,
    Settings,
)

NAMES = st.one_of(
    st.sampled_from(
        ['with "quotes"', "back\\slash", "tab\tand\nline", "名前", "naïve", "a.b", "#", "", "\x7f", "'"]
    ),
    st.text(st.characters(exclude_categories=["Cs"]), max_size=12),
)
SEVERAL = st.lists(NAMES, max_size=3).map(tuple)
SETTINGS = st.builds(
    Settings,
    catalog=st.builds(
        CatalogSettings,
        items=NAMES,
        media=st.none() | NAMES,
        id=NAMES,
        text=SEVERAL,
        image=SEVERAL,
        category=SEVERAL,
        number=SEVERAL,
        hidden=st.lists(NAMES, max_size=2).map(tuple),
        private_networks=st.lists(st.ip_addresses().map(ip_network), max_size=2).map(tuple),
    ),
    events=st.builds(EventSettings, file=NAMES, user=NAMES, type=st.none() | NAMES, positive=SEVERAL),
    model=st.builds(
        ModelSettings, name=NAMES, seconds=st.integers(1, 10**6), seed=st.integers(-(2**31), 2**31)
    ),
    evaluation=st.builds(
        EvaluationSettings,
        split=st.sampled_from(["auto", "time", "user-time", "random", "cold-items"]),
        test=st.floats(1e-6, 0.999),
        k=st.integers(1, 1000),
    ),
)


@settings(deadline=None)
@given(settings_=SETTINGS)
def test_whatever_the_settings_say_is_read_back_from_their_toml(settings_, tmp_path_factory):
    file = tmp_path_factory.getbasetemp() / "round-trip.toml"
    file.write_bytes(settings_.toml().encode())
    assert Settings.read(file) == settings_


@settings(deadline=None)
@given(settings_=SETTINGS, line=NAMES)
def test_a_comment_of_any_text_stands_above_its_setting_and_changes_nothing(
    settings_, line, tmp_path_factory
):
    file = tmp_path_factory.getbasetemp() / "comments.toml"
    text = settings_.toml({"catalog.items": [line, "second reason"]})
    file.write_bytes(text.encode())
    assert Settings.read(file) == settings_
    assert "# second reason\nitems = " in text


def test_a_table_in_a_table_stays_on_one_line():
    values = {"encoder": "a", "settings": {"size": 2, "names": ["x"]}}
    chosen = Settings(
        catalog=CatalogSettings(items="i.csv"),
        events=EventSettings(file="e.csv"),
        encoders=EncoderSettings(text=values),
    )
    assert 'text = {encoder = "a", settings = {size = 2, names = ["x"]}}' in chosen.toml()


def written(folder, text):
    file = folder / "sensorium.toml"
    file.write_text(text, encoding="utf-8")
    return file


GOOD = '[catalog]\nitems = "items.csv"\n[events]\nfile = "events.csv"\n'


def test_one_column_may_be_written_without_brackets(tmp_path):
    text = GOOD.replace("[events]", 'text = "title"\n[events]\npositive = "rating >= 4"')
    settings_ = Settings.read(written(tmp_path, text))
    assert settings_.catalog.text == ("title",)
    assert settings_.events.positive == ("rating >= 4",)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (GOOD + "[model]\nspeed = 3\n", "model.speed"),
        (GOOD + "[model]\nspeed = 3\n", "Known settings: name, seconds, seed"),
        (
            GOOD + "[extra]\nx = 1\n",
            "Known settings: catalog, events, users, encoders, media, features, model, ranking, evaluation",
        ),
        (GOOD + "[model]\nseconds = 0\n", "model.seconds"),
        (GOOD + '[evaluation]\nsplit = "tomorrow"\n', "evaluation.split"),
        (GOOD + "[evaluation]\ntest = 1.5\n", "evaluation.test"),
        ("[catalog]\n", "catalog.items: field required. Add it"),
        (
            GOOD.replace("items =", "itemss ="),
            "catalog.itemss: there is no such setting. Did you mean items? Known settings: items,",
        ),
        ("nonsense", "not valid TOML"),
    ],
)
def test_a_wrong_setting_is_named_with_the_file(text, said, tmp_path):
    file = written(tmp_path, text)
    with pytest.raises(ConfigError) as caught:
        Settings.read(file)
    assert said in str(caught.value)
    assert str(file) in str(caught.value)


def test_a_private_network_is_one_or_several(tmp_path):
    for network in ('"10.1.0.0/16"', '["10.1.0.0/16"]'):
        file = written(tmp_path, GOOD.replace("[events]", f"private_networks = {network}\n[events]"))
        assert Settings.read(file).catalog.private_networks == (ip_network("10.1.0.0/16"),)


def test_what_is_no_network_is_refused(tmp_path):
    file = written(tmp_path, GOOD.replace("[events]", 'private_networks = ["intranet"]\n[events]'))
    with pytest.raises(ConfigError, match="private_networks"):
        Settings.read(file)
