"""`solieu republish` and `solieu feed rebuild`; and what `solieu status` says of tables and topics.

Each service compares and repairs its own, with its own logins: an operator sees counts.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Annotated, Any

import typer

from services.kernel.refused import Refused
from services.model.messages import texts
from services.model.system_errors import reason
from services.model.text import Text
from services.terminal.client import Api, checked, operator
from services.terminal.show import AsJson, Exit, as_json, in_line, say, table
from services.terminal.usage import wrong

SECONDS = 600.0
"""Whole topics are read."""
SERVICES = ("intake", "validation", "policy", "catalogue", "grdp", "audit", "notification")

app = typer.Typer()
feed = typer.Typer(
    no_args_is_help=True, help="Dòng số liệu cho người biên soạn · The compilers' feed"
)
app.add_typer(feed, name="feed")

Service = Annotated[
    str, typer.Option("--service", help="Một dịch vụ thay vì tất cả · One service, not all")
]


@dataclass(frozen=True)
class Answers:
    """What services answered, and why others did not."""

    given: Mapping[str, Any]
    away: Mapping[str, Text]


@dataclass(frozen=True)
class Compared:
    """What the services found between their tables and the topics."""

    comparisons: list[dict[str, Any]]
    away: Mapping[str, Text]

    @property
    def gaps(self) -> list[tuple[str, str, str, int]]:
        """Service, topic, kind and number of all that differs."""
        return [
            (comparison["service"], topic, gap, count)
            for comparison in self.comparisons
            for gap, topics in comparison["gaps"].items()
            for topic, count in topics.items()
        ]

    @property
    def exit_code(self) -> int:
        """0 where all agree, 1 where something differs, 5 where some could not be asked."""
        if self.gaps:
            return Exit.DIFFERS
        return Exit.UNREACHABLE if self.away else 0

    def show(self) -> None:
        """Prints the gaps, or that there are none."""
        if self.gaps:
            rows = [[service, topic, _word(gap), n] for service, topic, gap, n in self.gaps]
            columns = ("service", "topic", "gap", "count")
            table([f"operators.comparisons.{name}" for name in columns], rows)
            say("operators.comparisons.differ", count=sum(n for *_, n in self.gaps))
        elif self.comparisons:
            count = sum(comparison["compared"] for comparison in self.comparisons)
            agree = "agree-in-part" if self.away else "agree"
            say(f"operators.comparisons.{agree}", count=count)
        for service, why in self.away.items():
            say("operators.comparisons.away", error=True, service=service, reason=why)


def compared() -> Compared:
    """What every service finds; it takes as long as reading the topics."""
    answers = _asked("GET", "/v1/comparisons", SERVICES)
    found = [
        {"service": service, **comparison}
        for service, given in answers.given.items()
        for comparison in given
    ]
    return Compared(found, answers.away)


@app.command(help="Phát lại những gì chủ đề Kafka thiếu · Publish again what the topics lack")
def republish(service: Service = "", json: AsJson = False) -> None:
    """Exit code 1 where something is missing after it, 5 where a service could not be asked."""
    if service and service not in SERVICES:
        raise wrong("--service", "choice", choices=", ".join(SERVICES))
    _repaired("publications", [service] if service else SERVICES, json)


@feed.command(help="Phát lại những gì dòng số liệu thiếu · Make the feed what the store has")
def rebuild(json: AsJson = False) -> None:
    """Exit code 1 where it differs after it, 5 where grdp could not be asked."""
    _repaired("feed", ["grdp"], json)


def _repaired(what: str, services: Iterable[str], json: bool) -> None:
    answers = _asked("POST", f"/v1/{what}", services)
    after = [{"service": name, **one["after"]} for name, one in answers.given.items()]
    written = {name: one["written"] for name, one in answers.given.items() if one["written"]}
    compared = Compared(after, answers.away)
    if json:
        away = {name: _both(why) for name, why in answers.away.items()}
        as_json({"written": written, "comparisons": after, "away": away})
    else:
        if written:
            _show_written(written)
        elif not answers.away:
            say("operators.comparisons.nothing-missing")
        compared.show()
    if compared.exit_code:
        raise typer.Exit(compared.exit_code)


def _show_written(written: Mapping[str, Mapping[str, int]]) -> None:
    rows = [[name, topic, n] for name, topics in written.items() for topic, n in topics.items()]
    columns = ("service", "topic", "written")
    table([f"operators.comparisons.{name}" for name in columns], rows)


def _word(gap: str) -> str:
    return in_line(texts(f"operators.gap.{gap}"))


def _asked(method: str, path: str, services: Iterable[str]) -> Answers:
    """What services answer, asked beside each other; ends the command where one refuses."""
    import httpx2

    apis = [operator(service, SECONDS) for service in services]

    def ask(api: Api) -> httpx2.Response | httpx2.TransportError:
        try:
            return api.answer(method, path)
        except httpx2.TransportError as error:
            return error

    given: dict[str, Any] = {}
    away: dict[str, Text] = {}
    with ThreadPoolExecutor(len(apis)) as pool:
        for api, answer in zip(apis, pool.map(ask, apis), strict=True):
            if isinstance(answer, Exception):
                away[api.service] = reason(answer)
            elif answer.status_code >= 500:
                away[api.service] = _title(Refused.of(answer))
            else:
                given[api.service] = checked(f"{api.service} {path}", answer).json()
    return Answers(given, away)


def _title(refused: Refused) -> Text:
    """What a problem is; in Vietnamese where the service had no English."""
    vi, en = (refused.texts(language)[0] for language in ("vi", "en"))
    return Text(vi, en or vi)


def _both(why: Text) -> str:
    return " · ".join(dict.fromkeys((why.vi, why.en)))
