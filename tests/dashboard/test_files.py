"""Files for spreadsheets: text stays text, and comes back as it was."""

import csv
import io

import pytest

from dashboard.files import NoTable, Table, check_once, clean, csv_file, lines


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


def table_of(content: bytes) -> Table:
    return Table(content, {"sku", "name", "cost", "units"})


def rows_of(content: bytes) -> list[dict[str, str]]:
    return [row.cells for row in table_of(content)]


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16"])
@pytest.mark.parametrize("sign", [",", ";", "\t", "|"])
@pytest.mark.parametrize("above", ["", "sep={sign}\r\n", "Table 1\r\n", "Orders, of a year;\r\n\r\n"])
def test_a_file_comes_back_however_a_spreadsheet_saved_it(encoding, sign, above):
    content = above.format(sign=sign) + sign.join(["SKU", " Name "]) + "\r\n" + sign.join(["A", "Bücher"]) + "\r\n"
    assert rows_of(content.encode(encoding)) == [{"sku": "A", "name": "Bücher"}]


@pytest.mark.parametrize("encoding", ["utf-16-le", "utf-16-be"])
@pytest.mark.parametrize("name", ["Bücher", "箸置き"])
def test_utf16_needs_no_mark(encoding, name):
    assert rows_of(f"sku,name\nA,{name}\n".encode(encoding)) == [{"sku": "A", "name": name}]


def test_a_file_that_was_saved_twice_begins_with_two_marks():
    assert table_of("\ufeff\ufeffsku,name\n".encode()).names == ["sku", "name"]


def test_lines_may_end_as_an_old_mac_ends_them():
    assert [row["sku"] for row in rows_of(b"sku;cost\rA;1,50\rB;2,50,,,,\r")] == ["A", "B"]


@pytest.mark.parametrize("above", ["", "sep=;\r\n", "Table 1\r\n\r\n"])
def test_lines_count_from_the_top_of_the_file(above):
    (row,) = table_of(f"{above}sku;name\r\n;\r\n\r\nA;B\r\n".encode())
    assert row.cells == {"sku": "A", "name": "B"} and row.line == 4 + above.count("\n")


def test_signs_that_are_no_text_are_refused_by_their_line():
    with pytest.raises(NoTable, match="line 2: it holds signs that are no text"):
        table_of(b"sku,name\nA,B\x00\n")


def test_letters_of_an_older_encoding_are_refused_by_their_line():
    with pytest.raises(NoTable, match="line 3: not UTF-8"):
        table_of("sku,name\nA,B\nC,Bücher\n".encode("cp1252"))


@pytest.mark.parametrize("wrong", ['C,"D', 'C,"D" d', '"C,D\nE,"F'])
def test_a_quotation_mark_that_swallows_lines_is_refused_where_it_opens(wrong):
    with pytest.raises(NoTable, match="line 3: quotation marks do not open and close where its cells do"):
        rows_of(f"sku,name\nA,B\n{wrong}\nG,H\n".encode())


def test_a_quotation_mark_within_a_cell_is_a_sign_like_others():
    assert rows_of(b'sku,name\nA,5" nails\n') == [{"sku": "A", "name": '5" nails'}]


def test_more_columns_than_anybody_writes_are_refused():
    """Each short line of such a file would be filled up to all of them."""
    with pytest.raises(NoTable, match="more than 300 columns"):
        table_of(b"sku," * 301 + b"\n")


def test_a_column_twice_is_refused_where_it_is_read():
    check_once(["sku", "note", "note"], ["sku"])
    with pytest.raises(NoTable, match="“sku” twice"):
        check_once(["sku", "sku"], ["sku"])


@pytest.mark.parametrize(("line", "told"), [("A,12,50,3", True), ("A,12,", False), ("A,12,3,,", False), ("A", False)])
def test_a_comma_that_moves_the_cells_is_seen(line, told):
    (row,) = table_of(f"sku,cost,units\n{line}\n".encode())
    assert row.has_too_many is told and row.has_too_few is (line == "A")


def test_names_that_go_on_in_the_next_line_are_one_line_of_names() -> None:
    table = table_of(b'"SKU ordered\nof us",Units,Cost,"Name\nof it"\n1,2,3,4\n')
    assert table.names == ["sku ordered\nof us", "units", "cost", "name\nof it"]


def test_of_two_lines_that_name_as_much_the_one_of_names_alone_is_that_of_names() -> None:
    table = table_of("Name;Lärche;Cost;13.10.2026\nSKU;Units\nA-1;4\n".encode())
    assert table.names == ["sku", "units"] and [row.cells["units"] for row in table] == ["4"]
