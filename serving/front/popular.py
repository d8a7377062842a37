"""The popular products of the release in service, for when no model answers."""

from __future__ import annotations

import json
import logging
from collections.abc import Sequence
from pathlib import Path

from pydantic import BaseModel, ConfigDict, ValidationError

from isthmus.atomic_files import atomic_write
from isthmus.errors import IsthmusError
from isthmus_client import Product
from serving.front.settings import PopularList
from serving.front.sites import STRANGER, NoModelAnswered, Sites

logger = logging.getLogger(__name__)


class _Kept(BaseModel):
    model_config = ConfigDict(strict=True)

    release: str
    products: list[tuple[str, str]]
    """Code and description, the most popular first."""


class Popular:
    """The list, as Triton told it last."""

    def __init__(self, settings: PopularList) -> None:
        self._settings = settings
        self._file = None if settings.file is None else Path(settings.file)
        self.release = ""
        self.products: tuple[Product, ...] = ()
        if self._file is not None and self._file.exists():
            self._load(self._file)

    async def refresh(self, sites: Sites) -> None:
        """Ask for the list; where nobody answers, the one of before stands."""
        try:
            (answer,) = await sites.recommend([STRANGER], self._settings.count, False)
        except NoModelAnswered as error:
            logger.warning("the popular products could not be read again: %s", error)
            return
        products = tuple(one for one in answer.products if one.reason == "popular")
        if not products or (answer.release, products) == (self.release, self.products):
            return
        self.release, self.products = answer.release, products
        if self._file is not None:
            try:
                self._keep(self._file, answer.release, products)
            except IsthmusError as error:
                logger.error("the popular products are not kept: %s", error)

    def _keep(self, file: Path, release: str, products: Sequence[Product]) -> None:
        pairs = [(one.code, one.description) for one in products]
        atomic_write(file, json.dumps({"release": release, "products": pairs}, ensure_ascii=False).encode())

    def _load(self, file: Path) -> None:
        try:
            kept = _Kept.model_validate_json(file.read_bytes())
        except (OSError, ValidationError):
            logger.error("%s holds no popular products and is written anew", file)
            return
        self.release = kept.release
        self.products = tuple(Product(code, text, 0.0, "popular") for code, text in kept.products)
