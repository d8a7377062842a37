"""The validation job from end to end: scored, compared with what is in service, refused or not, reported."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from html.parser import HTMLParser
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest

from isthmus.exit_codes import EXIT_REFUSED
from tests.training.conftest import client
from tests.training.shops import FIRST_DAY, small_shop
from training import release as r
from training.errors import TrainingError
from training.features.catalogue import catalogue_of
from training.features.purchase_tables import product_table
from training.job_runtime import Environment
from training.jobs import validate
from training.orders.source import Folder
from training.release.ranked import writing_ranked
from training.settings import Gates, TrainingSettings, Window
from training.tables.engine import EMBEDDED
from training.transfer.batch import from_parquet
from training.transfer.bucket import BatchBucket
from training.transfer.folder import BatchFolder
from training.transfer.pseudonym import Pseudonyms
from training.transfer.run import transfer
from training.validation.holdout import IN_SERVICE, MODEL
from training.validation.load_window import read_window

KEY = "a key of the private site"
HELD_BACK = 3


def _release(folder: Path, purchases: pd.DataFrame, good: bool) -> Path:
    """A release whose ranking stage tells what each customer bought most, or least."""
    folder.mkdir()
    purchases.to_parquet(folder / "purchases.parquet")
    products = product_table(EMBEDDED.scan(folder / "purchases.parquet"))
    catalogue = catalogue_of(EMBEDDED.frame(products).pipe(pa.Table.from_pandas))
    (folder / "purchases.parquet").unlink()
    codes = [item.product_code for item in catalogue.products]
    counts = purchases.groupby(["customer", "stock_code"]).size()
    names = sorted(purchases["customer"].unique())
    with writing_ranked(folder, names, codes) as ranked:
        for number, name in enumerate(names):
            mine = counts[name].reindex(codes, fill_value=0).to_numpy()
            best = np.argsort(-mine if good else mine, kind="stable")[:20]
            rank, scores = np.arange(1, len(best) + 1), np.full(len(best), 0.5)
            for only_new in (False, True):
                ranked.add(np.full(len(best), number), rank, best, scores, np.full(len(best), only_new))
    r.write_products(folder, catalogue.products)
    r.write_popular(folder, catalogue.popular())
    shape = (len(names), 4)
    r.Customers(
        names,
        np.ones(shape, np.int32),
        np.ones(shape, np.float32),
        np.zeros((len(names), 6), np.float32),
        [[1]] * len(names),
    ).write(folder)
    tensor = r.Tensor(name="history", dtype="int32", shape=(-1, 4))
    manifest = r.Manifest(
        files=r.describe(folder),
        window=r.Window(
            first_day=FIRST_DAY,
            last_day=FIRST_DAY + timedelta(days=11 - HELD_BACK),
            days=12 - HELD_BACK,
            rows=len(purchases),
            orders_digest="sha256:" + "0" * 64,
        ),
        cleaning={},
        metrics={},
        model=r.Model(
            inputs=(tensor,), outputs=(tensor,), items=len(codes), history_length=4, top_k=20,
            parameters=10, opset=17, max_abs_difference=0.0, tolerance=1e-3,
        ),
        versions={},
        settings={},
        seeds={},
    )  # fmt: skip
    r.write(folder, manifest)
    return folder


class _Outline(HTMLParser):
    """Every tag closes what it opened; counts tags and what the page would fetch."""

    def __init__(self) -> None:
        super().__init__()
        self.open: list[str] = []
        self.seen: list[str] = []
        self.fetched: list[str] = []
        self.ids: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.seen.append(tag)
        self.fetched += [
            str(value) for name, value in attrs if name == "src" or (tag, name) == ("link", "href")
        ]
        self.ids += [str(value) for name, value in attrs if name == "id"]
        if tag not in ("meta", "br", "link"):
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.seen.append(tag)
        self.ids += [str(value) for name, value in attrs if name == "id"]


def test_a_worse_release_is_refused_with_the_table_and_a_good_one_is_signed(
    tmp_path: Path,
    s3_url: str,
    bucket: Callable[[str], str],
    stand_in_aws: None,
    capsys: pytest.CaptureFixture[str],
    log_lines: list[str],
) -> None:
    shop = small_shop(tmp_path / "orders")
    gates = Gates(max_recall_loss_to_service=0.1)
    settings = TrainingSettings(hold_back_days=HELD_BACK, orders_url=Folder(shop).url, gates=gates)
    arrivals = BatchFolder(tmp_path / "arrivals")
    s3 = client(s3_url)
    private = BatchBucket(bucket("private"), s3, server_checksums=False)
    moved = transfer(Folder(shop), Pseudonyms(KEY), settings, arrivals, private)
    purchases = pd.concat([from_parquet(arrivals.batch(batch)) for batch in moved.arrivals.batches])
    store = r.Store(bucket("releases"), s3)
    environment = Environment(
        {
            "TRAINING_SETTINGS": settings.model_dump_json(),
            "RELEASES_BUCKET": store.bucket,
            "PRIVATE_BUCKET": private.name,
            "SIGNING_KEY": r.new_key(),
            "PSEUDONYM_KEY": KEY,
            "ORDERS_ENDPOINT_URL": s3_url,
        }
    )

    good = store.push(_release(tmp_path / "good", purchases, good=True))
    store.set_candidate("train", good)
    assert validate.main(environment) == 0
    assert (store.latest() or {}).get("digest") == good
    validation = store.validation(good)
    assert validation is not None
    assert validation["refusals"] == []
    assert validation["scores"]["personal frequency"]["all products"]["recall"] > 0.3
    # The new ones are 7: too few to leave the private site.
    judged = {"regular", "bulk buyers", "United Kingdom"}
    assert validation["segments"].keys() == judged
    assert validation["segment_calibration"].keys() == judged
    # The lists of this release tell one half of everything.
    assert validation["segment_calibration"]["regular"]["told"] == 0.5

    bad = store.push(_release(tmp_path / "bad", purchases, good=False))
    store.set_candidate("train", bad)
    capsys.readouterr()
    log_lines.clear()
    assert validate.main(environment) == EXIT_REFUSED
    assert (store.latest() or {}).get("digest") == good
    assert store.signature(bad) is None
    refusal = capsys.readouterr().err
    for name in (MODEL, IN_SERVICE, "EASE", "personal frequency", "missed  max_recall_loss_to_service"):
        assert f"\n{name}" in "\n".join(log_lines)
    assert "gain in recall@20 of all products is -" in refusal
    assert "gates.max_recall_loss_to_service" in refusal
    refused = store.validation(bad)
    assert refused is not None
    assert refused["in_service"]["digest"] == good

    where = f"reports/{bad.removeprefix('sha256:')}/"
    html, markdown = ((private.get(where + name) or b"").decode() for name in ("report.html", "report.md"))
    assert "Refused" in html
    assert "| in service | " in markdown
    assert "| United Kingdom | " in markdown
    ours = refused["scores"][MODEL]["all products"]
    low, high = ours["coverage_interval"]
    assert low < ours["coverage"] <= high
    assert f" {ours['coverage']:.1%} [{low:.1%}–{high:.1%}] |" in markdown
    low, high = ours["novelty_interval"]
    assert low < ours["novelty"] < high
    for text in (f"{ours['novelty']:.1f} [{low:.1f}–{high:.1f}]", "coverage [95 %]"):
        assert text in markdown
        assert text in html
    outline = _Outline()
    outline.feed(html)
    assert outline.open == []
    assert outline.fetched == ["data:,"]
    assert outline.seen.count("svg") == 4, "both columns, the segments, the reliability"
    assert len(outline.ids) == len(set(outline.ids))
    for block in markdown.split("\n\n"):
        lines = [line for line in block.splitlines() if line.startswith("|")]
        assert len({line.count("|") for line in lines}) <= 1, "the rows of a table have one width"


def test_the_past_is_not_read_with_another_key_or_of_other_days(tmp_path: Path) -> None:
    shop = Folder(small_shop(tmp_path / "orders"))
    settings = TrainingSettings(
        hold_back_days=HELD_BACK, window=Window(last_day=FIRST_DAY + timedelta(days=11))
    )
    arrivals = BatchFolder(tmp_path / "arrivals")
    private = BatchFolder(tmp_path / "private")
    moved = transfer(shop, Pseudonyms(KEY), settings, arrivals, private)
    purchases = pd.concat([from_parquet(arrivals.batch(batch)) for batch in moved.arrivals.batches])
    release = _release(tmp_path / "release", purchases, good=True)
    past = read_window(shop, Pseudonyms(KEY), release)
    assert past.customers == tuple(sorted(purchases["customer"].unique()))
    assert len(past.rows) == len(purchases.drop_duplicates(["customer", "stock_code", "at"]))
    assert past.days.max() == past.day_after - 1
    with pytest.raises(TrainingError, match="names 0 of the release's 60 customers"):
        read_window(shop, Pseudonyms("another key of the site"), release)
