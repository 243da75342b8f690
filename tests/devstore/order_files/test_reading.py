"""Files of orders as people really have them: read, or refused by what is wrong with them."""

import gzip
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from devstore.order_files.lines import Findings, Line, WrongFile
from devstore.order_files.reading import read_lines

EXPORT = "Name,Email,Created at,Lineitem quantity,Lineitem name,Lineitem price,Lineitem sku,Refunded Amount"
PLAIN = "invoice,sku,description,qty,ts,price,customer,country"
FIRST = "#1001,a@b.example,2026-05-01 09:00:00 +0100,2,Cap - Blue,10.00,CAP,5.00"


@pytest.fixture
def reading(tmp_path: Path) -> "Read":
    return Read(tmp_path)


class Read:
    """Write a file, and read it."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def __call__(self, *rows: str, encoding: str = "utf-8", end: str = "\n") -> tuple[list[Line], Findings]:
        path = self.folder / "orders.csv"
        path.write_bytes(end.join([*rows, ""]).encode(encoding))
        return read_lines(path)


class TestHowAFileIsWritten:
    ROW = "1,A,Mug,2,2026-05-01 09:00:00,12.50,7,France"

    @pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be"])
    @pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
    def test_whatever_a_spreadsheet_makes_of_text_is_read(self, reading: Read, encoding: str, end: str) -> None:
        (line,), _ = reading(PLAIN, self.ROW.replace("Mug", "Bücher-Tasse"), encoding=encoding, end=end)
        assert (line.description, line.qty, line.price) == ("Bücher-Tasse", 2, 12.5)

    def test_a_file_in_an_older_encoding_is_refused_by_its_name(self, reading: Read) -> None:
        with pytest.raises(WrongFile, match=r"orders\.csv, line 2: this is neither UTF-8 nor UTF-16 text"):
            reading(PLAIN, self.ROW.replace("Mug", "Bücher"), encoding="cp1252")

    def test_half_a_letter_is_refused_too(self, reading: Read) -> None:
        path = reading.folder / "orders.csv"
        path.write_bytes(PLAIN.encode("utf-16") + b"\x0a")
        with pytest.raises(WrongFile, match="neither UTF-8 nor UTF-16"):
            read_lines(path)

    def test_utf16_without_a_mark_is_known_by_its_first_letter(self, reading: Read) -> None:
        (line,), _ = reading(PLAIN, self.ROW.replace("Mug", "箸置きと湯呑みの詰め合わせ" * 20), encoding="utf-16-le")
        assert line.description.startswith("箸置き")

    @pytest.mark.parametrize("wrong", ['"France', '"Fr" ance', '"France\n2,B,"Cup'])
    def test_a_quotation_mark_that_swallows_lines_is_refused_where_it_opens(self, reading: Read, wrong: str) -> None:
        with pytest.raises(WrongFile, match="line 3: quotation marks do not open and close where its cells do"):
            reading(PLAIN, self.ROW, self.ROW.replace("France", wrong), self.ROW)

    @pytest.mark.parametrize("nothing", [" ", "\0", "x"])
    def test_a_line_without_end_is_not_read_to_it(self, reading: Read, nothing: str) -> None:
        with pytest.raises(WrongFile, match="a line is longer than 1,000,000 signs"):
            reading(PLAIN, nothing * 1_100_000)

    @pytest.mark.parametrize("row", ["", ",,,,,,,"])
    def test_nothing_is_not_read_for_ever(self, reading: Read, row: str) -> None:
        with pytest.raises(WrongFile, match="more than 100,000 blank lines follow one another"):
            reading(PLAIN, self.ROW, *[row] * 100_001)
        assert len(reading(PLAIN, self.ROW, *[""] * 1_000, self.ROW)[0]) == 2

    @pytest.mark.parametrize("separator", [";", "\t", "|"])
    def test_the_sign_between_columns_is_found_out(self, reading: Read, separator: str) -> None:
        (line,), _ = reading(*(text.replace(",", separator) for text in (PLAIN.upper(), self.ROW)))
        assert (line.sku, line.price) == ("A", 12.5)

    def test_european_spreadsheets_write_semicolons_and_decimal_commas(self, reading: Read) -> None:
        lines, _ = reading(
            PLAIN.replace(",", ";"),
            "1;A;Mug;2;2026-05-01 09:00:00;12,50;7;France",
            "2;A;Mug;1;2026-05-02 09:00:00;1.234,50;7;FR",
        )
        assert [line.price for line in lines] == [12.5, 1234.5]

    def test_a_file_that_was_saved_twice_begins_with_two_marks(self, reading: Read) -> None:
        (line,), _ = reading(f"\ufeff{PLAIN}", self.ROW, encoding="utf-8-sig")
        assert line.invoice == "1"

    def test_a_column_that_is_there_twice_is_refused(self, reading: Read) -> None:
        with pytest.raises(WrongFile, match="has the column price twice"):
            reading(f"{PLAIN},Price", f"{self.ROW},9.00")

    def test_a_spreadsheets_own_word_on_the_separator_is_no_header(self, reading: Read) -> None:
        with pytest.raises(WrongFile, match="line 3: qty 'two' is not a number"):
            reading("sep=;", PLAIN.replace(",", ";"), self.ROW.replace(",", ";").replace("2;2026", "two;2026"))

    def test_rows_of_nothing_are_left_out(self, reading: Read) -> None:
        lines, _ = reading(PLAIN, self.ROW, ",,,,,,,", "")
        assert len(lines) == 1

    def test_packed_text_reads_as_text(self, tmp_path: Path) -> None:
        path = tmp_path / "orders.csv.gz"
        path.write_bytes(gzip.compress(f"{PLAIN}\n{self.ROW}\n".encode("utf-16")))
        assert read_lines(path)[0][0].price == 12.5


class TestNumbers:
    @pytest.mark.parametrize(
        ("separator", "text"),
        [(",", '"1,234"'), (";", "1.234"), (";", "12.345"), (",", '"-1,234"'), ("\t", "1.234"), ("\t", "1,234")],
    )
    def test_a_number_with_two_readings_is_refused(self, reading: Read, separator: str, text: str) -> None:
        row = separator.join(["1", "A", "Mug", "2", "2026-05-01 09:00:00", text, "7", "France"])
        with pytest.raises(WrongFile, match=r"line 2: price .* has two readings"):
            reading(PLAIN.replace(",", separator), row)

    @pytest.mark.parametrize("text", ["12,3.5", "1.2.3", "1,,5", "nan", "inf", "--5", "£5", ".", ""])
    def test_what_is_no_number_is_refused(self, reading: Read, text: str) -> None:
        with pytest.raises(WrongFile, match=r"line 2: price .* is not a number"):
            reading(PLAIN, f'1,A,Mug,2,2026-05-01 09:00:00,"{text}",7,France')

    @pytest.mark.parametrize("sign", ["\u00a0", "\u202f", "\u2009", " ", "’", "'"])
    def test_signs_that_are_never_one_for_decimals_are_left_out(self, reading: Read, sign: str) -> None:
        (line,), _ = reading(PLAIN, f'1,A,Mug,2,2026-05-01 09:00:00,"1{sign}234,50",7,France')
        assert line.price == 1234.5

    def test_another_line_may_show_that_the_usual_sign_is_not_that_of_decimals(self, reading: Read) -> None:
        rows = (f'{n},A,Mug,2,2026-05-01 09:00:00,"{price}",7,France' for n, price in enumerate(["1.234", "2,50"]))
        with pytest.raises(WrongFile, match=r"line 2: price '1\.234' has two readings: .* another sign on line 3"):
            reading(PLAIN, *rows)

    def test_a_pack_in_the_title_is_still_one_unit(self, reading: Read) -> None:
        (line,), _ = reading(PLAIN, "1,A,PACK OF 72 CAKE CASES,3,2026-05-01 09:00:00,0.55,7,France")
        assert (line.description, line.qty) == ("PACK OF 72 CAKE CASES", 3)


class TestShopifysExport:
    def test_what_belongs_to_the_order_holds_for_all_its_rows(self, reading: Read) -> None:
        lines, _ = reading(EXPORT, FIRST, "#1001,,,1,Scarf,15.00,SCARF,")
        assert [(line.ts.astimezone(UTC), line.customer, line.refunded) for line in lines] == [
            (datetime(2026, 5, 1, 8, tzinfo=UTC), "a@b.example", 5.0)
        ] * 2

    def test_it_does_not_matter_which_row_holds_it(self, reading: Read) -> None:
        lines, _ = reading(EXPORT, "#1001,,,1,Scarf,15.00,SCARF,", FIRST)
        assert {line.ts.utcoffset() for line in lines} == {timedelta(hours=1)}

    def test_a_row_without_name_goes_with_the_order_above_and_that_is_said(self, reading: Read) -> None:
        lines, findings = reading(EXPORT, FIRST, ",,,1,Scarf,15.00,SCARF,", ",,,1,Hat,9.00,HAT,")
        assert [line.invoice for line in lines] == ["#1001"] * 3
        assert findings.odd() == ["In orders.csv 2 rows have no Name: they go with the order above."]

    def test_orders_without_a_name_are_refused_once(self, reading: Read) -> None:
        with pytest.raises(WrongFile) as told:
            reading(EXPORT, *[FIRST.replace("#1001", "")] * 50)
        first, last = str(told.value).splitlines()
        assert first == "orders.csv, line 2: Name is empty, and the row begins an order, and so are those of 49 more"
        assert last == "Nothing was seeded."

    def test_a_row_without_name_that_begins_the_file_is_refused(self, reading: Read) -> None:
        with pytest.raises(WrongFile, match="line 2: Name is empty"):
            reading(EXPORT, ",,,1,Scarf,15.00,SCARF,", FIRST)

    @pytest.mark.parametrize(("column", "other"), [("refunded amount", "7.50"), ("created at", "2026-06-01 09:00:00")])
    def test_rows_of_an_order_that_contradict_each_other_are_refused(
        self, reading: Read, column: str, other: str
    ) -> None:
        cells = {"refunded amount": "", "created at": ""} | {column: other}
        second = f"#1001,,{cells['created at']},1,Scarf,15.00,SCARF,{cells['refunded amount']}"
        with pytest.raises(WrongFile, match=f"line 3: {column} is '{other}', and '.*' above, of one order"):
            reading(EXPORT, FIRST, second)

    @pytest.mark.parametrize("row", ["Total,,,15,,150.00,,", ",,,15,,150.00,,"])
    def test_a_row_of_sums_is_no_line_of_the_order_above(self, reading: Read, row: str) -> None:
        with pytest.raises(WrongFile, match="line 3: Lineitem name and Lineitem sku are empty: is it a row of sums"):
            reading(EXPORT, FIRST, row)

    def test_a_second_row_of_names_is_refused(self, reading: Read) -> None:
        with pytest.raises(WrongFile, match="line 3: Lineitem quantity 'Lineitem quantity' is not a number"):
            reading(EXPORT, FIRST, EXPORT)

    def test_its_columns_are_known_in_small_letters_too(self, reading: Read) -> None:
        (line,), _ = reading(EXPORT.lower(), FIRST)
        assert (line.invoice, line.sku, line.refunded) == ("#1001", "CAP", 5.0)

    def test_a_pack_in_the_title_is_one_unit(self, reading: Read) -> None:
        (line,), _ = reading(EXPORT, FIRST.replace("Cap - Blue", "Socks (3 pack) - 6 x Blue"))
        assert (line.qty, line.description, line.variant_title) == (2, "Socks (3 pack)", "6 x Blue")

    def test_an_order_without_a_time_is_refused(self, reading: Read) -> None:
        with pytest.raises(WrongFile, match="line 2: Created at '' is not a time"):
            reading(EXPORT, "#1001,a@b.example,,2,Cap,10.00,CAP,")

    def test_a_second_currency_is_refused_once(self, reading: Read) -> None:
        rows = [f"{FIRST},EUR", f"{FIRST.replace('#1001', '#1002')},USD", f"{FIRST.replace('#1001', '#1003')},USD"]
        with pytest.raises(WrongFile) as told:
            reading(f"{EXPORT},Currency", *rows)
        assert (
            str(told.value).splitlines()[0].endswith("line 3: Currency is 'USD', and 'EUR' above: a shop sells in one")
        )
        assert len(str(told.value).splitlines()) == 2

    @pytest.mark.parametrize("when", ["9999-12-31 23:00:00 +0000", "0001-01-01 00:00:00 +1400"])
    def test_a_time_that_no_order_has_is_refused(self, reading: Read, when: str) -> None:
        with pytest.raises(WrongFile, match="is not a time like"):
            reading(EXPORT, FIRST.replace("2026-05-01 09:00:00 +0100", when))

    def test_signs_that_are_no_text_are_refused(self, reading: Read) -> None:
        with pytest.raises(WrongFile, match="line 2 holds signs that are no text"):
            reading(EXPORT, FIRST.replace("CAP", "C\0P"))


class TestDoubleRows:
    def test_they_are_counted_as_they_stand_and_said(self, reading: Read) -> None:
        lines, findings = reading(EXPORT, FIRST, *["#1001,,,1,Scarf,15.00,SCARF,"] * 2)
        assert len(lines) == 3
        assert findings.odd() == ["In orders.csv 1 row says the same as an earlier one of its order: each is counted."]

    @pytest.mark.parametrize("again", ["#1001,,,1,scarf ,15,Scarf,", "#1001,a@b.example,,01,Scarf,15.0,SCARF,5.00"])
    def test_a_double_need_not_be_one_letter_by_letter(self, reading: Read, again: str) -> None:
        _, findings = reading(EXPORT, FIRST, "#1001,,,1,Scarf,15.00,SCARF,", again)
        assert findings.double_rows == 1

    def test_an_export_that_follows_another_repeats_its_orders(self, reading: Read) -> None:
        known = [f"{EXPORT},Fulfillment Status", f"{FIRST},unfulfilled", f"{FIRST.replace('#1001', '#1000')},fulfilled"]
        _, findings = reading(*known, f"{FIRST},fulfilled")
        assert findings.double_rows == 1

    def test_two_orders_of_one_thing_are_no_double(self, reading: Read) -> None:
        second = FIRST.replace("#1001", "#1002")
        _, findings = reading(EXPORT, FIRST, ",,,1,Scarf,15.00,SCARF,", second, ",,,1,Scarf,15.00,SCARF,")
        assert findings.double_rows == 0
