"""The settings of an estate: a stack file in, frozen and checked models out, or one sentence a problem.

``load()`` is for the program (it asks the engine), ``read(path)`` for everything else.
"""

from infra.settings.loading import load, read, stack_of
from infra.settings.model import Settings
from infra.settings.subnets import ZoneSubnets, carve
from isthmus.settings.errors import Problem, SettingsError

__all__ = ["Problem", "Settings", "SettingsError", "ZoneSubnets", "carve", "load", "read", "stack_of"]
