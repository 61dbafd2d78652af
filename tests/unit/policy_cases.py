"""Builders shared by the tests of policy: texts as a `cells` object, and facts of a plain case."""

import json
from collections.abc import Iterable, Sequence
from dataclasses import replace
from datetime import date
from typing import Any

from services.model.regulation import load_regulations
from services.policy.evidence.finding import Finding
from services.policy.law.case import Case
from services.policy.law.verdict import KINDS

DAY = date(2026, 11, 23)
REGULATIONS = load_regulations()


def cells(rows: Iterable[Sequence[str]], sheet: str = "Biểu 1", where: str = "cell") -> bytes:
    """The `cells` object of one sheet with these rows; empty texts are no cells."""
    found = [
        {"sheet": 0, "cell": f"{chr(65 + column)}{number}", "text": text, "where": where}
        for number, row in enumerate(rows, 1)
        for column, text in enumerate(row)
        if text
    ]
    sheets = [{"name": sheet, "hidden": False}]
    return json.dumps({"format": 1, "sheets": sheets, "cells": found}).encode()


def case(day: date = DAY, **changes: Any) -> Case:
    """A duty of Điện Biên, clean and complete; `changes` make it another case."""
    plain = Case(
        classification="public",
        regime="coordination",
        findings=(),
        demanded=frozenset(),
        errors=0,
        integrity="intact",
        recipients=KINDS,
        province="11",
        instruments=tuple(one for one in REGULATIONS if one.in_force(day)),
    )
    return replace(plain, **changes)


def finding(kind: str = "person_name", cell: str = "B2") -> Finding:
    """A finding of this kind."""
    return Finding("Biểu 1", cell, kind)
