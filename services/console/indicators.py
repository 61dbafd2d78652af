"""Figures as people name them in a form: an indicator or a row of a form, an area, a period, how complete."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from fastapi import Request

from services.console import words
from services.console.form import Typed
from services.console.session import Person
from services.model.text import Language

Choice = tuple[str, str]
NAMES = ("indicator_list", "indicator", "area_list", "area", "period", "completeness")


@dataclass(frozen=True)
class Group:
    """Choices that belong together: a list, or all forms."""

    title: str
    choices: Sequence[Choice]


@dataclass(frozen=True)
class Offered:
    """What can be chosen: a code is preceded by its list, a form by none: a row of it is named besides."""

    indicators: Sequence[Group]
    forms: Sequence[Choice]
    areas: Sequence[Group]


async def offered(request: Request, who: Person) -> Offered:
    """From the catalogue's lists and forms."""
    names, language = request.app.state.names, words.language_of(request)
    lists = await names.entries("codelist", who)
    forms = await names.entries("form", who)
    return Offered(
        [_group(body, language) for body in lists if _is_of_indicators(body)],
        sorted(
            (f"{body['id']}/{body['version']}", str(body["title"][language]))
            for body in forms
            if any(not table.get("indicator_list") for table in body["tables"])
        ),
        [_group(body, language) for body in lists if _has(body, "province")],
    )


def figure_of(typed: Typed) -> dict[str, str] | None:
    """The figure that was named; None where a part of it is missing."""
    list_, _, indicator = typed["indicator"].partition(" ")
    area_list, _, area = typed["area"].partition(" ")
    code = indicator or typed["row"]
    parts = (list_, code, area_list, area, typed["period"], typed["completeness"])
    return dict(zip(NAMES, parts, strict=True)) if all(parts) else None


async def called(
    request: Request, who: Person, figures: Sequence[Mapping[str, Any]]
) -> list[dict[str, str]]:
    """What figures are called: `title` the indicator, `about` the area, period and completeness."""
    names, language = request.app.state.names, words.language_of(request)
    lists = {one[name] for one in figures for name in ("indicator_list", "area_list")}
    codes = await names.codes({list_ for list_ in lists if "/" not in list_}, who)
    forms = await names.called("form", {_form(one) for one in figures if _form(one)}, who)
    return [_called(one, codes, forms, language) for one in figures]


def _called(
    figure: Mapping[str, Any],
    codes: Mapping[tuple[str, str], Mapping[str, str]],
    forms: Mapping[str, Mapping[str, str]],
    language: Language,
) -> dict[str, str]:
    list_, code = figure["indicator_list"], figure["indicator"]
    title = f"{words.in_language(codes.get((list_, code)), language, list_)} ({code})"
    if form := _form(figure):
        name = words.in_language(forms.get(form), language, form)
        title = words.sayer(language)("figure.row", form=name, row=code)
    area = codes.get((figure["area_list"], figure["area"]))
    parts = (
        words.in_language(area, language, f"{figure['area_list']}/{figure['area']}"),
        words.period(figure["period"], language),
        words.completeness({**figure, "round": 1}, language),
    )
    return {"title": title, "about": " · ".join(parts)}


def _form(figure: Mapping[str, Any]) -> str:
    """The form whose own row it is; blank for an indicator of a list."""
    form, slash, _ = str(figure["indicator_list"]).partition("/")
    return form if slash else ""


def _group(body: Mapping[str, Any], language: Language) -> Group:
    choices = [
        (f"{body['id']} {code['code']}", f"{code['name'][language]} ({code['code']})")
        for code in body["codes"]
    ]
    return Group(str(body["title"][language]), choices)


def _is_of_indicators(body: Mapping[str, Any]) -> bool:
    return body.get("indicator_system") is not None or _has(body, "indicator")


def _has(body: Mapping[str, Any], kind: str) -> bool:
    return any(code.get("kind") == kind for code in body["codes"])
