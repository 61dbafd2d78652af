"""The policy files: each bound to an article that the regulation packs have."""

import shutil
from dataclasses import replace
from datetime import date
from pathlib import Path

import pytest

from services.model.codelist import WHOLE_COUNTRY, load_codelists
from services.model.messages import texts
from services.model.regulation import (
    Binds,
    Instrument,
    Validity,
    governing,
    load_regulations,
)
from services.model.text import ModelError
from services.policy.law.decide import decide
from services.policy.law.policies import FOLDER, PolicyError, library, read
from tests.unit.policy_cases import DAY, case, finding

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


SOC_TRANG, ROOMS = "soc-trang-70-2013", "quy-che-1908-2020"
OF_ALL = [
    code
    for code in (*(one.code for one in load_codelists()["34"].codes), None)
    if code != WHOLE_COUNTRY
]
"""Each province of list 34, and national forms."""


@pytest.mark.parametrize("province", OF_ALL)
def test_what_is_not_confirmed_to_be_in_force_governs_nowhere(province: str | None) -> None:
    """Sóc Trăng's plan of 2013, in Điện Biên above all, and in what Sóc Trăng is part of now."""
    soc_trang = INSTRUMENTS[SOC_TRANG]
    for day in (date(2013, 10, 23), date(2021, 9, 1), DAY):
        assert not soc_trang.in_force(day)
        for requirement in {one.requirement for one in soc_trang.articles if one.requirement}:
            assert governing([soc_trang], requirement, province, day) is None
    governed = replace(soc_trang, validity=None, former_province=None, province=province)
    assert governing([governed], "R75", province, DAY) is not None, "it is for these alone"


def test_a_plan_of_soc_trang_decides_nothing_in_dien_bien_even_where_a_policy_is_bound_to_it() -> (
    None
):
    files = {path.name: path.read_text(encoding="utf-8") for path in FOLDER.glob("*.cedar*")}
    bound = f"""
    @id("{SOC_TRANG}.I.3") @requirement("R17") @instrument("{SOC_TRANG}") @article("I") @clause("3")
    @message("policy.quality")
    forbid (principal, action == Action::"use", resource);
    """
    more = read(files | {f"{SOC_TRANG}.cedar": bound})
    for facts in ({}, {"findings": (finding(),)}, {"errors": 1}, {"regime": "sharing"}):
        assert decide(case(**facts), policies=more) == decide(case(**facts))
    confirmed = replace(INSTRUMENTS[SOC_TRANG], validity=None, former_province=None, province="11")
    asked = case()
    asked = replace(asked, instruments=(*asked.instruments, confirmed))
    assert f"{SOC_TRANG}.I.3" in [one.policy for one in decide(asked, policies=more).reasons]


def test_what_binds_the_rooms_settles_nothing_for_agencies() -> None:
    rooms = INSTRUMENTS[ROOMS]
    assert rooms.binds is Binds.ROOMS and rooms.in_force(DAY)
    for article in rooms.articles:
        if article.requirement:
            assert governing([rooms], article.requirement, "11", DAY) is None
    for_all = replace(rooms, binds=None)
    assert governing([for_all], "R70", "11", DAY) == (for_all, rooms.article("14", "2"))
    others = [one.id for one in INSTRUMENTS.values() if one.binds and one is not rooms]
    assert others == []


def test_the_packs_have_each_article_of_their_texts() -> None:
    articles = {
        id_: {one.article for one in instrument.articles} for id_, instrument in INSTRUMENTS.items()
    }
    assert articles["dien-bien-1618-2021"] == {str(number) for number in range(1, 11)}
    assert articles["lang-son-quy-che"] == {str(number) for number in range(1, 15)}
    assert articles[ROOMS] == {str(number) for number in range(1, 18)}
    assert articles[SOC_TRANG] == {"I", "II"}
    numbers = [one.clause for one in INSTRUMENTS[SOC_TRANG].articles]
    assert [number[0] for number in numbers if number] == list("1223445612")


def test_an_instrument_is_of_one_area_that_there_is() -> None:
    body = INSTRUMENTS[SOC_TRANG].to_dict()
    assert (body["former_province"], body["validity"]) == ("94", Validity.UNCONFIRMED)
    assert Instrument.from_dict(body) == INSTRUMENTS[SOC_TRANG]
    with pytest.raises(ModelError, match="of one or of the other"):
        Instrument.from_dict(body | {"province": "92"})
    with pytest.raises(ModelError, match="list 63 has no 99"):
        Instrument.from_dict(body | {"former_province": "99"})
    with pytest.raises(ModelError, match="replaced_by: names itself"):
        Instrument.from_dict(body | {"replaced_by": SOC_TRANG})
    with pytest.raises(ModelError, match="in_force_to is before in_force_from"):
        Instrument.from_dict(body | {"in_force_to": "2000-01-01"})


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
