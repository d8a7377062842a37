"""What leaves as a product's text: the catalogue's, one a product, and never what names somebody."""

from __future__ import annotations

import csv
import gzip
import io
from contextlib import suppress
from datetime import date, timedelta
from pathlib import Path

import pandas as pd
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from tests.training.shops import FIRST_DAY, SAMPLE, small_shop, write_day
from training.orders.cleaning import clean
from training.orders.settings import OrdersSettings
from training.orders.source import Folder, read_day
from training.settings import TrainingSettings, Transfer
from training.transfer.batch import from_parquet
from training.transfer.catalogue import ProductCatalogue
from training.transfer.folder import BatchFolder
from training.transfer.naming import Scan, identifiers_of, runs_of
from training.transfer.pseudonym import Pseudonyms
from training.transfer.redaction import LONGEST, product_text, telling, without_words
from training.transfer.refused import REPORT_KEY, TextsNameSomebody
from training.transfer.run import Transferred, transfer

KEY = Pseudonyms("a key of the private site")
CUSTOMERS = ("007", "AB-1044-X", "12347", "6", "anna.lee@example.com", "Kd 99")
DAYS = 3


def _line(invoice: str, code: str, text: str, customer: str, day: date, price: str = "1.5") -> str:
    cells = (invoice, code, text, "2", f"{day} 10:00:00", price, customer, "United Kingdom")
    row = io.StringIO()
    csv.writer(row).writerow(cells)
    return row.getvalue().rstrip("\r\n")


def _shop(folder: Path, typed: dict[int, list[str]] | None = None) -> Folder:
    """Six customers with ids of every kind, each of whom buys three of the same ten products a day."""
    for number in range(DAYS):
        day = FIRST_DAY + timedelta(days=number)
        lines = [
            _line(
                f"5{number}{who}",
                str(10_000 + code),
                f"SET OF 6 CUPS, {code} CM",
                customer,
                day,
                f"{1 + turn}.5",
            )
            for who, customer in enumerate(CUSTOMERS)
            for turn in range(3)
            for code in [(who + number + turn * 3) % 10]
        ]
        write_day(folder, day, [*lines, *(typed or {}).get(number, [])])
    return Folder(folder)


def _sent(
    orders: Folder,
    folder: Path,
    withhold: bool = False,
    hold_back_days: int = 1,
    dry_run: bool = False,
) -> tuple[Transferred, pd.DataFrame]:
    arrivals = BatchFolder(folder / "arrivals")
    done = transfer(
        orders,
        KEY,
        TrainingSettings(hold_back_days=hold_back_days, transfer=Transfer(withhold_texts=withhold)),
        arrivals,
        BatchFolder(folder / "private"),
        dry_run=dry_run,
    )
    rows = pd.DataFrame()
    if not dry_run:
        rows = pd.concat([from_parquet(arrivals.batch(batch)) for batch in done.arrivals.batches])
    return done, rows


WRITTEN = {
    "007": ["CAKE FOR 007", "cake 007!", "CAKE (007.0)", "CAKE, CUST007", "CAKE ٠٠٧"],
    "AB-1044-X": [
        "CAKE AB-1044-X",
        "cake for ab1044x",
        "CAKE AB 1044 X",
        "CAKE_AB_1044_X;",
        "CAKE ＡＢ-1044-X",
    ],
    "12347": ["CAKE 12347", "CAKE FOR12347.0", "CAKE 12,347", "CAKE 0012347", "CAKE 12\u200d347"],
    "anna.lee@example.com": [
        "CAKE anna.lee@example.com",
        "ask Anna Lee example com",
        "CAKE <ANNA.LEE@EXAMPLE.COM>",
    ],
    "Kd 99": ["CAKE KD99", "cake for kd-99"],
    "5001": ["CREDIT 5001", "SEE C5001", "C 5001 CAKE"],
}


@pytest.mark.parametrize(
    ("customer", "text"), [(who, text) for who, texts in WRITTEN.items() for text in texts]
)
@pytest.mark.parametrize("own", [True, False])
def test_identifier_that_someone_typed_however_written_does_not_leave(
    log_lines: list[str], tmp_path: Path, customer: str, text: str, own: bool
) -> None:
    """It is the product's only row, so the catalogue has no better text for it."""
    buyer = customer if own and customer in CUSTOMERS else "12347" if customer != "12347" else "007"
    # What it names need not be of the day, nor of a row that is kept: a product has one text on all days.
    taken_back = _line("C5001", "10001", "CUP", "007", FIRST_DAY).replace(",2,", ",-2,")
    second = FIRST_DAY + timedelta(days=1)
    orders = _shop(tmp_path / "orders", {0: [taken_back], 1: [_line("5099", "20001", text, buyer, second)]})
    texts = []
    with suppress(TextsNameSomebody):
        _, rows = _sent(orders, tmp_path / "sent")
        texts = rows.loc[rows["stock_code"] == "20001", "description"].tolist()
    assert texts or not list((tmp_path / "sent" / "arrivals").rglob("*.*"))
    wanted = runs_of(customer)
    for text in [*texts, *log_lines]:
        runs = runs_of(text)
        assert not any(runs[at : at + len(wanted)] == wanted for at in range(len(runs))), text


def test_refusal_names_days_in_public_and_rows_in_private_and_withholding_goes_on(
    log_lines: list[str], tmp_path: Path
) -> None:
    first, second = FIRST_DAY, FIRST_DAY + timedelta(days=1)
    orders = _shop(
        tmp_path / "orders",
        {
            0: [_line("5900", "20001", "CAKE FOR 007", "007", first)],
            1: [_line("5901", "20002", "TART (Kd 99)", "12347", second)],
        },
    )
    _sent(_shop(tmp_path / "before"), tmp_path)
    before = {path: path.read_bytes() for path in (tmp_path / "arrivals").rglob("*.*")}
    with pytest.raises(TextsNameSomebody) as dry:
        _sent(orders, tmp_path, dry_run=True)
    assert not (tmp_path / "private" / REPORT_KEY).exists()
    with pytest.raises(TextsNameSomebody) as refused:
        _sent(orders, tmp_path)
    assert {path: path.read_bytes() for path in (tmp_path / "arrivals").rglob("*.*")} == before
    for public in (str(dry.value), str(refused.value), *log_lines):
        assert not any(private in public for private in ("007", "Kd", "CAKE", "TART", "20001", "5900")), (
            public
        )
    assert "2 texts" in str(refused.value)
    assert "2011-09-01 (1), 2011-09-02 (1)" in str(refused.value)
    assert "refused/texts.csv" in str(refused.value)
    report = pd.read_csv(tmp_path / "private" / REPORT_KEY, dtype=str)
    assert report[["day", "invoice", "customer", "stock_code", "text", "holds"]].values.tolist() == [
        ["2011-09-01", "5900", "007", "20001", "CAKE FOR 007", "007"],
        ["2011-09-02", "5901", "12347", "20002", "TART (Kd 99)", "Kd 99"],
    ]
    done, rows = _sent(orders, tmp_path, withhold=True)
    texts = rows.groupby("stock_code")["description"].unique()
    assert texts["20001"].tolist() == texts["20002"].tolist() == [""]
    assert texts["10001"].tolist() == ["SET OF 6 CUPS, 1 CM"]
    assert not (tmp_path / "private" / REPORT_KEY).exists(), "what was mended is not told any more"
    assert len(done.arrivals.batches) == DAYS - 1


def test_word_of_products_is_no_customer_called_so(tmp_path: Path) -> None:
    """SET OF 6 beside the customer 6, who buys it, too; and a product that two others bought, or one."""
    orders = _shop(
        tmp_path / "orders",
        {
            0: [_line("5900", "20001", "SET OF 6 SPOONS", "007", FIRST_DAY)],
            1: [_line("5901", "20002", "TRAY 6CM", "6", FIRST_DAY + timedelta(days=1))],
        },
    )
    _, rows = _sent(orders, tmp_path)
    assert {"SET OF 6 CUPS, 3 CM", "SET OF 6 SPOONS"} <= set(rows["description"])


def test_customer_in_the_place_of_a_stock_code_does_not_leave(tmp_path: Path) -> None:
    orders = _shop(tmp_path / "orders", {0: [_line("5900", "12347", "CUP", "12347", FIRST_DAY)]})
    with pytest.raises(TextsNameSomebody):
        _sent(orders, tmp_path, withhold=True)
    assert not list((tmp_path / "arrivals").rglob("*.*"))
    others = {0: [_line(f"590{n}", "12347", "CUP", who, FIRST_DAY) for n, who in enumerate(("007", "12347"))]}
    _, rows = _sent(_shop(tmp_path / "others", others), tmp_path)
    assert "12347" in set(rows["stock_code"]), "a product may have a customer's number"


def test_each_product_has_the_text_of_most_of_its_rows_on_every_day(tmp_path: Path) -> None:
    orders = small_shop(tmp_path / "orders", days=4, customers=12)
    day = FIRST_DAY
    lines = (read_day(Folder(orders), day).apply(",".join, axis=1)).tolist()
    write_day(orders, day, [*lines, f"1,10001,WRONG LABEL,1,{day} 11:00:00,1.5,13001.0,UK"])
    _, rows = _sent(Folder(orders), tmp_path)
    assert rows.groupby("stock_code")["description"].nunique().max() == 1
    assert set(rows.loc[rows["stock_code"] == "10001", "description"]) == {"PRODUCT 01 OF TASTE 0"}


def test_text_that_is_masked_for_its_own_customer_is_not_the_products(tmp_path: Path) -> None:
    lines = [
        _line("5900", "20001", "CAKE FOR MRS QUILL 12347", "12347", FIRST_DAY),
        _line("5901", "20002", "DVD 48161", "007", FIRST_DAY),
    ]
    _, rows = _sent(_shop(tmp_path / "orders", {0: lines}), tmp_path)
    texts = rows.set_index("stock_code")["description"]
    assert texts["20001"] == ""
    assert texts["20002"] == "DVD #"


def test_sample_leaves_whole_and_says_nothing_of_anyone() -> None:
    catalogue = ProductCatalogue()
    found: dict[str, str] = {}
    source = Folder(SAMPLE)
    days = [clean(day, read_day(source, day)) for day in source.days()[:6]]
    for day in days:
        found |= identifiers_of(day)
        catalogue.add(day, identifiers_of(day))
    products = catalogue.products()
    assert sum(product.text != "" for product in products) > 1_500
    assert len(products) - sum(product.text != "" for product in products) < 3
    assert not list(Scan(products).named(found))


@pytest.mark.parametrize(
    "text",
    [
        "12 INCH CAKE,6,2011-09-01 08:26:00,2.55,007.0,UK",
        "12 INCH CAKE\n536365,85123A,CUP",
        "CUP\x00", "CUP\u2028TEA", "C\u202eUP", "12 12", "", "?", "A" * (LONGEST + 1), "\ue000",
    ],
)  # fmt: skip
def test_piece_of_the_file_is_no_text_of_a_product(text: str) -> None:
    assert product_text(text) == ""


@pytest.mark.parametrize(
    "text",
    [
        "SET OF 6",
        "CAFÉ CRÈME 1:24",
        "ガラスのコップ",
        "کتاب\u200cها",
        "½ PINT £1 MUG",
        "3.5MM JACK 5V (2-PACK)",
    ],
)
def test_text_of_a_product_leaves_as_it_is(text: str) -> None:
    assert product_text(f" {text}  ") == text


@settings(max_examples=300)
@given(st.text(max_size=260) | st.from_regex(r"(\w+[ @.,-]?){0,9}", fullmatch=True))
@example("@" * 50)
@example("1 2 3 4 5 6 7")
def test_whatever_is_typed_one_short_line_leaves_or_nothing(typed: str) -> None:
    text = product_text(typed)
    assert len(text) <= LONGEST
    assert len(text.splitlines()) <= 1
    assert text == " ".join(text.split())
    assert product_text(text) in (text, "")
    assert not any(letter.isdigit() for letter in text) or not pd.Series([text]).str.contains(r"\d{5}").any()


@pytest.mark.timeout(60)
@pytest.mark.parametrize("text", ["A", "7", "@", "A@", "1 ", "1.", "١", "12,345 ", "A\u200d", "(", "C5 "])
def test_time_grows_linearly_with_a_text(tmp_path: Path, text: str) -> None:
    """Two million letters: what was quadratic took hours for them."""
    long = (text * 2_000_000)[:2_000_000].strip()
    assert product_text(long) == ""
    assert len(without_words(long, telling({"AB-1044-X", "12347"}))) <= len(long)
    runs_of(long)
    if text == "A":
        orders = _shop(tmp_path / "orders", {0: [_line("5900", "20001", long[:200_000], "007", FIRST_DAY)]})
        _, rows = _sent(orders, tmp_path)
        assert set(rows.loc[rows["stock_code"] == "20001", "description"]) == {""}


@pytest.mark.parametrize(
    ("text", "customers"),
    [("CAKE AB 1044 X", CUSTOMERS), ("CAKE FOR 6", ("6",))],
    ids=[
        "no word by chance, whoever else bought it",
        "a word of products, but on this customer's rows alone",
    ],
)
def test_chance_has_its_limits(tmp_path: Path, text: str, customers: tuple[str, ...]) -> None:
    lines = [_line(f"590{n}", "20001", text, who, FIRST_DAY) for n, who in enumerate(customers)]
    with pytest.raises(TextsNameSomebody):
        _sent(_shop(tmp_path / "orders", {0: lines}), tmp_path)


def test_value_of_a_private_column_does_not_leave_in_a_text(tmp_path: Path) -> None:
    for text in ("CAKE FOR THEODORA QUILL", "Cake, Quill"):
        folder = tmp_path / text
        orders = _shop(folder / "orders", {0: [_line("5900", "20001", text, "007", FIRST_DAY)]})
        for path in orders.path.iterdir():
            header, *lines = gzip.decompress(path.read_bytes()).decode().splitlines()
            names = ["Theodora Quill" if ",007," in line else "N/A" for line in lines]
            named = [
                f"{header},Name,Family",
                *(f"{line},{n},{n[9:]}" for line, n in zip(lines, names, strict=True)),
            ]
            path.write_bytes(gzip.compress("\n".join(named).encode(), mtime=0))
        _, rows = _sent(orders, folder)
        assert text in set(rows["description"]), "nothing says that the column is private"
        private = Folder(orders.path, OrdersSettings(private=("Name", "Family")))
        with pytest.raises(TextsNameSomebody):
            _sent(private, folder)
        report = pd.read_csv(folder / "private" / REPORT_KEY, dtype=str)
        assert set(report["which_is_of"]) <= {"Name", "Family"}


def test_text_over_two_lines_of_the_file_is_no_text_of_a_product(tmp_path: Path) -> None:
    line = _line("5900", "20001", "CUP\nand a note", "007", FIRST_DAY)
    _, rows = _sent(_shop(tmp_path / "orders", {0: [line]}), tmp_path)
    assert rows.loc[rows["stock_code"] == "20001", "description"].tolist() == [""]
