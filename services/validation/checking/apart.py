"""A workbook examined in a process of its own, within limits, so that no file can hang or fill the machine."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TypeVar

from services.kernel.pool import Overrun, Pool
from services.model.codelist import Codelist
from services.model.form import Form
from services.validation.checking.check import overran
from services.validation.checking.examination import Examined, examine, examine_as_printed
from services.validation.reading.statement import Statement
from services.validation.telling.report.page import page

T = TypeVar("T")


@dataclass(frozen=True)
class Apart:
    """What to do with the workbook in `content`; the bytes are parsed in other processes alone."""

    form: Form
    content: bytes

    def examined(
        self, statement: Statement, codelists: Mapping[str, Codelist], as_printed: bool
    ) -> Examined:
        """The workbook examined, or given up; `as_printed` where nobody stated a completeness."""
        how = examine_as_printed if as_printed else examine
        try:
            return self._run(how, self.form, self.content, statement, codelists)
        except Overrun:
            return Examined(statement, overran(self.form), None)

    def page(self, examined: Examined, name: str) -> bytes:
        """The report as a page; without pictures where the workbook can't be opened again."""
        arguments = (self.form, examined.statement, examined.checked.report)
        try:
            return self._run(page, *arguments, self.content, name)
        except Overrun:
            return page(*arguments, b"", name)

    def _run(self, function: Callable[..., T], *arguments: object) -> T:
        pool = Pool()
        try:
            return asyncio.run(pool.run(function, *arguments, size=len(self.content)))
        finally:
            pool.close()
