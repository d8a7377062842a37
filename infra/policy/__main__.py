"""What the engine starts as the policy pack."""

from __future__ import annotations

import sys
from pathlib import Path

# As a program, its own folder comes first on the path, where nothing must find our modules.
sys.path = [place for place in sys.path if Path(place) != Path(__file__).parent]

from infra.policy.pack import serve  # noqa: E402
from infra.policy.rules import RULES  # noqa: E402

if __name__ == "__main__":
    serve(RULES)
