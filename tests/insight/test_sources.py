import pytest

from sensorium.insight.sources import Kind, kind_of


@pytest.mark.parametrize(
    ("source", "kind"),
    [
        ("image:poster", Kind.IMAGE),
        ("image", Kind.IMAGE),
        ("text:plot", Kind.TEXT),
        ("content-knn[audio:track]", Kind.AUDIO),
        ("video:clip", Kind.VIDEO),
        ("category:genres", Kind.CATEGORY),
        ("number:year", Kind.NUMBER),
        ("multimodal-knn", Kind.CONTENT),
        ("ease", Kind.BEHAVIOUR),
        ("item-knn", Kind.BEHAVIOUR),
        ("recent-popularity", Kind.POPULARITY),
        ("popularity", Kind.POPULARITY),
        ("context", Kind.BEHAVIOUR),
    ],
)
def test_sources_show_their_kind_in_their_name(source: str, kind: Kind) -> None:
    assert kind_of(source) is kind
