import pytest

from sensorium.insight.source_kind import SourceKind, kind_of


@pytest.mark.parametrize(
    ("source", "kind"),
    [
        ("image:poster", SourceKind.IMAGE),
        ("image", SourceKind.IMAGE),
        ("text:plot", SourceKind.TEXT),
        ("content-knn[audio:track]", SourceKind.AUDIO),
        ("video:clip", SourceKind.VIDEO),
        ("category:genres", SourceKind.CATEGORY),
        ("number:year", SourceKind.NUMBER),
        ("multimodal-knn", SourceKind.CONTENT),
        ("ease", SourceKind.BEHAVIOUR),
        ("item-knn", SourceKind.BEHAVIOUR),
        ("recent-popularity", SourceKind.POPULARITY),
        ("popularity", SourceKind.POPULARITY),
        ("context", SourceKind.BEHAVIOUR),
    ],
)
def test_sources_show_their_kind_in_their_name(source: str, kind: SourceKind) -> None:
    assert kind_of(source) is kind
