"""The rules of a form over what was read, and the engine that runs them."""

from services.validation.rules.cells import State, Table, Tally, run

__all__ = ["State", "Table", "Tally", "run"]
