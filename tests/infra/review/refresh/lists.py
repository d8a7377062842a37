"""Price lists in AWS's format, served on loopback: the prices of today, among rows that are not meant."""

from __future__ import annotations

import csv
import io
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

from infra.review.cost.prices import FOLDER
from infra.review.cost.refresh.find import items

REGION = "eu-west-1"
VERSION = "20261127101112"
HEADER = (
    "SKU", "OfferTermCode", "RateCode", "TermType", "PriceDescription", "EffectiveDate", "StartingRange",
    "EndingRange", "Unit", "PricePerUnit", "Currency", "Product Family", "serviceCode", "Location",
    "Location Type", "Instance Type", "Tenancy", "Operating System", "usageType", "operation",
    "CapacityStatus",
    "Pre Installed S/W", "Region Code", "serviceName",
)  # fmt: skip
"""Some of the columns that a list of the Bulk API has, under their names."""


def text(offer: str, prices: dict[str, str], day: str = "2026-11-27") -> str:
    """A list with these prices: of instance types, and of the items that stand in it."""
    sink = io.StringIO()
    out = csv.writer(sink, quoting=csv.QUOTE_ALL, lineterminator="\n")
    out.writerows(
        [
            ("FormatVersion", "v1.0"),
            ("Disclaimer", "This pricing list is for informational purposes only, says the test."),
            ("Publication Date", f"{day}T10:11:12Z"),
            ("Version", VERSION),
            ("OfferCode", offer),
            HEADER,
        ]
    )
    for name, usd in prices.items():
        for told in _of_item(name, usd) if name in items() else _of_machine(name, usd):
            row = {
                "SKU": "0",
                "TermType": "OnDemand",
                "Currency": "USD",
                "StartingRange": "0",
                "EndingRange": "Inf",
            }
            row |= {"serviceCode": offer, "Region Code": REGION, **told}
            out.writerow([row.get(column, "") for column in HEADER])
    return sink.getvalue()


def _of_machine(name: str, usd: str) -> Iterator[dict[str, str]]:
    meant = {
        "Instance Type": name, "Tenancy": "Shared", "Operating System": "Linux", "CapacityStatus": "Used",
        "Pre Installed S/W": "NA", "Unit": "Hrs", "operation": "RunInstances",
        "usageType": f"EU-BoxUsage:{name}",
    }  # fmt: skip
    yield {**meant, "PricePerUnit": f"{usd}00"}
    for other in (
        {"Operating System": "Windows"},
        {"Tenancy": "Dedicated"},
        {"CapacityStatus": "UnusedCapacityReservation"},
        {"Pre Installed S/W": "SQL Std"},
        {"TermType": "Reserved"},
        {"Currency": "CNY"},
    ):
        yield {**meant, "PricePerUnit": "99.0", **other}
    yield {**meant, "PricePerUnit": "0.0000000000"}


def _of_item(name: str, usd: str) -> Iterator[dict[str, str]]:
    item = items()[name]
    meant = {"usageType": f"EU-{item.usage}", "operation": item.operation or "Any"}
    yield {**meant, "StartingRange": "0", "EndingRange": "1", "PricePerUnit": "0.0"}  # free for a start
    yield {**meant, "StartingRange": "1", "EndingRange": "10240", "PricePerUnit": usd}
    yield {**meant, "StartingRange": "10240", "PricePerUnit": "0.0000001"}  # cheaper by volume
    yield {**meant, "usageType": f"EU-Other{item.usage}", "PricePerUnit": "77"}


def prices_of_today() -> dict[str, dict[str, str]]:
    """What each list would have to say so that nothing moves, by offer."""
    found: dict[str, dict[str, str]] = {item.list: {} for item in items().values()}
    with (FOLDER / "ec2.csv").open(newline="") as lines:
        for row in csv.DictReader(lines):
            if row["region"] == REGION:
                found["AmazonEC2"][row["type"]] = row["usd_per_hour"]
    with (FOLDER / "services.csv").open(newline="") as lines:
        for row in csv.DictReader(lines):
            if row["region"] in (REGION, "any"):
                found[items()[row["item"]].list][row["item"]] = row["usd"]
    return found


@contextmanager
def served(answer: Callable[[str], bytes | None]) -> Iterator[str]:
    """A server whose answer to a list's offer is these bytes, or 404."""

    class Handler(BaseHTTPRequestHandler):
        def log_message(self, *_: object) -> None:
            """Say nothing."""

        def do_GET(self) -> None:
            parts = Path(self.path).parts
            assert parts[:4] == ("/", "offers", "v1.0", "aws")
            assert parts[5:] == ("current", REGION, "index.csv")
            content = answer(parts[4])
            self.send_response(404 if content is None else 200)
            whole = content is None or not content.endswith(CUT)
            body = (content or b"").removesuffix(CUT)
            self.send_header("Content-Length", str(len(body) if whole else len(body) + 5000))
            self.end_headers()
            self.wfile.write(body)

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_address[1]}"
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


CUT = b"\0CUT"
"""At the end of an answer: the connection ends before all of it was sent."""
