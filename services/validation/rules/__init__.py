"""The rules of a form over what was read, and the engine that runs them over any table."""

from services.validation.rules.run import run
from services.validation.rules.table import Table
from services.validation.rules.verdict import State, Tally

__all__ = ["State", "Table", "Tally", "run"]
