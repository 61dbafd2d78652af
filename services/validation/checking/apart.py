"""A workbook examined in a process of its own, within limits, so that no file can hang or fill the machine."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping
from functools import partial

from services.kernel.pool import Overrun, Pool
from services.model.codelist import Codelist
from services.model.form import Form
from services.model.text import Language
from services.validation.checking.check import overran
from services.validation.checking.examination import Examined, examine, examine_as_printed
from services.validation.checks.supply import Supply
from services.validation.reading.statement import Statement


def examined(
    form: Form,
    content: bytes,
    statement: Statement,
    codelists: Mapping[str, Codelist],
    *,
    as_printed: bool,
    language: Language,
    supply: Supply | None = None,
) -> Examined:
    """The workbook examined, or given up; `as_printed` where nobody stated a completeness."""
    how = partial(examine_as_printed if as_printed else examine, language=language, supply=supply)
    try:
        return _run(how, form, content, statement, codelists)
    except Overrun:
        return Examined(statement, overran(form), None)


def _run(how: Callable[..., Examined], form: Form, content: bytes, *more: object) -> Examined:
    pool = Pool()
    try:
        return asyncio.run(pool.run(how, form, content, *more, size=len(content)))
    finally:
        pool.close()
