"""What a thousand recommendations cost where servers are asked for all that they can answer.

How much one server answers is measured, of one release, by ``python -m serving.bench``; what it costs an hour
is what its pod requests of its node.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path
from typing import Annotated, Any, Final

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from infra.review.cost.charge import HOURS
from infra.review.cost.pods import Share
from infra.review.errors import CannotJudge

_SERVERS: Final = "isthmus:serving:"
"""In the URN of what answers."""
_MOST_BYTES: Final = 2**20
_SECONDS: Final = 3600
THOUSAND: Final = 1000

Rate = Annotated[float, Field(gt=0, le=1e9, allow_inf_nan=False)]


class _Measured(BaseModel):
    model_config = ConfigDict(strict=True, frozen=True)

    release: str = Field(pattern=r"^sha256:[0-9a-f]{64}$")
    answers_per_s: dict[str, Rate] = Field(min_length=1)


@dataclass(frozen=True)
class Capacity:
    """What one server was seen to answer in a second."""

    release: str
    """Digest of the release that it served."""
    answers: Decimal

    def usd_per_thousand(self, pods: Iterable[Share]) -> Mapping[str, Decimal]:
        """USD for a thousand recommendations, by the name of what answers."""
        found = {}
        for each in pods:
            if _SERVERS not in each.resource.urn or each.monthly is None or not each.pods.high:
                continue
            hour = each.monthly.high / each.pods.high / HOURS
            found[each.resource.name] = (hour / (self.answers * _SECONDS / THOUSAND)).quantize(
                Decimal("1e-6")
            )
        return found

    def plain(self, pods: Iterable[Share]) -> dict[str, Any]:
        """The shape of ``--json``; docs/cost.md tells it."""
        return {
            "release": self.release,
            "answersPerSecond": float(self.answers),
            "usdPerThousandRequests": {name: float(usd) for name, usd in self.usd_per_thousand(pods).items()},
        }


def read_capacity(path: Path, served: str | None) -> Capacity:
    """Read what ``python -m serving.bench`` printed; of its rates the lowest counts.

    Args:
        path: of the file.
        served: digest of the release that the stack serves; None where it pins none.

    Raises:
        CannotJudge: it is no such file, or of another release.
    """
    how = "give what `python -m serving.bench RELEASE` printed"
    try:
        with path.open("rb") as file:
            content = file.read(_MOST_BYTES + 1)
        if len(content) > _MOST_BYTES:
            raise CannotJudge(f"{path} is larger than such a file is; {how}")
        found = _Measured.model_validate(json.loads(content))
    except OSError as error:
        raise CannotJudge(f"{path} cannot be read ({error.strerror}); {how}") from None
    except ValidationError as error:
        first = error.errors(include_url=False, include_input=False)[0]
        where = ".".join(map(str, first["loc"])) or "its top"
        raise CannotJudge(f"{path} has no measured capacity: {where}: {first['msg']}; {how}") from None
    except (ValueError, RecursionError):
        raise CannotJudge(f"{path} is no JSON; {how}") from None
    if served is not None and found.release != served:
        raise CannotJudge(
            f"{path} was measured with the release {found.release[:19]}..., and the stack serves "
            f"{served[:19]}... (serving.release): measure that one"
        )
    return Capacity(found.release, Decimal(str(min(found.answers_per_s.values()))))


__all__ = ["Capacity", "read_capacity"]
