"""What the demo shows of its submissions: a table that fits the terminal, and the id of each."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import Any

from rich.box import SIMPLE_HEAD
from rich.console import Console
from rich.table import Table
from rich.text import Text

from services.model.wording import law

COLOURS = {"cleared": "green", "returned": "yellow", "withheld": "red", "held": "magenta"}


@dataclass
class Result:
    """One submission of the scenario: what came of it, and where that is not what was expected."""

    name: str
    entry: dict[str, Any]
    id: str = ""
    state: dict[str, Any] = field(default_factory=dict)
    seconds: float = 0.0
    wrong: list[str] = field(default_factory=list)

    @property
    def verdict(self) -> str:
        """The verdict; `held` while a person has to decide."""
        return str(self.state.get("verdict") or self.state.get("state", "?"))


@dataclass(frozen=True)
class Column:
    """A column of the table; only terminals of at least `from_width` characters show it."""

    title: str
    cell: Callable[[Result], str | Text]
    from_width: int = 0
    right: bool = False


def verdict(result: Result) -> Text:
    """The verdict in its colour; an identical copy is marked."""
    text = Text(result.verdict, COLOURS.get(result.verdict, ""))
    return text.append("\n(trùng)", "dim") if result.entry["expect"].get("duplicate") else text


def decider(result: Result) -> str:
    """The article that withheld it, or the rule and cells that returned it."""
    for reason in result.state.get("reasons", []):
        if reason.get("article"):
            instrument = reason.get("number", reason["instrument"])
            return f"{reason['requirement']} {law(instrument, reason['article'], reason.get('clause')).vi}"
    for finding in result.state.get("findings", []):
        if finding.get("severity") == "error":
            cells = finding["cells"]
            more = " …" if len(cells) > 3 else ""
            return f"{finding['rule'] or finding['code']} {', '.join(cells[:3])}{more}"
    return ""


COLUMNS = (
    Column("Lần gửi", lambda one: one.name),
    Column("Đơn vị gửi", lambda one: one.entry["sender"], from_width=160),
    Column("Biểu", lambda one: one.entry["form"], from_width=120),
    Column("Địa bàn", lambda one: one.entry["area"], from_width=160),
    Column("Kỳ", lambda one: one.entry["period"], from_width=120),
    Column("Lần", lambda one: str(one.state.get("attempt", "")), right=True),
    Column("Số liệu", lambda one: str(one.state.get("figures", "")), right=True),
    Column("Kết luận", verdict),
    Column("Căn cứ", decider),
    Column("Giây", lambda one: f"{one.seconds:.2f}", from_width=120, right=True),
)


def show(console: Console, results: Iterable[Result]) -> None:
    """Prints the table, and below it the id of each submission, in full."""
    results = list(results)
    columns = [column for column in COLUMNS if column.from_width <= console.width]
    table = Table(title="Các lần gửi · submissions", header_style="bold", box=SIMPLE_HEAD)
    for column in columns:
        rigid = column.title != "Căn cứ"
        justify: Any = "right" if column.right else "left"
        table.add_column(column.title, justify=justify, no_wrap=rigid, overflow="fold")
    for result in results:
        table.add_row(*(column.cell(result) for column in columns))
    console.print(table)
    console.print("Mã hồ sơ · ids, for `solieu trace`:", markup=False)
    names: dict[str, str] = {}
    for result in results:
        names.setdefault(result.id, result.name)
    for id_, name in names.items():
        console.print(f"  {id_}  {name}", markup=False)
