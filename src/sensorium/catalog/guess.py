"""What the columns of a catalogue are for, guessed from their names and values; each guess has its reason."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import polars as pl

from sensorium.catalog.availability import AVAILABLE_NAMES, HIDDEN_NAMES, as_available
from sensorium.catalog.column_names import find_named, plain_name
from sensorium.catalog.columns import (
    FALSE_WORDS,
    TRUE_WORDS,
    as_numbers,
    as_text,
    as_times,
    is_blank,
    is_blank_number,
    is_blank_time,
)
from sensorium.catalog.multi_label import label_separator, split_labels
from sensorium.catalog.readers.plain_types import with_plain_types
from sensorium.core.roles import Role
from sensorium.media.file_types import role_of_name

SAMPLE_ROWS = 5_000
"""How many rows decide; taken evenly from the whole table."""
MOST = 0.8
"""The share of values that must be alike for a column to be taken as that kind."""
NEAR_UNIQUE = 0.95
ENOUGH_ROWS = 20
"""Below this, that all values differ says nothing."""
SHARED = 0.5
"""The share of items that must have a label in common with another item for a column to be a category."""
MAX_LABEL_WORDS = 4.5

ID_NAMES = (
    "item_id", "itemid", "id", "item", "movie_id", "movieid", "product_id", "productid", "video_id",
    "videoid", "article_id", "song_id", "track_id", "book_id", "course_id", "game_id", "recipe_id", "post_id",
    "note_id", "asin", "sku", "isbn", "iid",
    "商品id", "物品id", "视频id", "作品id", "歌曲id", "音乐id", "文章id", "新闻id", "图书id", "电影id",
    "影片id", "课程id",
    "笔记id", "帖子id", "商品编号", "货号", "编号",
)  # fmt: skip
TITLE_NAMES = (
    "title", "name", "headline", "item_name", "product_name", "product_title", "item_title", "movie_title",
    "track_name", "song_name", "track", "song", "book_title", "course_name",
    "标题", "名称", "片名", "书名", "歌名", "商品名", "商品名称", "商品标题", "品名", "视频标题",
    "文章标题", "课程名称", "题目",
    "タイトル", "제목",
)  # fmt: skip
_PROSE = re.compile(
    r"descri|summary|plot|overview|synopsis|abstract|caption|story|lyric|简介|描述|详情|内容|正文|摘要|剧情|歌词|文案|介绍|説明|あらすじ|설명"
)
_PUBLISHED = re.compile(r"publish|releas|created|uploaded|added|date|发布|上映|出版|上线|创建|日期|公開")
_IDENTIFIER = re.compile(r"(^|_)(id|code|isbn|ean|upc|barcode|zip|index|key|hash|uuid)$|[a-z]Id$")
_PICTURE = re.compile(r"image|img|photo|picture|poster|cover|thumb|图|画像|封面|海报|照片")
_KINDS = re.compile(r"categor|genre|class|type|kind|group|tag|brand|类|标签|品牌|分区|频道|语言|流派|风格")
_QUANTITY = re.compile(
    r"year|price|cost|count|views|likes|length|duration|size|weight|rating|score|年|价|时长|长度|销量|评分|数量|重量|面积|页数"
)


@dataclass(frozen=True)
class ColumnGuess:
    """What one column seems to be for, and why."""

    column: str
    role: Role | None
    """None: no feature can be made of it."""
    reason: str


@dataclass(frozen=True)
class CatalogGuess:
    """What the columns of a catalogue seem to be for."""

    id: str
    columns: tuple[ColumnGuess, ...]
    """All columns but the id, in the order of the table."""

    @property
    def roles(self) -> dict[str, Role]:
        """Column -> role of the columns that have one; what looks like a title comes first."""
        ordered = sorted(self.columns, key=lambda guess: plain_name(guess.column) not in TITLE_NAMES)
        return {guess.column: guess.role for guess in ordered if guess.role is not None}

    def columns_of(self, role: Role) -> list[str]:
        """Return the columns with a role."""
        return [column for column, given in self.roles.items() if given == role]


def guess_roles(frame: pl.DataFrame, *, id: str | None = None) -> CatalogGuess:  # noqa: A002
    """Return the guessed id column (unless given) and role of every other column of `frame`."""
    rows = frame.gather_every(max(1, frame.height // SAMPLE_ROWS)) if frame.height else frame
    sample = with_plain_types(rows)
    key = id or guess_id(sample)
    guesses = [guess_column(sample[name]) for name in frame.columns if name != key]
    return CatalogGuess(key, tuple(_keep_one_of_each(guesses)))


def guess_id(frame: pl.DataFrame) -> str:
    """Return the column with the ids: by name, else one whose values all differ, else the first.

    A first column of whole numbers that hardly repeat counts too, so that one id given twice does not make
    another column the id; names of media come last.
    """
    named = find_named(frame.columns, ID_NAMES)
    if named is not None:
        return named
    distinct = [name for name in frame.columns if _flatten_lists(frame[name]).n_unique() == frame.height]
    endings = [name for name in distinct if _IDENTIFIER.search(name)]
    first = [name for name in frame.columns[:1] if _hardly_repeats(frame[name])]
    plain = [name for name in distinct if not _holds_media(frame[name])]
    return next(iter([*endings, *first, *plain, *distinct, *frame.columns]), "item_id")


def _hardly_repeats(series: pl.Series) -> bool:
    values = series.filter(~is_blank(series))
    numbers = as_numbers(values)
    whole = not numbers.null_count() and bool((numbers == numbers.round()).all())
    return whole and len(values) >= ENOUGH_ROWS and values.n_unique() >= NEAR_UNIQUE * len(values)


def _holds_media(series: pl.Series) -> bool:
    values = series.filter(~is_blank(series))
    found = None if values.is_empty() else _guess_media(series.name, values)
    return found is not None and found[0] is not None


def guess_column(series: pl.Series) -> ColumnGuess:
    """Return what a column seems to be for."""
    values = series.filter(~is_blank(series))
    if values.is_empty():
        return ColumnGuess(series.name, None, "is empty")
    for attempt in (_guess_media, _guess_available, _guess_flag, _guess_time, _guess_number, _guess_text):
        found = attempt(series.name, values)
        if found is not None:
            return ColumnGuess(series.name, *found)
    return ColumnGuess(series.name, None, "looks like codes that no two items share")


_Found = tuple[Role | None, str] | None


def _guess_media(name: str, values: pl.Series) -> _Found:
    if values.dtype != pl.String:
        return None
    kinds = [role_of_name(value.strip()) for value in values]
    for role in (Role.IMAGE, Role.AUDIO, Role.VIDEO):
        share = kinds.count(role) / len(kinds)
        if share >= MOST:
            return role, f"{share:.0%} of the values are names of {_PLURALS[role]}"
    links = float(values.str.contains(r"^\s*https?://\S+$").mean() or 0.0)  # type: ignore[arg-type]
    if links < MOST:
        return None
    if _PICTURE.search(name.lower()):
        return Role.IMAGE, "links, and the name speaks of pictures"
    return None, "links to pages"


def _guess_available(name: str, values: pl.Series) -> _Found:
    if plain_name(name) not in AVAILABLE_NAMES:
        return None
    had = as_available(values)
    if had.null_count() > (1 - MOST) * len(had):
        return None
    if not had.any():
        return None, "says that no item can be had"
    return Role.AVAILABLE, f"says which items can be had: {had.mean() or 0.0:.0%} of those it speaks of"


def _guess_flag(name: str, values: pl.Series) -> _Found:
    words = set(as_text(values).str.strip_chars().str.to_lowercase().unique().to_list())
    if not words <= {*TRUE_WORDS, *FALSE_WORDS}:
        return None
    if plain_name(name) in HIDDEN_NAMES:
        return Role.HIDDEN, "yes or no, and the name says that such items are not shown"
    if len(words) < 2:
        return None, "has one value only"
    return Role.CATEGORY, "yes or no"


def _guess_time(name: str, values: pl.Series) -> _Found:
    values = values.filter(~is_blank_time(values))
    if values.is_empty():
        return None
    spoken = _PUBLISHED.search(name.lower()) is not None
    numbers = as_numbers(values)
    numeric = 1 - numbers.null_count() / len(values)
    if numeric >= MOST:
        middle = float(numbers.median() or 0.0)  # type: ignore[arg-type]
        if not spoken or (middle < 1e8 and not 19_000_101 <= middle <= 21_001_231):
            return None
    times = as_times(values)
    if times.null_count() > (1 - MOST) * len(values):
        return None
    if spoken or values.dtype.is_temporal():
        return Role.PUBLISHED, "dates or times"
    return None, "dates or times, but the name does not say that they are of publication"


def _guess_number(name: str, values: pl.Series) -> _Found:
    values = values.filter(~is_blank_number(values))
    numbers = as_numbers(values).drop_nulls()
    share = len(numbers) / max(1, len(values))
    if share < MOST or values.dtype == pl.Boolean:
        return None
    n_distinct, whole = numbers.n_unique(), bool((numbers == numbers.round()).all())
    if n_distinct == 1:
        return None, "has one value only"
    if whole and n_distinct < len(numbers) / 2 and _KINDS.search(name.lower()):
        return Role.CATEGORY, f"{n_distinct} numbers that name kinds"
    if _IDENTIFIER.search(name):
        return None, "numbers that identify something"
    if _QUANTITY.search(name.lower()) or not whole:
        return Role.NUMBER, f"{share:.0%} numbers"
    spread = float(numbers.max()) - float(numbers.min())  # type: ignore[arg-type]
    counts_up = n_distinct == len(numbers) and spread == len(numbers) - 1
    near_unique = len(numbers) >= ENOUGH_ROWS and n_distinct >= NEAR_UNIQUE * len(numbers)
    if counts_up or near_unique:
        return None, "whole numbers that hardly repeat, as ids do"
    return Role.NUMBER, f"{share:.0%} numbers"


def _guess_text(name: str, values: pl.Series) -> _Found:
    text = as_text(values)
    if text.n_unique() == 1 and len(values) > 1:
        return None, "has one value only"
    shared, n_labels, n_words = _labels(values)
    is_title = plain_name(name) in TITLE_NAMES or _PROSE.search(name.lower()) is not None
    if _KINDS.search(name.lower()) and n_words <= MAX_LABEL_WORDS:
        return Role.CATEGORY, f"{n_labels:,} short labels, and the name speaks of kinds"
    if shared >= SHARED and n_words <= MAX_LABEL_WORDS and not is_title:
        return Role.CATEGORY, f"{n_labels:,} short labels, and {shared:.0%} of the rows share one"
    mean_words = _word_count(text)
    if is_title or mean_words >= 1.5:
        return Role.TEXT, f"text of {mean_words:.0f} words on average"
    return None


def _labels(values: pl.Series) -> tuple[float, int, float]:
    """Return the share of cells with a label that another cell has too, the number of labels, their words."""
    cells = pl.Series(split_labels(values, label_separator(values)), dtype=pl.List(pl.String)).drop_nulls()
    frame = pl.DataFrame({"cell": pl.int_range(len(cells), eager=True), "label": cells}).explode("label")
    if frame.is_empty():
        return 0.0, 0, 0.0
    common = frame.filter(pl.len().over("label") > 1)
    labels = frame["label"].unique()
    return common["cell"].n_unique() / len(cells), len(labels), _word_count(labels)


def _word_count(text: pl.Series) -> float:
    """Return the mean number of words; in scripts without spaces, two characters count as one."""
    spaced = text.str.count_matches(r"[\p{L}\p{N}][^\s\p{Han}\p{Hiragana}\p{Katakana}\p{Thai}]*")
    unspaced = text.str.count_matches(r"[\p{Han}\p{Hiragana}\p{Katakana}\p{Thai}]")
    within = text.str.count_matches(r"[\p{Han}\p{Hiragana}\p{Katakana}\p{Thai}]+")
    return float(((spaced - within.clip(0, spaced)) + unspaced / 2).mean() or 0.0)  # type: ignore[arg-type]


def _flatten_lists(series: pl.Series) -> pl.Series:
    return as_text(series) if series.dtype.is_nested() else series


def _keep_one_of_each(guesses: Sequence[ColumnGuess]) -> list[ColumnGuess]:
    """Return the guesses with at most one column for each role that one alone has: the first."""
    seen, kept = set[Role](), list[ColumnGuess]()
    for guess in guesses:
        single = guess.role if guess.role is not None and guess.role.is_single else None
        if single is not None and single in seen:
            kept.append(ColumnGuess(guess.column, None, f"a second column for {single}"))
        else:
            kept.append(guess)
        if single is not None:
            seen.add(single)
    return kept


_PLURALS: Mapping[Role, str] = {Role.IMAGE: "pictures", Role.AUDIO: "sounds", Role.VIDEO: "clips"}
