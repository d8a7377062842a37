"""What is left out beyond the limits is refused before anything is touched, with what would read it."""

from __future__ import annotations

import gzip
import hashlib
from collections.abc import Callable
from datetime import date, timedelta
from pathlib import Path

import pytest

from tests.training.shops import FIRST_DAY, HEADER, write_day
from training.errors import TrainingError
from training.orders.cleaning import REASONS, REJECTED
from training.orders.format import OrdersFormat
from training.orders.judging import OrdersRefused
from training.orders.limits import DayLimits, Limits
from training.orders.reading import clean_day
from training.orders.settings import OrdersSettings
from training.orders.source import Folder
from training.settings import TrainingSettings, Window
from training.transfer.batch import from_parquet
from training.transfer.earlier import FewerRows
from training.transfer.folder import BatchFolder
from training.transfer.manifest import (
    HELD_BACK_MANIFEST_KEY,
    MANIFEST_KEY,
    REJECTS_MANIFEST_KEY,
    TransferManifest,
)
from training.transfer.pseudonym import Pseudonyms
from training.transfer.run import Transferred, transfer

DAYS, ROWS = 4, 40
Cells = list[str]
Change = Callable[[int, int, Cells], str]
"""From day, row and cells to the line of the file."""


def _cells(day: date, row: int) -> Cells:
    invoice, customer = 500_000 + day.day * 100 + row // 4, 12_000 + row // 4
    price, time = f"{1 + row / 100:.2f}", f"{day} 10:{row:02}:00"
    return [str(invoice), str(20_000 + row), f"THING {row}", str(row + 1), time, price, f"{customer}.0", "UK"]


def shop(folder: Path, change: Change | None = None, days: int = DAYS, rows: int = ROWS) -> Path:
    for number in range(days):
        day = FIRST_DAY + timedelta(days=number)
        lines = [_cells(day, row) for row in range(rows)]
        texts = [",".join(cells) for cells in lines]
        if change is not None:
            texts = [change(number, row, cells) for row, cells in enumerate(lines)]
        write_day(folder, day, texts)
    return folder


def _send(orders: Path, to: Path, settings: OrdersSettings | None = None, **training: object) -> Transferred:
    return transfer(
        source=Folder(orders, settings),
        pseudonyms=Pseudonyms("a key of the private site"),
        settings=TrainingSettings.model_validate({"hold_back_days": 1, **training}),
        arrivals=BatchFolder(to / "arrivals", takes_away=True),
        private=BatchFolder(to / "private", takes_away=True),
    )


def _held(to: Path) -> dict[str, str]:
    files = (path for path in to.rglob("*") if path.is_file())
    return {str(path): hashlib.sha256(path.read_bytes()).hexdigest() for path in files}


def _all(place: int, value: Callable[[str], str]) -> Change:
    def change(_day: int, _row: int, cells: Cells) -> str:
        return ",".join([*cells[:place], value(cells[place]), *cells[place + 1 :]])

    return change


def _date(form: str) -> Callable[[str], str]:
    from datetime import datetime

    return lambda text: datetime.strptime(text, "%Y-%m-%d %H:%M:%S").strftime(form)


SHIFTS: dict[str, tuple[Change, str, str, OrdersSettings]] = {
    "US dates": (
        _all(4, _date("%m/%d/%Y %H:%M")), "InvoiceDate is '09/01/2011 10:00'", "'%m/%d/%Y %H:%M'",
        OrdersSettings(dates=("%m/%d/%Y %H:%M",)),
    ),
    "ISO with a zone": (
        _all(4, _date("%Y-%m-%dT%H:%M:%SZ")), "InvoiceDate is '2011-09-01T10:00:00Z'",
        "'%Y-%m-%dT%H:%M:%S%z'",
        OrdersSettings(dates=("%Y-%m-%dT%H:%M:%S%z",)),
    ),
    "no seconds": (
        _all(4, _date("%Y-%m-%d %H:%M")), "InvoiceDate is '2011-09-01 10:00'", "'%Y-%m-%d %H:%M'",
        OrdersSettings(dates=("%Y-%m-%d %H:%M",)),
    ),
    "decimal commas": (
        _all(5, lambda text: f'"{text.replace(".", ",")}"'), "UnitPrice is '1,00'",
        "orders.decimal (--decimal) to ','",
        OrdersSettings(decimal=","),
    ),
    "thousands": (
        _all(3, lambda text: f'"{text},000"'), "Quantity is '1,000'", "orders.thousands (--thousands) to ','",
        OrdersSettings(thousands=","),
    ),
    "codes": (
        _all(1, lambda text: f"AB-{text}-X"), "StockCode is 'AB-20000-X'", "orders.product_code",
        OrdersSettings(product_code=r"AB-\d{5}-X"),
    ),
    "invoices that begin with C": (
        _all(0, lambda text: f"C{text}"), "InvoiceNo is ", "orders.cancellation",
        OrdersSettings(cancellation="STORNO"),
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", SHIFTS)
def test_another_format_is_refused_before_anything_is_touched_and_read_by_the_setting_that_is_named(
    tmp_path: Path, name: str
) -> None:
    change, value, advice, settings = SHIFTS[name]
    good = _send(shop(tmp_path / "good"), tmp_path / "to")
    before = _held(tmp_path / "to")
    shifted = shop(tmp_path / "shifted", change)
    with pytest.raises(OrdersRefused) as refused:
        _send(shifted, tmp_path / "to")
    message = str(refused.value)
    assert f"shifted/{FIRST_DAY}.csv.gz, line 2: {value}" in message
    assert advice in message
    assert f"{ROWS} of {ROWS} rows of this day" in message
    assert message.endswith("nothing was sent and nothing was taken away")
    assert _held(tmp_path / "to") == before
    read = _send(shifted, tmp_path / "to", settings)
    assert [batch.rows for batch in read.arrivals.batches] == [batch.rows for batch in good.arrivals.batches]
    assert read.arrivals.orders == settings.recorded()


@pytest.mark.parametrize(
    ("change", "value"),
    [
        (_all(6, lambda _: ""), "CustomerID is ''"),
        (_all(6, lambda _: "NULL"), "CustomerID is 'NULL'"),
        (_all(6, lambda _: "1.2345E+04"), "CustomerID is '1.2345E+04'"),
        (_all(0, lambda _: "5.36365E+05"), "InvoiceNo is '5.36365E+05'"),
        (_all(6, lambda _: "#REF!"), "CustomerID is '#REF!'"),
        (_all(5, lambda _: "0.0"), "UnitPrice is '0.0'"),
        (_all(3, lambda text: f"-{text}"), "Quantity is '-1'"),
        (_all(2, lambda _: '"12 INCH'), "line 2 has a quote"),
        (_all(2, lambda text: f"{text},{text}"), "line 2 has 9 cells instead of 8"),
    ],
)
def test_whatever_else_ruins_every_row_is_refused_too(tmp_path: Path, change: Change, value: str) -> None:
    with pytest.raises(OrdersRefused) as refused:
        _send(shop(tmp_path / "ruined", change), tmp_path / "to")
    assert value in str(refused.value)
    assert not _held(tmp_path / "to")


def test_no_file_of_the_log_needs_a_name_of_a_customer_in_the_sentence(tmp_path: Path) -> None:
    change = _all(3, lambda _: "many")
    with pytest.raises(OrdersRefused) as refused:
        _send(shop(tmp_path / "ruined", change), tmp_path / "to")
    assert "12000" not in str(refused.value)
    assert "500100" not in str(refused.value)


FAULTS: dict[str, Callable[[Cells], bytes]] = {
    "an open quote": lambda cells: ",".join([*cells[:2], '"12 INCH', *cells[3:]]).encode(),
    "a cell too many": lambda cells: ",".join([*cells[:3], "more", *cells[3:]]).encode(),
    "a cell too few": lambda cells: ",".join(cells[1:]).encode(),
    "twenty cells": lambda cells: ",".join([*cells, *"abcdefghijkl"]).encode(),
    "an invalid byte": lambda cells: ",".join([*cells[:2], "CAF\xe9", *cells[3:]]).encode("latin-1"),
    "a NUL": lambda cells: ",".join([*cells[:2], "A\0B", *cells[3:]]).encode(),
}


@pytest.mark.parametrize("name", FAULTS)
@pytest.mark.parametrize("row", [0, 17, ROWS - 1])
def test_a_line_that_is_no_row_is_a_reject_with_its_number_and_no_other_row_is_lost(
    tmp_path: Path, name: str, row: int
) -> None:
    orders = shop(tmp_path / "orders")
    lines = [_cells(FIRST_DAY, number) for number in range(ROWS)]
    raw = [",".join(cells).encode() for cells in lines]
    raw[row] = FAULTS[name](lines[row])
    content = b"\n".join([HEADER.encode(), *raw]) + b"\n"
    (orders / f"{FIRST_DAY}.csv.gz").write_bytes(gzip.compress(content, mtime=0))
    cleaned = clean_day(Folder(orders), FIRST_DAY)
    assert cleaned.counts["read"] == ROWS
    assert cleaned.counts["kept"] == ROWS - 1 == len(cleaned.purchases)
    assert cleaned.rejects[["reason", "line"]].to_numpy().tolist() == [["malformed", row + 2]]
    assert "THING" not in "".join(
        cleaned.purchases["description"].str.replace(r"^THING \d+$", "", regex=True)
    )
    done = _send(orders, tmp_path / "to")
    assert done.arrivals.cleaning["malformed"] == 1
    private = BatchFolder(tmp_path / "to" / "private")
    manifest = TransferManifest.from_bytes(private.get(REJECTS_MANIFEST_KEY) or b"", "private")
    kept_aside = from_parquet(private.batch(manifest.batches[0]))
    assert kept_aside["line"].tolist() == [row + 2]
    assert kept_aside["fault"].str.len().gt(0).all()


def test_lines_of_the_file_are_rows_kept_and_lines_counted(tmp_path: Path) -> None:
    lines = [",".join(_cells(FIRST_DAY, row)) for row in range(ROWS)]
    lines[3] = lines[3].replace("THING 3", '"THING\n3"')
    lines[5:5] = ["", ""]
    lines[9] = lines[9].replace("THING", '"THING')
    lines.append(lines[0])
    write_day(tmp_path, FIRST_DAY, lines)
    counts = clean_day(Folder(tmp_path), FIRST_DAY).counts
    physical = "\n".join(lines).count("\n") + 1
    assert counts["read"] == physical == counts["kept"] + sum(counts[reason] for reason in REASONS)
    assert {name: n for name, n in counts.items() if n and name in REASONS} == {
        "malformed": 1, "duplicates": 1, "blank_lines": 2, "continued_lines": 1,
    }  # fmt: skip
    assert "THING\n3" in set(clean_day(Folder(tmp_path), FIRST_DAY).purchases["description"])


@pytest.mark.parametrize("reason", REJECTED)
def test_each_reason_has_its_limits(tmp_path: Path, reason: str) -> None:
    changes: dict[str, Change] = {
        "malformed": lambda _d, _r, cells: ",".join(cells[1:]),
        "unreadable": _all(3, lambda _: "x"),
        "duplicates": lambda day, _r, _c: ",".join(_cells(FIRST_DAY + timedelta(days=day), 0)),
        "cancellations": _all(0, lambda text: f"C{text}"),
        "not_products": _all(1, lambda _: "POST"),
        "returns": _all(3, lambda _: "0"),
        "zero_prices": _all(5, lambda _: "0"),
        "missing_customers": _all(6, lambda _: "nan"),
    }
    if reason == "cancelled_same_day":
        # Half of the rows takes back the other half.
        def change(day: int, row: int, _cells_: Cells) -> str:
            cells = _cells(FIRST_DAY + timedelta(days=day), row // 2 * 2)
            return ",".join([f"C{cells[0]}", *cells[1:3], f"-{cells[3]}", *cells[4:]] if row % 2 else cells)

        changes[reason] = change
    orders = shop(tmp_path / "orders", changes[reason])
    whole = dict.fromkeys(Limits().day.model_dump(), 1.0)
    lax = DayLimits.model_validate(whole)
    strict = lax.model_copy(update={reason: 0.3})
    all_lax = Limits().all.model_copy(update=whole)
    with pytest.raises(OrdersRefused, match=rf"orders\.limits\.day\.{reason} is 0\.3"):
        _send(orders, tmp_path / "to", OrdersSettings(limits=Limits(day=strict, all=all_lax)))
    all_strict = all_lax.model_copy(update={reason: 0.3})
    with pytest.raises(OrdersRefused, match=rf"of all days .* orders\.limits\.all\.{reason} is 0\.3"):
        _send(orders, tmp_path / "to", OrdersSettings(limits=Limits(day=lax, all=all_strict)))
    assert not _held(tmp_path / "to")


def test_a_few_rows_are_spared_but_not_most_of_a_small_day(tmp_path: Path) -> None:
    few = shop(tmp_path / "few", lambda _d, row, cells: ",".join(cells[row < 2 :]), days=3, rows=8)
    done = _send(few, tmp_path / "to")
    assert done.arrivals.cleaning["malformed"] == 4
    most = shop(tmp_path / "most", lambda _d, row, cells: ",".join(cells[row < 5 :]), days=3, rows=8)
    with pytest.raises(OrdersRefused, match="5 of 8 rows"):
        _send(most, tmp_path / "to2")


class TestFewer:
    """Batches that are there are not replaced by ones with far fewer rows."""

    def test_unless_it_is_accepted(self, tmp_path: Path) -> None:
        _send(shop(tmp_path / "orders"), tmp_path / "to")
        before = _held(tmp_path / "to")
        shop(tmp_path / "orders", rows=30)
        with pytest.raises(
            FewerRows, match=r"2011-09-01 was sent with 40 rows before and has 30 rows now.*--accept-fewer"
        ):
            _send(tmp_path / "orders", tmp_path / "to")
        assert _held(tmp_path / "to") == before
        done = _send(tmp_path / "orders", tmp_path / "to", OrdersSettings(accept_fewer=True))
        assert {batch.rows for batch in done.arrivals.batches} == {30}

    def test_a_little_fewer_are_corrections(self, tmp_path: Path) -> None:
        _send(shop(tmp_path / "orders"), tmp_path / "to")
        done = _send(shop(tmp_path / "orders", rows=33), tmp_path / "to")
        assert {batch.rows for batch in done.arrivals.batches} == {33}

    @pytest.mark.parametrize("gone", [1, DAYS - 1])
    def test_nor_by_none(self, tmp_path: Path, gone: int) -> None:
        _send(shop(tmp_path / "orders"), tmp_path / "to")
        day = FIRST_DAY + timedelta(days=gone)
        (tmp_path / "orders" / f"{day}.csv.gz").unlink()
        with pytest.raises(
            FewerRows, match=f"{day} was sent with 40 rows before and is not among the orders"
        ):
            _send(tmp_path / "orders", tmp_path / "to")

    def test_old_days_may_go_one_by_one_and_not_all_at_once(self, tmp_path: Path) -> None:
        _send(shop(tmp_path / "orders", days=6), tmp_path / "to")
        (tmp_path / "orders" / f"{FIRST_DAY}.csv.gz").unlink()
        _send(tmp_path / "orders", tmp_path / "to")
        for number in (1, 2):
            (tmp_path / "orders" / f"{FIRST_DAY + timedelta(days=number)}.csv.gz").unlink()
        with pytest.raises(FewerRows, match="the orders begin on 2011-09-04 now, not on 2011-09-02"):
            _send(tmp_path / "orders", tmp_path / "to")

    def test_days_outside_the_window_are_not_wanted_and_moved_ones_are_there(self, tmp_path: Path) -> None:
        _send(shop(tmp_path / "orders"), tmp_path / "to")
        window = Window(first_day=FIRST_DAY + timedelta(days=1)).model_dump()
        done = _send(tmp_path / "orders", tmp_path / "to", window=window, hold_back_days=2)
        assert [batch.day.day for batch in done.arrivals.batches] == [2]

    def test_a_manifest_that_cannot_be_read_protects_nothing_and_stops_nothing(self, tmp_path: Path) -> None:
        _send(shop(tmp_path / "orders"), tmp_path / "to")
        for place, key in (("arrivals", MANIFEST_KEY), ("private", HELD_BACK_MANIFEST_KEY)):
            (tmp_path / "to" / place / key).write_text("{")
        done = _send(shop(tmp_path / "orders", rows=20), tmp_path / "to")
        assert {batch.rows for batch in done.arrivals.batches} == {20}


def test_words_for_nobody_are_missing_customers(tmp_path: Path) -> None:
    words = ("", "nan", "NULL", "null", "None", "N/A", "0", "0.0", "-", " NaN ")

    def change(_day: int, row: int, cells: Cells) -> str:
        return ",".join([*cells[:6], words[row % 40] if row < len(words) else cells[6], cells[7]])

    orders = shop(tmp_path / "orders", change)
    cleaned = clean_day(Folder(orders), FIRST_DAY)
    assert cleaned.counts["missing_customers"] == len(words)
    assert set(cleaned.purchases["customer"]) == {str(12_000 + row // 4) for row in range(len(words), ROWS)}
    own = clean_day(Folder(orders, OrdersSettings(missing_customer=("guest",))), FIRST_DAY)
    assert own.counts["missing_customers"] == 1  # the empty cell
    assert OrdersFormat().customer("12001.0") == "12001"


def test_other_names_of_columns_and_private_ones(tmp_path: Path) -> None:
    lines = ["Nr;Artikel;Text;Menge;Zeit;Preis;Kunde;Mail"]
    lines += ["1;20001;A;2;2011-09-01 10:00:00;2,5;K7;x@y.z"] * 2
    text = "\n".join(lines) + "\n"
    (tmp_path / f"{FIRST_DAY}.csv.gz").write_bytes(gzip.compress(text.encode()))
    columns = {
        "invoice": "Nr", "product": "Artikel", "description": "Text", "quantity": "Menge", "time": "Zeit",
        "price": "Preis", "customer": "Kunde", "country": None,
    }  # fmt: skip
    form = OrdersSettings.model_validate(
        {"columns": columns, "delimiter": ";", "decimal": ",", "private": ("Mail",)}
    )
    cleaned = clean_day(Folder(tmp_path, form), FIRST_DAY)
    assert cleaned.purchases["customer"].tolist() == ["K7"]
    assert cleaned.counts["duplicates"] == 1
    assert cleaned.source.private["Mail"].tolist() == ["x@y.z"] * 2
    with pytest.raises(TrainingError, match=r"set orders\.delimiter to ';'"):
        clean_day(Folder(tmp_path), FIRST_DAY)
    wrong = form.model_copy(update={"columns": form.columns.model_copy(update={"customer": "Kunden"})})
    with pytest.raises(TrainingError, match=r"if Kunde is meant, set orders\.columns\.customer to it"):
        clean_day(Folder(tmp_path, wrong), FIRST_DAY)
