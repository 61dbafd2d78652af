"""What the sender's commands print of states and reports.

All of it goes to standard error: standard output is for what a program reads.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from services.model.messages import LANGUAGES, known
from services.model.text import Language, Text
from services.model.wording import by_kind, kind_of_identifier, law, moment, unsaid
from services.terminal import show as terminal


def say(message: str, /, **values: object) -> None:
    """Prints the message `connector.<message>`."""
    terminal.say(f"connector.{message}", error=True, **values)


def tell(texts: Mapping[Language, str], indent: str = "") -> None:
    """Prints a text; of a service that says it in one language, that one."""
    terminal.tell(Text(texts["vi"], texts.get("en", texts["vi"])), indent, error=True)


def text(message: str, lang: Language, /, **values: object) -> str:
    """The message `connector.<message>` in one language."""
    from services.model.messages import text as of_catalogue

    return of_catalogue(f"connector.{message}", lang, **values)


def state(found: Mapping[str, Any]) -> None:
    """Prints a state of intake, and why it is that: the articles, and the cells that they are about."""
    figures = "?" if found["figures"] is None else found["figures"]
    say(f"state_{found['state']}", figures=figures)
    for reason in found["reasons"]:
        terminal.tell(_law(reason), "  ", error=True)
        if "text" in reason:
            tell(reason["text"], "    ")
        for (sheet, kind), cells in by_kind(reason["cells"]).items():
            where = f"{sheet} {', '.join(cells)}"
            named = {
                lang: f" ({kind_of_identifier(kind, lang)})" if kind else "" for lang in LANGUAGES
            }
            tell({lang: where + named[lang] for lang in LANGUAGES}, "    ")


def findings(findings: Iterable[Mapping[str, Any]]) -> None:
    """Prints the findings of a report: where, what, the numbers, how to mend it, and what was answered."""
    for finding in findings:
        where = _where(finding)
        tell({lang: f"{where}{finding['message'][lang]}" for lang in LANGUAGES}, "  ")
        numbers = {lang: _numbers(finding, lang) for lang in LANGUAGES}
        if any(numbers.values()):
            tell(numbers, "    ")
        tell({lang: text("mend", lang, mend=finding["mend"][lang]) for lang in LANGUAGES}, "    ")
        for answer in finding.get("answers", ()):
            say(
                f"answer_{answer['kind']}",
                person=answer["person"].removeprefix("sender:"),
                role=known(f"console.role.{answer['role']}", answer["role"]),
                text=answer["text"],
                at=moment(answer["at"]),
                document=answer["document"] or "–",
            )


def answered(found: Iterable[Mapping[str, Any]]) -> None:
    """Prints the findings with their ids, by which they are answered."""
    from services.model.messages import text as of_catalogue

    for finding in found:
        given = {"id": finding["id"], "rule": finding["rule"] or finding["code"]}
        severity = f"validation.severity.{finding['severity']}"
        tell(
            {
                lang: text(
                    "answered_finding", lang, **given, severity=of_catalogue(severity, lang).lower()
                )
                for lang in LANGUAGES
            }
        )
        findings([finding])


def codes(codes: Iterable[Mapping[str, Any]]) -> None:
    """Prints the findings of a state, which has no words and no numbers: where the report is gone."""
    for code in codes:
        say("finding", where=_where(code), code=code["code"], rule=code["rule"] or "–")


def _where(finding: Mapping[str, Any]) -> str:
    place = " ".join(part for part in (finding["sheet"], ", ".join(finding["cells"])) if part)
    return f"{place}: " if place else ""


def _numbers(finding: Mapping[str, Any], lang: Language) -> str:
    """Expected, found and difference, those that the message itself doesn't say."""
    return "; ".join(text(name, lang, value=value) for name, value in unsaid(finding, lang).items())


def _law(reason: Mapping[str, Any]) -> Text:
    """`R19, khoản 2 Điều 6 1618/QĐ-UBND`; the policy's name where no article says it."""
    if not reason["article"]:
        policy = reason["requirement"] or str(reason["policy"])
        return Text(policy, policy)
    instrument = reason.get("number") or reason["instrument"]
    place = law(instrument, reason["article"], reason["clause"])
    before = f"{reason['requirement']}, " if reason["requirement"] else ""
    return Text(before + place.vi, before + place.en)
