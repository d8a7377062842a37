"""Products: their numbers, names, prices, popularity, and the features of the product tower."""

from __future__ import annotations

import hashlib
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from training.features.product import Product

if TYPE_CHECKING:
    import pyarrow as pa

TEXT_BUCKETS = 192
"""Places for hashed words of descriptions; the sample has about 1,500 words, few of them frequent."""
PRICE_FEATURES = 2
FEATURES = TEXT_BUCKETS + PRICE_FEATURES
_WORD = re.compile(r"[A-Z0-9]{2,}")


@dataclass(frozen=True)
class Catalogue:
    """The products of a window, numbered from 1 in the order of their codes."""

    products: tuple[Product, ...]

    def __len__(self) -> int:
        return len(self.products)

    @property
    def index(self) -> dict[str, int]:
        """Product code -> number."""
        return {product.product_code: product.index for product in self.products}

    def popular(self) -> list[int]:
        """Numbers, the product in most baskets first."""
        ranked = sorted(self.products, key=lambda product: product.popularity_rank)
        return [product.index for product in ranked]

    def features(self) -> npt.NDArray[np.float32]:
        """Features of the product tower, float32 [products + 1, FEATURES]; row 0 is padding.

        Hashed words of the description weighted by inverse document frequency and normalised to length 1,
        and the logarithm of the price (GBP), plain and squared, standardised.
        """
        words = [set(_WORD.findall(product.description.upper())) for product in self.products]
        documents: dict[str, int] = {}
        for product_words in words:
            for word in product_words:
                documents[word] = documents.get(word, 0) + 1
        out = np.zeros((len(self.products) + 1, FEATURES), np.float32)
        for row, product_words in enumerate(words, 1):
            for word in sorted(product_words):
                hashed = int.from_bytes(hashlib.blake2b(word.encode(), digest_size=8).digest(), "big")
                sign = 1.0 if hashed >> 63 else -1.0
                out[row, hashed % TEXT_BUCKETS] += sign * np.log1p(len(self.products) / documents[word])
            out[row] /= max(float(np.linalg.norm(out[row])), 1e-6)
        price = np.log(np.array([product.price for product in self.products]))
        price = (price - price.mean()) / max(price.std(), 1e-6)
        out[1:, TEXT_BUCKETS] = price
        out[1:, TEXT_BUCKETS + 1] = price**2 - 1
        return out


def catalogue_of(products: pa.Table) -> Catalogue:
    """The products of some purchases.

    Args:
        products: stock_code, description (null where no row has one), price (GBP) and baskets, in the order
            of the codes: ``training.features.purchase_tables.product_table``.
    """
    codes, texts, prices, baskets = (
        products.column(name).to_pylist() for name in ("stock_code", "description", "price", "baskets")
    )
    by_popularity = sorted(range(len(codes)), key=lambda row: (-baskets[row], codes[row]))
    rank = {row: position for position, row in enumerate(by_popularity, 1)}
    return Catalogue(
        tuple(
            Product(
                index=row + 1,
                product_code=code,
                description=texts[row] or code,
                price=round(prices[row], 4),
                popularity_rank=rank[row],
            )
            for row, code in enumerate(codes)
        )
    )
