"""``isthmus orders describe``: what it proposes reads the log, and where it cannot tell, it says so."""

from __future__ import annotations

import gzip
import json
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from typer.testing import CliRunner, Result

from isthmus.cli.main import app
from isthmus.cli.orders_options import orders_settings
from tests.training.shops import FIRST_DAY, SAMPLE, small_shop
from training.errors import TrainingError
from training.orders.cleaning import clean
from training.orders.describing import describe
from training.orders.format import Columns
from training.orders.reading import clean_days
from training.orders.settings import OrdersSettings
from training.orders.source import COLUMNS, Folder, read_day, read_rows

GERMAN = ("Rechnungsnr.", "Artikel-Nr.", "Bezeichnung", "Menge", "Datum", "Einzelpreis", "Kunden-Nr", "Land")
SHOP = ("order_id", "sku", "product_name", "qty", "created_at", "price", "user_id", "ship_country")
DATES = (
    "%Y-%m-%d %H:%M:%S", "%d.%m.%Y %H:%M", "%m/%d/%Y %H:%M", "%d/%m/%Y %I:%M %p", "%Y-%m-%dT%H:%M:%S+00:00",
    "%d %b %Y %H:%M:%S", "%Y%m%d", "epoch",
)  # fmt: skip


def _writes(encoding: str, text: str) -> bool:
    try:
        text.encode(encoding)
    except UnicodeEncodeError:
        return False
    return True


WRITTEN = [
    (encoding, currency)
    for encoding in ("utf-8", "latin-1", "cp1252", "utf-16", "utf-8-sig")
    for currency in ("", " €", " EUR")
    if _writes(encoding, currency)
]
"""Encodings, each with the currencies that it can write."""


def _write(
    folder: Path,
    like: Folder,
    dates: str = "%Y-%m-%d %H:%M:%S",
    decimal: str = ".",
    thousands: str = "",
    delimiter: str = ",",
    encoding: str = "utf-8",
    header: tuple[str, ...] = COLUMNS,
    code: str = "{}",
    missing: str = "",
    currency: str = "",
    first_day: date = FIRST_DAY,
    clock: str = "",
) -> Path:
    """The days of a log in another format, from ``first_day`` on; ``clock``: a column for the time of day."""
    folder.mkdir(parents=True)
    for number, day in enumerate(like.days()):
        moved = first_day + timedelta(days=number)
        lines = [delimiter.join((*header, clock) if clock else header)]
        for at, row in enumerate(read_day(like, day).to_dict("records")):
            time = datetime.fromisoformat(row["InvoiceDate"]).replace(
                year=moved.year, month=moved.month, day=moved.day
            )
            time_text = (
                str(int((time - datetime(1970, 1, 1)).total_seconds()))
                if dates == "epoch"
                else time.strftime(dates)
            )
            price = f"{1000 * (at % 3) + float(row['UnitPrice']):,.2f}"
            price = price.replace(",", "_").replace(".", decimal).replace("_", thousands)
            cells: tuple[str, ...] = (
                *(
                    row["InvoiceNo"],
                    code.format(row["StockCode"]),
                    row["Description"] + " É",
                    row["Quantity"],
                ),
                *(
                    time_text,
                    f"{price}{currency}",
                    missing if at % 7 == 0 else row["CustomerID"][:5],
                    "Deutschland",
                ),
            )
            if clock:
                day_alone, _, time_alone = time_text.partition(" ")
                cells = (*(day_alone if cell is time_text else cell for cell in cells), time_alone)
            lines.append(delimiter.join(f'"{cell}"' if delimiter in cell else cell for cell in cells))
        (folder / f"{moved}.csv.gz").write_bytes(gzip.compress("\r\n".join(lines).encode(encoding), mtime=0))
    return folder


def _read(folder: Path, section: dict[str, Any]) -> pd.DataFrame:
    source = Folder(folder, OrdersSettings.model_validate_json(json.dumps(section)))
    return pd.concat([clean(day, read_rows(source, day), source.settings).purchases for day in source.days()])


@pytest.mark.long
@settings(max_examples=25, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    dates=st.sampled_from(DATES),
    signs=st.sampled_from([(".", ""), (",", ""), (",", "."), (".", ","), (",", " "), (".", "'")]),
    delimiter=st.sampled_from([",", ";", "\t", "|"]),
    header=st.sampled_from([COLUMNS, GERMAN, SHOP]),
    code=st.sampled_from(["{}", "AB-{}-X", "p{}", "{}/7"]),
    missing=st.sampled_from(["", "NULL", "Gast"]),
    signed=st.sampled_from(WRITTEN),
    first_day=st.dates(date(2005, 1, 1), date(2025, 1, 1)),
)
def test_whatever_the_format_what_is_proposed_reads_the_log(
    tmp_path_factory: pytest.TempPathFactory, signed: tuple[str, str], **written: Any
) -> None:
    encoding, currency = signed
    _reads(tmp_path_factory.mktemp("shop"), encoding=encoding, currency=currency, **written)


@pytest.mark.parametrize(
    "written",
    [
        {"dates": "%m/%d/%Y %H:%M", "encoding": "utf-16", "header": SHOP, "missing": "Gast"},
        {
            "signs": (",", "."),
            "delimiter": ";",
            "dates": "%d.%m.%Y %H:%M",
            "currency": " €",
            "code": "AB-{}-X",
        },
        {"signs": (".", "'"), "delimiter": "|", "dates": "epoch", "header": GERMAN, "code": "p{}"},
        {"signs": (",", " "), "delimiter": "\t", "dates": "%d/%m/%Y %I:%M %p", "encoding": "latin-1"},
        {"encoding": "cp1252", "currency": " €"},
        {"dates": "%d.%m.%Y %H:%M", "header": GERMAN, "clock": "Uhrzeit"},
        {"dates": "%m/%d/%Y %I:%M %p", "first_day": date(2011, 9, 15), "clock": "when"},
    ],
)
def test_what_is_proposed_reads_the_log(tmp_path: Path, written: dict[str, Any]) -> None:
    _reads(tmp_path, **written)


def _reads(folder: Path, signs: tuple[str, str] = (".", ""), **written: Any) -> None:
    like = Folder(small_shop(folder / "like", days=4, customers=12))
    decimal, thousands = signs
    shop = _write(folder / "shop", like, decimal=decimal, thousands=thousands, **written)
    described = describe(shop)
    assert not described.problems, described
    plain = _write(folder / "plain", like, first_day=written.get("first_day", FIRST_DAY))
    of_plain, of_shop = _read(plain, {}), _read(shop, described.section)
    assert described.counts["kept"] == len(of_shop) == len(of_plain) > 100
    columns = ["invoice", "customer", "description", "quantity", "price", "at"]
    if written.get("dates") == "%Y%m%d":
        of_plain["at"] = of_plain["at"].dt.floor("D")
        of_plain, of_shop = (rows.sort_values(columns, ignore_index=True) for rows in (of_plain, of_shop))
    pd.testing.assert_frame_equal(
        of_plain[columns].reset_index(drop=True), of_shop[columns].reset_index(drop=True), check_dtype=False
    )


def test_a_date_and_a_time_in_two_columns_are_told_apart(tmp_path: Path) -> None:
    like = Folder(small_shop(tmp_path / "like", days=2, customers=9))
    shop = _write(tmp_path / "shop", like, "%d.%m.%Y %H:%M", header=GERMAN, clock="Uhrzeit")
    section = describe(shop).section
    assert section["columns"] | {"date": "Datum", "time": "Uhrzeit"} == section["columns"]
    assert section["dates"] == ["%d.%m.%Y %H:%M"]
    wrong = OrdersSettings.model_validate_json(json.dumps({**section, "dates": ["%d.%m.%y %H:%M"]}))
    with pytest.raises(TrainingError, match=r"line 2: Uhrzeit is '01\.09\.2011 10:00'.*set orders\.dates"):
        list(clean_days(Folder(shop, wrong), [FIRST_DAY]))
    gone = OrdersSettings(columns=Columns(date="Tag"))
    with pytest.raises(TrainingError, match=r"no column Tag; say which one it is with orders\.columns\.date"):
        read_rows(Folder(like.path, gone), FIRST_DAY)


def _run(*arguments: str) -> Result:
    return CliRunner().invoke(app, ["orders", "describe", *arguments])


def test_defaults_read_the_sample_and_nothing_is_proposed(tmp_path: Path) -> None:
    days = tmp_path / "days"
    days.mkdir()
    for path in sorted(SAMPLE.glob("*.csv.gz"))[:3]:
        (days / path.name).write_bytes(path.read_bytes())
    result = _run(str(days))
    assert result.exit_code == 0, result.output
    assert result.stdout == "# The defaults read it: no section orders is needed.\n"
    assert "missing customers" in result.stderr
    section = json.loads(_run(str(days), "--json").stdout)
    assert section["section"] == {}
    assert section["problems"] == []
    assert section["counts"]["read"] == section["counts"]["kept"] + sum(
        count for reason, count in section["counts"].items() if reason not in ("read", "kept")
    )
    assert "2011-09-0" in section["examples"]["missing_customers"]


def test_what_it_writes_is_what_other_commands_take(tmp_path: Path) -> None:
    like = Folder(small_shop(tmp_path / "like", days=3, customers=9))
    shop = _write(tmp_path / "shop", like, "%d.%m.%Y %H:%M", ",", ".", ";", header=GERMAN, code="AB-{}-X")
    result = _run(str(shop))
    assert result.exit_code == 0, result.output
    file = tmp_path / "orders.yaml"
    file.write_text(result.stdout)
    read = orders_settings({"orders_settings": file}, [file])
    assert read.model_dump(mode="json", exclude_defaults=True)["columns"]["customer"] == "Kunden-Nr"
    assert (read.delimiter, read.decimal, read.home_country) == (";", ",", "Deutschland")
    assert read == OrdersSettings.model_validate_json(json.dumps(describe(shop).section))


def test_private_columns_are_named(tmp_path: Path) -> None:
    like = Folder(small_shop(tmp_path / "like", days=2, customers=9))
    for path in like.path.iterdir():
        header, *lines = gzip.decompress(path.read_bytes()).decode().splitlines()
        text = "\n".join(
            [f"{header},E-Mail,Colour,Kundenname", *(f"{line},a@b.c,red,Quill" for line in lines)]
        )
        path.write_bytes(gzip.compress(text.encode()))
    assert describe(like.path).section == {"private": ["E-Mail", "Kundenname"]}


@pytest.mark.parametrize(
    ("written", "says"),
    [
        ({"dates": "%d/%m/%Y %H:%M", "first_day": date(2011, 9, 9)}, "may be"),
        ({"dates": "on %d the %m in %Y"}, "written in no known way that puts them on the day"),
        (
            {"header": ("a", "b", "c", "d", "e", "f", "g", "h")},
            "cannot be told which column is invoice",
        ),
        ({"delimiter": "~"}, "no delimiter"),
        ({"decimal": "·"}, "are written in no known way; set orders.decimal"),
    ],
)
def test_what_cannot_be_told_is_said_with_exit_status_1(
    tmp_path: Path, written: dict[str, Any], says: str
) -> None:
    like = Folder(small_shop(tmp_path / "like", days=1, customers=12))
    result = _run(str(_write(tmp_path / "shop", like, **written)))
    assert result.exit_code == 1
    assert says in " ".join(result.stderr.split())


@pytest.mark.parametrize("names", [[], ["sales.csv"], ["2011-09.csv.gz", "01.09.2011.csv"]])
def test_folder_without_by_day_files_is_told_what_to_do(tmp_path: Path, names: list[str]) -> None:
    for name in names:
        (tmp_path / name).write_text("a,b\n")
    result = _run(str(tmp_path))
    assert result.exit_code != 0
    assert "put the rows of each day into a gzip CSV of its own" in str(result.exception)


@pytest.mark.parametrize(
    ("name", "fault"), [("sales.csv", "it is a file, and no folder of them"), ("gone", "it does not exist")]
)
def test_orders_that_are_no_folder_are_called_what_they_are(tmp_path: Path, name: str, fault: str) -> None:
    (tmp_path / "sales.csv").write_text("a,b\n")
    with pytest.raises(
        TrainingError, match=f"the orders .*{name}: {fault}; name a folder with files such as"
    ):
        Folder(tmp_path / name)


@pytest.mark.parametrize(("quote", "section"), [('"', {}), ("'", {"quote": "'"})])
def test_quote_is_what_stands_around_cells(tmp_path: Path, quote: str, section: dict[str, Any]) -> None:
    """And an open one is a line that is left out, not another sign."""
    like = Folder(small_shop(tmp_path / "like", days=2, customers=9))
    for path in like.path.iterdir():
        header, *lines = gzip.decompress(path.read_bytes()).decode().splitlines()
        lines = [line.replace("PRODUCT", f"{quote}PRODUCT, ", 1) for line in lines]
        lines = [line.replace(",2,", f"{quote},2,", 1) for line in lines[1:]] + lines[:1]
        path.write_bytes(gzip.compress("\n".join([header, *lines]).encode()))
    described = describe(like.path)
    assert described.section == section
    assert described.counts["malformed"] == len(like.days())
