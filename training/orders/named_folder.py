"""A folder of orders and how they are written, as two options of a program's command line."""

from __future__ import annotations

import argparse
import os
from pathlib import Path

from isthmus.settings.validation import validate
from isthmus.stack_files import StackFileError, read
from training.errors import TrainingError
from training.orders.settings import VARIABLE, OrdersSettings, parse
from training.orders.source import Folder

SECTION = "isthmus:orders"


def add_options(parser: argparse.ArgumentParser) -> None:
    """Add ``--orders`` and ``--orders-settings``; ``named_folder`` reads them."""
    parser.add_argument("--orders", type=Path, required=True, help="folder of by-day files")
    parser.add_argument(
        "--orders-settings",
        type=Path,
        help=f"take the section {SECTION} of this file, as `isthmus orders describe` writes it; "
        f"default: ${VARIABLE}",
    )


def named_folder(options: argparse.Namespace) -> Folder:
    """The folder that the options name, read as they say.

    Raises:
        TrainingError: the folder or the file is not there.
        SettingsError: the section is wrong.
    """
    file: Path | None = options.orders_settings
    return Folder(options.orders, parse(os.environ.get(VARIABLE)) if file is None else _of_file(file))


def _of_file(file: Path) -> OrdersSettings:
    try:
        section = read(file).config.get(SECTION)
    except FileNotFoundError:
        raise TrainingError(f"{file} is not there; name what `isthmus orders describe` wrote") from None
    except StackFileError as error:
        raise TrainingError(f"{file}: {error}") from None
    if section is None:
        raise TrainingError(f"{file} has no section config: {SECTION}; `isthmus orders describe` writes one")
    return validate(OrdersSettings, section, str(file), "orders")
