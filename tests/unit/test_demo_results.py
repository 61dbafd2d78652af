"""What the demo prints, and what its environment gives whom."""

from __future__ import annotations

import io
from pathlib import Path
from typing import Any

import pytest
import yaml
from rich.console import Console

from deploy import environment, state
from deploy.local import parser
from deploy.programs import DEFAULT_PORTS
from deploy.results import Result, show

ROOT = Path(__file__).parents[2]
SCENARIO: list[dict[str, Any]] = yaml.safe_load(
    (ROOT / "examples" / "dien-bien" / "scenario.yaml").read_text(encoding="utf-8")
)["submissions"]
REASON = {
    "requirement": "R19", "instrument": "dien-bien-1618-2021", "number": "1618/QĐ-UBND",
    "article": "6", "clause": "2",
}  # fmt: skip


def results() -> list[Result]:
    """The scenario as it comes out, with an id for each name."""
    found = []
    for number, entry in enumerate(SCENARIO):
        expected = entry["expect"]
        withheld = expected["verdict"] == "withheld"
        result = Result(entry["name"], entry, f"00000000-0000-4000-8000-{number:012}")
        result.state = expected | {"reasons": [REASON] if withheld else []}
        found.append(result)
    return found


def printed(width: int) -> list[str]:
    output = io.StringIO()
    show(Console(file=output, width=width), results())
    return output.getvalue().splitlines()


@pytest.mark.parametrize("width", [80, 120, 160])
def test_each_submission_has_its_line_and_its_id(width: int) -> None:
    lines = printed(width)
    assert max(len(line) for line in lines) <= width
    for result in results():
        row, listed = (line for line in lines if result.name in line.split())
        assert result.state["verdict"] in row and str(result.state["figures"]) in row
        assert listed.split() == [result.id, result.name]


def test_the_law_has_the_number_that_people_know() -> None:
    text = "\n".join(printed(170))
    assert "R19 khoản 2 Điều 6 1618/QĐ-UBND" in text
    assert "dien-bien-1618-2021" not in text


def test_a_wider_terminal_shows_more() -> None:
    headings = [next(line for line in printed(width) if "Kết luận" in line) for width in (80, 160)]
    assert ["Đơn vị gửi" in heading for heading in headings] == [False, True]


def test_an_operator_gets_one_token_and_no_other_secret(tmp_path: Path) -> None:
    made = state.create(DEFAULT_PORTS)
    given = environment.operator(made)
    assert set(given) == {
        "SOLIEU_KAFKA_BOOTSTRAP", "SOLIEU_KAFKA_USERNAME", "SOLIEU_KAFKA_PASSWORD",
        "SOLIEU_INTAKE_URL", "SOLIEU_CATALOGUE_URL", "SOLIEU_POLICY_URL",
        "SOLIEU_VALIDATION_URL", "SOLIEU_AUDIT_URL", "SOLIEU_GRDP_URL", "SOLIEU_NOTIFICATION_URL",
        "SOLIEU_OPERATOR_TOKEN",
    }  # fmt: skip
    assert given["SOLIEU_OPERATOR_TOKEN"] == made.tokens["operator"]
    assert given["SOLIEU_KAFKA_USERNAME"] == "operator"
    assert given["SOLIEU_KAFKA_PASSWORD"] == made.kafka_passwords["operator"]
    own = {name: value for name, value in given.items() if not name.startswith("SOLIEU_KAFKA_")}
    assert own.items() <= environment.administrator(made, tmp_path).items()


def test_env_is_of_an_operator_or_of_a_program() -> None:
    assert parser().parse_args(["env", "--operator"]).operator
    with pytest.raises(SystemExit):
        parser().parse_args(["env", "--operator", "--program", "intake-api"])
