"""Which engines there are: what settings and components know of them."""

from __future__ import annotations

from typing import Literal

Kind = Literal["embedded", "spark"]
MEMORY_MIB = 1024
"""What the embedded engine holds before it spills; sorts and groups of 6 million rows need about half."""
