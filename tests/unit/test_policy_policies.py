"""The policy files: each bound to an article that the regulation packs have."""

import shutil
from pathlib import Path

import pytest

from services.model.messages import texts
from services.model.regulation import load_regulations
from services.policy.law.policies import FOLDER, PolicyError, library, read

INSTRUMENTS = {one.id: one for one in load_regulations()}


def test_every_policy_is_bound_to_an_article_of_its_pack() -> None:
    bound = [one for one in library().policies if one.instrument]
    assert len(bound) == 35
    for policy in bound:
        instrument = INSTRUMENTS[policy.instrument]
        assert instrument.article(policy.article, policy.clause).summary.vi
        assert policy.id.startswith(policy.instrument)


def test_every_reason_can_be_read_in_both_languages() -> None:
    for policy in library().policies:
        if policy.message:
            assert texts(policy.message).vi != texts(policy.message).en


def test_national_policies_bind_to_national_law() -> None:
    for policy in library().policies:
        if policy.instrument:
            assert policy.national == (INSTRUMENTS[policy.instrument].province is None)


def test_the_packs_say_when_they_are_in_force() -> None:
    secrets = INSTRUMENTS["luat-bi-mat-nha-nuoc-29-2018"]
    assert secrets.in_force_to is not None
    successor = INSTRUMENTS[str(secrets.replaced_by)]
    assert (successor.in_force_from - secrets.in_force_to).days == 1
    dien_bien = INSTRUMENTS["dien-bien-1618-2021"]
    assert [one.clause for one in dien_bien.articles if one.article == "6"] == list("12345")


@pytest.mark.parametrize(
    ("before", "after"),
    [("(", ")"), ("[", "]"), ("{a: ", "}"), ("!(", ")"), ("if true then true else ", "")],
)
def test_a_policy_that_nests_too_deeply_is_refused_before_cedar_dies_of_it(
    before: str, after: str
) -> None:
    """It ended the process, for whoever was asking."""
    files = {path.name: path.read_text(encoding="utf-8") for path in FOLDER.glob("*.cedar*")}
    deep = before * 4000 + "true" + after * 4000
    text = f'@id("a") @requirement("R1") permit (principal, action, resource) when {{ {deep} }};'
    with pytest.raises(PolicyError, match="nested more than 50 levels deep"):
        read(files | {"deep.cedar": text})


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ('@id("a") @requirement("R1") permit (principal, action, resource) when {', "unexpected"),
        (
            '@id("a") @requirement("R1") permit (principal, action, resource)'
            " when { resource.nothing == 1 };",
            "nothing",
        ),
        ('@id("a") permit (principal, action, resource);', "no @requirement"),
        (
            '@id("a") @requirement("R1") forbid (principal, action, resource);',
            "no @instrument, @article, @message",
        ),
        (
            '@id("national.compilers") @requirement("R1") permit (principal, action, resource);',
            "same",
        ),
    ],
)
def test_wrong_policies_are_refused(tmp_path: Path, text: str, why: str) -> None:
    folder = tmp_path / "policies"
    folder.mkdir()
    for name in ("national.cedar", "policies.cedarschema"):
        shutil.copy(FOLDER / name, folder / name)
    (folder / "wrong.cedar").write_text(text, encoding="utf-8")
    with pytest.raises(PolicyError, match=why):
        library(folder)


@pytest.mark.parametrize("name", ["national.cedar", "policies.cedarschema"])
def test_what_every_set_of_policies_needs(name: str) -> None:
    files = {one.name: one.read_text(encoding="utf-8") for one in FOLDER.glob("*.cedar*")}
    assert len(read(files).policies) == len(library().policies)
    del files[name]
    with pytest.raises(PolicyError, match=name):
        read(files)
