"""What must stand before a first up, looked at with the user's own credentials: ``isthmus doctor STACK``."""

from infra.doctor.check import Check, Finding
from infra.doctor.clouds import Clouds
from infra.doctor.run import run
from infra.doctor.table import CHECKS

__all__ = ["CHECKS", "Check", "Clouds", "Finding", "run"]
