"""The rules of a form over what was read, and the engine that runs them over any table."""

from services.validation.rules.cells import State, Table, Tally
from services.validation.rules.run import run

__all__ = ["State", "Table", "Tally", "run"]
