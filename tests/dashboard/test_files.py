"""Files for spreadsheets: text stays text, and comes back as it was."""

import csv
import io

import pytest

from dashboard.files import check_once, clean, csv_file, has_too_many, lines, read_table


@pytest.mark.parametrize(
    "cell",
    [
        "=cmd|' /C calc'!A0",
        "+1",
        "-1",
        "@SUM(A1)",
        "\t=1",
        "\r=1",
        "\n=1",
        "＝1",
        "－1",
        "\x0b=1",
        "\xa0=1",
        "\u200b=1",
        "\ufeff=1",
        " =1",
        "\u2060\u200b +1",
        "\x1f@A1",
        "﹦1",
    ],
)
def test_no_cell_is_a_formula(cell):
    written = "".join(lines(["a", "b"], [[cell, 5]])).removeprefix("\ufeff")
    [_, (text, number)] = csv.reader(io.StringIO(written, newline=""))
    assert text == f"'{cell}"
    assert number == "5"


@pytest.mark.parametrize("cell", ["Blue shirt", "a=b", "3-pack", "'quoted'", "=SKU-1", "-7", "＝1", "﹦1"])
def test_a_cell_comes_back_as_it_was(cell):
    written = "".join(lines(["a", "b"], [[cell, ""]])).removeprefix("\ufeff")
    [_, (text, _)] = csv.reader(io.StringIO(written))
    assert clean(text) == cell


def test_a_negative_number_stays_a_number():
    assert "-3" in "".join(lines(["a", "b"], [[-3, 1]])).splitlines()[1].split(",")


def test_a_quote_or_line_end_does_not_start_a_new_cell():
    answer = csv_file("x.csv", ["a", "b"], [['a","=1', "b\n=2"]])
    [_, row] = csv.reader(io.StringIO(b"".join(answer).decode("utf-8-sig"), newline=""))
    assert row == ['a","=1', "b\n=2"]


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16"])
@pytest.mark.parametrize("sign", [",", ";", "\t", "|"])
@pytest.mark.parametrize("above", ["", "sep={sign}\r\n"])
def test_a_file_comes_back_however_a_spreadsheet_saved_it(encoding, sign, above):
    content = above.format(sign=sign) + sign.join(["sku", "name"]) + "\r\n" + sign.join(["A", "Bücher"]) + "\r\n"
    assert list(read_table(content.encode(encoding))) == [{"sku": "A", "name": "Bücher"}]


@pytest.mark.parametrize("encoding", ["utf-16-le", "utf-16-be"])
def test_utf16_needs_no_mark(encoding):
    assert list(read_table("sku,name\nA,Bücher\n".encode(encoding))) == [{"sku": "A", "name": "Bücher"}]


def test_a_file_that_was_saved_twice_begins_with_two_marks():
    assert read_table("\ufeff\ufeffsku,name\n".encode()).fieldnames == ["sku", "name"]


def test_lines_may_end_as_an_old_mac_ends_them():
    rows = list(read_table(b"sku;cost\rA;1,50\rB;2,50,,,,\r"))
    assert [row["sku"] for row in rows] == ["A", "B"]


def test_lines_count_from_the_top_of_the_file():
    table = read_table(b"sep=;\r\nsku;name\r\nA;B\r\n")
    assert next(table) == {"sku": "A", "name": "B"} and table.line_num == 3


def test_signs_that_are_no_text_are_refused():
    with pytest.raises(csv.Error, match="no text"):
        read_table(b"sku,name\nA,B\x00\n")


def test_a_column_twice_is_refused_where_it_is_read():
    check_once(["sku", "note", "note"], ["sku"])
    with pytest.raises(csv.Error, match="“sku” twice"):
        check_once(["sku", "sku"], ["sku"])


@pytest.mark.parametrize(("line", "told"), [("A,12,50,3", True), ("A,12,", False), ("A,12,3,,", False), ("A", False)])
def test_a_comma_that_moves_the_cells_is_seen(line, told):
    (row,) = read_table(f"sku,cost,units\n{line}\n".encode())
    assert has_too_many(row) is told
