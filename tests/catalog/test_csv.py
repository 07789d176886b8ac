"""CSV, TSV and relatives: separators, quotes, and lines that are no rows."""

import gzip

import pytest

from sensorium.catalog.readers.csv import guess_separator, read_delimited
from sensorium.catalog.readers.files import read_table
from sensorium.core.errors import DataError


@pytest.fixture
def read(tmp_path):
    def read_text(text, name="table.csv"):
        path = tmp_path / name
        path.write_bytes(text.encode())
        return read_table(path)

    return read_text


def rows_of(table):
    if table.row_numbers is not None:
        return table.row_numbers.to_list()
    return list(range(table.first_row, table.first_row + table.frame.height))


@pytest.mark.parametrize("separator", [",", ";", "\t", "|"])
def test_the_separator_is_found(read, separator):
    table = read(
        separator.join("abc") + "\n" + separator.join(["1,5" if separator != "," else "1", "x y", "z"])
    )
    assert table.frame.columns == ["a", "b", "c"]
    assert table.frame.height == 1


def test_a_semicolon_file_with_decimal_commas_and_commas_in_text_is_read(read):
    table = read("id;price;text\n1;4,5;red, green\n2;5,0;blue, big, new\n")
    assert table.frame.rows() == [("1", "4,5", "red, green"), ("2", "5,0", "blue, big, new")]


def test_a_file_of_one_column_is_read(read):
    assert read("item_id\n1\n2\n").frame.rows() == [("1",), ("2",)]


def test_every_cell_is_text_so_that_ids_keep_their_zeros(read):
    assert read("item_id,n\n007,1.50\n").frame.rows() == [("007", "1.50")]


def test_lines_with_a_wrong_number_of_fields_are_set_aside_with_their_line_number(read):
    table = read("a,b,c\n1,2,3\n4,5\n\n6,7,8,9\n,,\nx,y,\n")
    assert table.frame.rows() == [("1", "2", "3"), (None, None, None), ("x", "y", None)]
    assert rows_of(table) == [2, 6, 7]
    assert table.rejected.frame.select("row", "reason", "line").rows() == [
        (3, "2 fields instead of 3", "4,5"),
        (5, "4 fields instead of 3", "6,7,8,9"),
    ]
    assert table.rejected.counts() == {"wrong number of fields": 2}


def test_quoted_fields_hold_separators_quotes_and_line_ends(read):
    table = read('a,b\n1,"x, ""y"""\n2,"line\nline"\n3,plain\n')
    assert table.frame.rows() == [("1", 'x, "y"'), ("2", "line\nline"), ("3", "plain")]
    assert rows_of(table) == [2, 3, 5]


def test_fast_and_careful_parsing_of_quotes_agree(read):
    body = '1,"x, ""y"""\n2,""\n"3",z\n'
    fast, careful = read("a,b\n" + body), read("a,b\n" + body + "too,many,fields\n")
    assert [[cell or None for cell in row] for row in fast.frame.rows()] == [
        [cell or None for cell in row] for row in careful.frame.rows()
    ]
    assert len(careful.rejected) == 1


def test_a_quote_that_is_never_closed_costs_one_line(read):
    table = read('a,b\n1,x\n2,"open\n3,y\n4,z\n')
    assert table.frame.rows() == [("1", "x"), ("3", "y"), ("4", "z")]
    assert rows_of(table) == [2, 4, 5]
    assert table.rejected.frame["row"].to_list() == [3]
    assert table.rejected.frame["reason"][0].startswith("broken quotes")


def test_a_quote_after_the_end_of_a_field_costs_one_line(read):
    table = read('a,b\n1,"bad"quote\n2,"good"\n')
    assert table.frame.rows() == [("2", "good")]
    assert table.rejected.counts() == {"broken quotes": 1}


def test_an_apostrophe_of_inches_within_a_field_is_text(read):
    assert read('a,b\n1,12" screen\n2,"x"\n').frame["b"].to_list() == ['12" screen', "x"]


@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
def test_every_line_end_is_understood(read, end):
    assert read(end.join(["a,b", "1,2", "3,4", ""])).frame.rows() == [("1", "2"), ("3", "4")]


def test_a_file_may_begin_with_blank_lines(read):
    table = read("\n\na,b\n1,2\n")
    assert table.frame.rows() == [("1", "2")]
    assert rows_of(table) == [4]


def test_an_unnamed_index_column_gets_a_name(read):
    assert read(",title\n0,x\n").frame.columns == ["column_1", "title"]


def test_a_header_alone_is_an_empty_table(read):
    table = read("a,b\n")
    assert table.frame.columns == ["a", "b"]
    assert table.frame.height == 0


def test_a_column_name_that_stands_twice_is_refused(read):
    with pytest.raises(DataError, match="two columns are called 'a'"):
        read("a,b,a\n1,2,3\n")


@pytest.mark.parametrize("text", ["", "\n \n", "\ufeff"])
def test_an_empty_file_is_refused(read, text):
    with pytest.raises(DataError, match=r"table\.csv: the file is empty"):
        read(text)


def test_a_compressed_file_is_unpacked(tmp_path):
    (tmp_path / "t.csv.gz").write_bytes(gzip.compress(b"a,b\n1,2\n"))
    assert read_table(tmp_path / "t.csv.gz").frame.rows() == [("1", "2")]
    (tmp_path / "broken.csv.gz").write_bytes(b"a,b\n1,2\n")
    with pytest.raises(DataError, match="cannot be read"):
        read_table(tmp_path / "broken.csv.gz")


def test_chinese_names_and_values_come_through(read):
    table = read("商品id,标题\n一,霸王别姬\n")
    assert table.frame.to_dicts() == [{"商品id": "一", "标题": "霸王别姬"}]


def test_a_separator_of_several_characters_splits_literally(tmp_path):
    (tmp_path / "x").write_text("1::a:b::\n2::c\n", encoding="utf-8")
    table = read_delimited(tmp_path / "x", separator="::", header=("n", "text", "more"))
    assert table.frame.rows() == [("1", "a:b", None)]
    assert table.rejected.frame["row"].to_list() == [2]


def test_text_that_mentions_another_separator_does_not_mislead():
    assert guess_separator(["id,title", "1,a;b;c", "2,d;e"]) == ","
    assert guess_separator(["id;title", "1;a,b,c", "2;d,e"]) == ";"
    assert guess_separator(["lonely"]) == ","


def test_an_unknown_format_names_the_known_ones(tmp_path):
    (tmp_path / "x.docx").write_bytes(b"PK")
    with pytest.raises(DataError, match=r"\.docx.*\.parquet"):
        read_table(tmp_path / "x.docx")
    with pytest.raises(DataError, match="no such file"):
        read_table(tmp_path / "absent.csv")


@pytest.mark.parametrize("line", ["sep=;", '"sep=;"', "SEP=;", "sep=;;;", "\nsep=;"])
def test_the_line_of_a_spreadsheet_that_names_the_separator_is_no_header(read, line):
    table = read(f"{line}\nitem_id;title\n1;a, b\n2;c, d\n")
    assert table.frame.rows() == [("1", "a, b"), ("2", "c, d")]
    assert table.frame.columns == ["item_id", "title"]
    assert rows_of(table)[0] == 3 + line.count("\n")


@pytest.mark.parametrize("sign", ["\t", "\\t"])
def test_the_separator_of_a_spreadsheet_may_be_a_tab(read, sign):
    assert read(f"sep={sign}\nitem_id\ttitle\n1\ta,b\n").frame.rows() == [("1", "a,b")]


def test_a_separator_that_is_none_of_the_usual_ones_is_taken_from_that_line(read):
    assert read("sep=^\nitem_id^title\n1^a,b\n").frame.rows() == [("1", "a,b")]


def test_a_header_may_be_quoted_over_several_lines(read):
    table = read('item_id,"title\nin English","price, €"\n1,Amélie,"4,5"\n2,Heat,5\n')
    assert table.frame.columns == ["item_id", "title in English", "price, €"]
    assert table.frame.rows() == [("1", "Amélie", "4,5"), ("2", "Heat", "5")]
    assert rows_of(table) == [3, 4]


def test_a_quoted_header_over_several_lines_tells_the_separator(read):
    table = read('item_id;"title\r\nin English"\r\n1;a, b\r\n2;"c\r\nd"\r\n')
    assert table.frame.columns == ["item_id", "title in English"]
    assert table.frame.rows() == [("1", "a, b"), ("2", "c\nd")]


def test_a_quote_in_a_header_that_is_never_closed_is_part_of_a_name(read):
    table = read('item_id,12" screen\n1,a\n2,b\n')
    assert table.frame.columns == ["item_id", '12" screen']
    assert table.frame.rows() == [("1", "a"), ("2", "b")]
