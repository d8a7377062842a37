"""Which products a bundle holds: all of a release, those that most customers buy, or a list of codes."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from serving.edge.runtime.errors import BundleRefused
from training.release import Product


@dataclass(frozen=True)
class ProductSlice:
    """All products where neither is given.

    Attributes:
        most_bought: so many, by the release's own ranks of popularity.
        codes: these, such as what the shops of a region keep.
    """

    most_bought: int | None = None
    codes: tuple[str, ...] | None = None

    def of(self, products: Sequence[Product]) -> list[Product]:
        """The products, in the order of the release, which is that of their codes.

        Raises:
            BundleRefused: a code is not in the release, or nothing is left.
        """
        chosen = list(products)
        if self.codes is not None:
            known = {product.product_code for product in products}
            if missing := sorted(set(self.codes) - known):
                raise BundleRefused(
                    f"the release has no product {missing[0]!r} and {len(missing) - 1} others of the list; "
                    "take them out of it"
                    if len(missing) > 1
                    else f"the release has no product {missing[0]!r}; take it out of the list"
                )
            chosen = [product for product in products if product.product_code in set(self.codes)]
        if self.most_bought is not None:
            chosen = sorted(chosen, key=lambda product: product.popularity_rank)[: self.most_bought]
        if not chosen:
            raise BundleRefused("the slice holds no product; name one or more")
        return sorted(chosen, key=lambda product: product.index)

    def __str__(self) -> str:
        named = "all products" if self.codes is None else f"a list of {len(set(self.codes))} codes"
        return named if self.most_bought is None else f"the {self.most_bought} most bought of {named}"
