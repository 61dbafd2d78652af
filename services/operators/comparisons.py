"""`solieu republish` and `solieu feed rebuild`; and what `solieu status` says of tables and topics.

Each service compares and repairs its own, with its own logins: an operator sees counts.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated, Any

import typer

from services.operators.calls import authorization, checked
from services.operators.show import AsJson, Exit, as_json, say, table

if TYPE_CHECKING:
    import httpx2

TIMEOUT = 600.0
"""Whole topics are read."""

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
    away: Mapping[str, str]


@dataclass(frozen=True)
class Compared:
    """What the services found between their tables and the topics."""

    comparisons: list[dict[str, Any]]
    away: Mapping[str, str]

    @property
    def gaps(self) -> list[tuple[str, str, str, int]]:
        """Service, topic, kind and number of all that differs."""
        return [
            (one["service"], topic, gap, count)
            for one in self.comparisons
            for gap, topics in one["gaps"].items()
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
            count = sum(one["compared"] for one in self.comparisons)
            agree = "agree-in-part" if self.away else "agree"
            say(f"operators.comparisons.{agree}", count=count)
        for service, reason in self.away.items():
            say("operators.comparisons.away", error=True, service=service, reason=reason)


def compared() -> Compared:
    """What every service finds; it takes as long as reading the topics."""
    answers = _asked("GET", "/v1/comparisons", _urls())
    found = [
        {"service": service, **one} for service, given in answers.given.items() for one in given
    ]
    return Compared(found, answers.away)


@app.command(help="Phát lại những gì chủ đề Kafka thiếu · Publish again what the topics lack")
def republish(service: Service = "", json: AsJson = False) -> None:
    """Exit code 1 where something is missing after it, 5 where a service could not be asked."""
    urls = _urls()
    if service and service not in urls:
        raise typer.BadParameter(", ".join(urls), param_hint="--service")
    chosen = {service: urls[service]} if service else urls
    _repaired("publications", chosen, json)


@feed.command(help="Phát lại những gì dòng số liệu thiếu · Make the feed what the store has")
def rebuild(json: AsJson = False) -> None:
    """Exit code 1 where it differs after it, 5 where grdp could not be asked."""
    _repaired("feed", {"grdp": _urls()["grdp"]}, json)


def _repaired(what: str, urls: Mapping[str, str], json: bool) -> None:
    answers = _asked("POST", f"/v1/{what}", urls)
    after = [{"service": name, **one["after"]} for name, one in answers.given.items()]
    written = {name: one["written"] for name, one in answers.given.items() if one["written"]}
    found = Compared(after, answers.away)
    if json:
        as_json({"written": written, "comparisons": after, "away": answers.away})
    else:
        if written:
            _show_written(written)
        elif not answers.away:
            say("operators.comparisons.nothing-missing")
        found.show()
    if found.exit_code:
        raise typer.Exit(found.exit_code)


def _show_written(written: Mapping[str, Mapping[str, int]]) -> None:
    rows = [[name, topic, n] for name, topics in written.items() for topic, n in topics.items()]
    columns = ("service", "topic", "written")
    table([f"operators.comparisons.{name}" for name in columns], rows)


def _word(gap: str) -> str:
    from services.model.messages import texts

    both = texts(f"operators.gap.{gap}")
    return f"{both.vi} · {both.en}"


def _urls() -> dict[str, str]:
    from services.kernel.settings import settings

    config = settings()
    return {
        "intake": config.intake_url,
        "validation": config.validation_url,
        "policy": config.policy_url,
        "catalogue": config.catalogue_url,
        "grdp": config.grdp_url,
        "audit": config.audit_url,
        "notification": config.notification_url,
    }


def _asked(method: str, path: str, urls: Mapping[str, str]) -> Answers:
    """What all services answer, asked beside each other; ends the command where one refuses."""
    import httpx2

    from services.kernel.settings import settings

    headers = authorization(settings().operator_token, "SOLIEU_OPERATOR_TOKEN")

    def ask(url: str) -> httpx2.Response | httpx2.TransportError:
        try:
            return httpx2.request(
                method, f"{url}{path}", headers=headers, timeout=TIMEOUT, trust_env=False
            )
        except httpx2.TransportError as error:
            return error

    with ThreadPoolExecutor(len(urls)) as pool:
        return _sorted(path, zip(urls, pool.map(ask, urls.values()), strict=True))


def _sorted(
    path: str, answers: Iterable[tuple[str, httpx2.Response | httpx2.TransportError]]
) -> Answers:
    given: dict[str, Any] = {}
    away: dict[str, str] = {}
    for service, answer in answers:
        if isinstance(answer, Exception):
            away[service] = str(answer) or type(answer).__name__
        elif answer.status_code >= 500:
            away[service] = _both(answer.json())
        else:
            given[service] = checked(f"{service} {path}", answer)
    return Answers(given, away)


def _both(problem: Mapping[str, Any]) -> str:
    """What a problem is, in both languages."""
    titles = problem.get("title"), (problem.get("en") or {}).get("title")
    return " · ".join(str(one) for one in titles if one)
