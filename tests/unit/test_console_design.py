"""One style sheet: each of its classes stands on a page, and each of its variables is used."""

from __future__ import annotations

import re

import pytest

from services.console.rendering import HERE, STATIC, fragment
from services.model.text import Language

STYLE = (STATIC / "console.css").read_text(encoding="utf-8")
COMMENT, QUOTED = re.compile(r"/\*.*?\*/", re.S), re.compile(r'"[^"]*"')
ATTRIBUTE = re.compile(r'class(?:Name)?\s*=\s*["`]([^"`]*)["`]|classList\.add\("([^"]*)"\)')
IN_TEMPLATE = re.compile(r"{%.*?%}|{{.*?}}")


def selected(style: str) -> set[str]:
    """The classes that the rules of a style sheet are for."""
    rules = QUOTED.sub("", COMMENT.sub("", style))
    return {
        name
        for selector in re.findall(r"([^{};]+){", rules)
        for name in re.findall(r"\.([a-z][\w-]*)", selector)
    }


def worn(text: str) -> set[str]:
    """The classes that a page or a script gives to something."""
    return {
        name
        for found in ATTRIBUTE.findall(text)
        for name in IN_TEMPLATE.sub(" ", " ".join(found)).split()
    }


def design(language: Language) -> str:
    values = {
        "person": None, "places": (), "here": "", "role": "", "form_field": "f", "form_token": "t",
        "other_language": "", "channels": (),
    }  # fmt: skip
    return fragment("design.html", language, **values)


def dead(style: str) -> set[str]:
    """The classes of a style sheet that nothing wears."""
    sources = [*(HERE / "templates").glob("*.html"), *STATIC.glob("*.js")]
    on_pages = set().union(*(worn(path.read_text(encoding="utf-8")) for path in sources))
    return selected(style) - on_pages - worn(design("vi"))


def test_no_rule_is_dead() -> None:
    assert dead(STYLE) == set()


def test_a_rule_that_nothing_wears_is_found() -> None:
    assert dead(STYLE + "\n.gone, .notice .never { color: red }") == {"gone", "never"}


def test_every_variable_is_set_and_used() -> None:
    used = set(re.findall(r"var\(--([\w-]+)", STYLE))
    assert used == set(re.findall(r"--([\w-]+):", STYLE))


@pytest.mark.parametrize("language", ["vi", "en"])
def test_the_page_of_examples_speaks_one_language(language: Language) -> None:
    page = design(language)
    assert f'lang="{language}"' in page
    assert ("Trang mẫu" in page) == (language == "vi")
