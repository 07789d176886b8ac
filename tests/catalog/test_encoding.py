"""Encodings that are not UTF-8: found, read, reported."""

import codecs

import pytest

from sensorium.catalog.problems import Severity, encoding_problems
from sensorium.catalog.readers.encoding import to_utf8
from sensorium.catalog.readers.files import read_table

FILMS = {
    "gb18030": "编号,片名\n1,霸王别姬\n2,活着\n3,大红灯笼高高挂\n",
    "big5": "編號,片名\n1,臥虎藏龍\n2,悲情城市\n",
    "cp932": "番号,題名\n1,千と千尋の神隠し\n2,七人の侍\n",
    "euc_jp": "番号,題名\n1,となりのトトロ\n2,七人の侍\n",
    "cp949": "번호,제목\n1,기생충\n2,올드보이\n",
    "cp1252": "id,title\n1,Amélie\n2,Señorita\n3,It’s “naïve”\n",
    "cp1251": "ид,название\n1,Сталкер\n2,Зеркало\n",
    "koi8_r": "ид,название\n1,Сталкер\n2,Зеркало\n",
    "cp1250": "id,tytuł\n1,Łódź\n2,Zażółć gęślą jaźń\n",
}


@pytest.mark.parametrize("encoding", FILMS)
def test_a_short_file_in_a_common_encoding_is_read_and_reported(tmp_path, encoding):
    path = tmp_path / "films.csv"
    path.write_bytes(FILMS[encoding].encode(encoding))
    table = read_table(path)
    assert table.encoding == encoding
    lines = [line.split(",") for line in FILMS[encoding].strip().split("\n")]
    assert table.frame.columns == lines[0]
    assert [list(row) for row in table.frame.rows()] == lines[1:]


@pytest.mark.parametrize(
    ("mark", "encoding"),
    [
        (codecs.BOM_UTF8, "utf-8"),
        (codecs.BOM_UTF16_LE, "utf-16-le"),
        (codecs.BOM_UTF16_BE, "utf-16-be"),
        (codecs.BOM_UTF32_LE, "utf-32-le"),
        (codecs.BOM_UTF32_BE, "utf-32-be"),
    ],
)
def test_a_byte_order_mark_decides_and_is_taken_away(mark, encoding):
    text = to_utf8(mark + "标题,ü".encode(encoding))
    assert text.utf8.decode() == "标题,ü"
    assert text.encoding == encoding


@pytest.mark.parametrize("encoding", ["utf-16-le", "utf-16-be"])
def test_utf16_without_a_mark_is_found(encoding):
    text = to_utf8("item_id,title\n1,Amélie\n".encode(encoding))
    assert text.utf8.decode() == "item_id,title\n1,Amélie\n"
    assert text.encoding == encoding


@pytest.mark.parametrize("text", ["plain", "日本語", "Amélie", "😀", ""])
def test_utf8_stays_as_it_is(text):
    assert to_utf8(text.encode()).encoding == "utf-8"
    assert to_utf8(text.encode()).utf8.decode() == text


def test_any_bytes_are_read_somehow():
    text = to_utf8(bytes(range(1, 256)) * 3)
    assert text.utf8.decode()


def test_one_broken_byte_does_not_turn_a_file_into_gibberish_of_another_script():
    assert to_utf8(b"item_id,title\n1,Caf\xe9 M\xfcller\n").utf8.decode() == "item_id,title\n1,Café Müller\n"


ROWS = {
    "utf-8": ("id,title", "Amélie", "é".encode()[:1]),
    "gb18030": ("编号,片名", "霸王别姬", "霸".encode("gb18030")[:1]),
    "big5": ("編號,片名", "臥虎藏龍", "臥".encode("big5")[:1]),
    "cp932": ("番号,題名", "千と千尋の神隠し", "千".encode("cp932")[:1]),
    "cp949": ("번호,제목", "기생충", "기".encode("cp949")[:1]),
}


@pytest.mark.parametrize("encoding", ROWS)
def test_one_damaged_row_does_not_change_how_the_others_are_read(tmp_path, encoding):
    head, title, cut = ROWS[encoding]
    lines = [
        head.encode(encoding),
        *(f"{n},{title}".encode(encoding) for n in range(39)),
        b"39,x" + cut + b" ",
    ]
    path = tmp_path / "films.csv"
    path.write_bytes(b"\n".join(lines) + b"\n")
    table = read_table(path)
    assert table.encoding == encoding
    assert table.frame.columns == head.split(",")
    assert table.frame.to_series(1).to_list()[:39] == [title] * 39
    assert table.frame.to_series(1)[39].startswith("x\ufffd")
    assert table.damaged == (41,)
    (found,) = [found for found in encoding_problems(table) if found.kind == "damaged text"]
    assert (found.severity, found.count, found.rows) == (Severity.WARNING, 1, (41,))


def test_a_damaged_row_far_behind_does_not_change_how_the_others_are_read():
    text = to_utf8("Amélie\n".encode() * 40_000 + b"caf\xc3\n" + "Amélie\n".encode())
    assert (text.encoding, text.damaged) == ("utf-8", (40_001,))


def test_lines_that_an_earlier_program_damaged_are_named():
    text = to_utf8("ok\ncaf\ufffd\n".encode())
    assert (text.encoding, text.damaged) == ("utf-8", (2,))


def test_a_file_that_is_cut_within_a_letter_keeps_its_encoding():
    whole = codecs.BOM_UTF16_LE + "标题,ü".encode("utf-16-le")
    assert to_utf8(whole[:-1]).encoding == "utf-16-le"
    assert to_utf8(whole[:-1]).utf8.decode().startswith("标题,")
    assert to_utf8(codecs.BOM_UTF8 + "标题".encode()[:-1]).utf8.decode() == "标\ufffd"


def test_accents_in_a_code_page_are_not_taken_for_damage():
    text = to_utf8("id,title\n1,Amélie\n2,Señorita\n".encode("cp1252"))
    assert (text.encoding, text.damaged) == ("cp1252", ())
