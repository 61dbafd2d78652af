"""What the READMEs and .env.example say is so: each command, path, target, topic, table and setting is there."""

from __future__ import annotations

import json
import re
import shlex
from collections.abc import Iterator, Mapping
from datetime import UTC, date, datetime
from fnmatch import fnmatch
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import pytest
import typer
import yaml
from prometheus_client.metrics import MetricWrapperBase
from sqlmodel import SQLModel

from deploy import local
from deploy.local import DEFAULT_FOLDER
from deploy.programs import DEFAULT_PORTS, PROGRAMS, SERVICES
from services import cli
from services.intake.identity import NAMESPACE, identity
from services.intake.status import State
from services.kernel import metrics, replica
from services.kernel.settings import Settings
from services.kernel.stage import BatchStage, ObjectStage
from services.kernel.topics import load as topics
from services.model.form import shipped_forms
from services.model.item import Item
from services.model.period import Period
from services.model.rule import RuleKind
from services.model.starter_pack import load_items, load_senders, load_working_days
from services.model.statement import Statement
from services.notification.settings import DeliverySettings
from tests import promql

ROOT = Path(__file__).parents[2]
README, VIETNAMESE = (
    (ROOT / name).read_text(encoding="utf-8") for name in ("README.md", "README.vi.md")
)
in_both = pytest.mark.parametrize("text", [README, VIETNAMESE], ids=["en", "vi"])
ENVIRONMENT = (ROOT / ".env.example").read_text(encoding="utf-8")
SETTINGS = {**Settings.model_fields, **DeliverySettings.model_fields}
SCENARIO: list[dict[str, Any]] = yaml.safe_load(
    (ROOT / "examples" / "dien-bien" / "scenario.yaml").read_text(encoding="utf-8")
)["submissions"]
STACK = DEFAULT_FOLDER.relative_to(ROOT).as_posix()
MADE_BY_THE_DEMO = {STACK, f"{STACK}/logs", f"{STACK}/people.json", f"{STACK}/mail"}
MADE_BY_THE_DEMO |= {f"{STACK}/keys/{one.id}.json" for one in load_senders()}
MADE_BY_THE_DEMO |= {f"{STACK}/workbooks/{one['file']}" for one in SCENARIO if not one.get("kept")}
TARGETS = set(re.findall(r"^([a-z-]+):.*##", (ROOT / "Makefile").read_text(), re.MULTILINE))
PATH = re.compile(r"\.?[\w-]+(/[\w.-]+)+|[\w-]+\.(py|yaml|toml|lock)|\.env\.example")
COMMAND = re.compile(r"(make|solieu|\.venv/bin/\w+)( |$)")

# -- what the README mentions


def spans(text: str) -> list[str]:
    """What stands between backticks in a line."""
    return re.findall(r"`([^`\n]+)`", text)


def script(text: str) -> list[str]:
    """The commands of the shell blocks, each on one line."""
    blocks = "".join(re.findall(r"```sh\n(.*?)```", text, re.DOTALL))
    return blocks.replace("\\\n", " ").splitlines()


def commands(text: str) -> list[str]:
    """Every command, those in the middle of a sentence too."""
    found = [*script(text), *(span for span in spans(text) if COMMAND.match(span))]
    return [re.sub(r'eval "\$\((.*)\)"', r"\1", one) for one in found]


def flaws(text: str) -> Iterator[str]:
    """All that a README says and that isn't so."""
    for link in re.findall(r"\]\(([^)]+)\)", text):
        if not (ROOT / link).exists():
            yield f"no file {link}"
    for span in spans(text):
        if PATH.fullmatch(span) and not is_file(span):
            yield f"no file {span}"
    for command in commands(text):
        yield from command_flaws(shlex.split(command))
    known = {f"SOLIEU_{name.upper()}" for name in SETTINGS}
    yield from (f"no setting {one}" for one in set(re.findall(r"SOLIEU_\w+", text)) - known)
    yield from (f"no metric {one}" for one in set(re.findall(r"solieu_\w+", text)) - METRICS)
    for place in re.findall(r"(?<![\w.}])/(?:home|root|work|usr|tmp|var|opt)/\S*", text):
        yield f"a place on one machine: {place}"


def is_file(path: str) -> bool:
    """Whether there is such a file, or the demo makes it; a bare name may be anywhere in services."""
    here = path in MADE_BY_THE_DEMO or (ROOT / path).exists()
    return here or ("/" not in path and any((ROOT / "services").rglob(path)))


def command_flaws(words: list[str]) -> Iterator[str]:
    """What is wrong with a command of make, of Python or of solieu."""
    program, *arguments = words
    if program == "make":
        yield from (f"no target {one}" for one in arguments if one not in TARGETS)
    elif program == ".venv/bin/python":
        flag, module, *rest = arguments
        if flag != "-m" or find_spec(module) is None:
            yield f"no module {module}"
        yield from (f"no file {one}" for one in rest if "/" in one and not is_file(one))
        if module == local.__name__:
            yield from unread(rest)
    elif program.endswith("solieu"):
        try:
            parsed(arguments)
        except Exception as error:  # of typer's own copy of click, which has no public name
            yield f"solieu {' '.join(arguments)}: {error}"
        yield from (f"no file {one}" for one in arguments if "/" in one and not is_file(one))
    else:
        yield f"no command {program}"


def unread(words: list[str]) -> Iterator[str]:
    """What the local stack's command line would not take."""
    try:
        local.parser().parse_args(words)
    except SystemExit:
        yield f"deploy.local {' '.join(words)}"


def parsed(words: list[str]) -> Mapping[str, Any]:
    """The values of a command of solieu, as it would read them. Without any, only its name is checked."""
    command: Any = typer.main.get_command(cli.app)
    while words and hasattr(command, "commands"):
        name, *words = words
        command = command.commands[name]
    if not words:
        return {}
    values: Mapping[str, Any] = command.make_context(name, words).params
    return values


def metric_names() -> Iterator[str]:
    """The names of all metrics of the product, as Prometheus sees them."""
    for one in vars(metrics).values():
        if isinstance(one, MetricWrapperBase):
            for described in one.describe():
                yield described.name + ("_total" if described.type == "counter" else "")


METRICS = set(metric_names())


@in_both
def test_nothing_is_said_that_is_not_so(text: str) -> None:
    assert list(flaws(text)) == []


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("[here](services/nowhere)", "no file services/nowhere"),
        ("`schemas/nothing.yaml`", "no file schemas/nothing.yaml"),
        ("`nothing.py`", "no file nothing.py"),
        (f"`{STACK}/keys/nobody.json`", f"no file {STACK}/keys/nobody.json"),
        ("`make coffee`", "no target coffee"),
        ("`solieu brew`", "solieu brew"),
        ("`solieu dead list --loud`", "solieu dead list --loud"),
        ("```sh\nsolieu submit x.xlsx --form f\n```", "solieu submit"),
        (
            '```sh\neval "$(.venv/bin/python -m deploy.nothing env)"\n```',
            "no module deploy.nothing",
        ),
        ("`.venv/bin/python -m deploy.local env --nobody`", "deploy.local env --nobody"),
        ("```sh\nbrew install\n```", "no command brew"),
        ("SOLIEU_NOTHING", "no setting SOLIEU_NOTHING"),
        ("`solieu_nothing_total`", "no metric solieu_nothing_total"),
        ("see /home/someone/solieu", "a place on one machine"),
    ],
)
def test_what_is_not_so_is_found(text: str, says: str) -> None:
    found = list(flaws(text))
    assert found
    assert found[0].startswith(says)


@pytest.mark.parametrize("rule", promql.rules(), ids=lambda rule: str(rule["alert"]))
def test_what_a_runbook_tells_to_do_can_be_done(rule: dict[str, Any]) -> None:
    text = rule["annotations"]["runbook"]
    assert list(flaws(re.sub(r"<[^>]+>", "grdp", text))) == []


# -- what the README must mention, since it lists it


@in_both
def test_the_demo_and_the_tests_come_first(text: str) -> None:
    assert script(text)[:2] == ["make demo", "make test"]


@in_both
def test_the_first_submission_is_new_and_has_the_id_that_is_traced(text: str) -> None:
    lines = [line for line in script(text) if re.search(r"/solieu (submit|trace) ", line)]
    submit, trace = (parsed(shlex.split(line)[1:]) for line in lines)
    sent = {name: submit[name] for name in ("form", "area_list", "area", "period")}
    sent |= {name: str(submit[name]) for name in ("completeness", "regime", "classification")}
    assert sent["form"] in shipped_forms()
    names = ("form", "area_list", "area", "period", "completeness")
    assert not any(all(sent[name] == one[name] for name in names) for one in SCENARIO)
    statement = Statement(
        **sent,
        sender=submit["key"].stem,
        aud="thong-ke-dien-bien",
        round=submit["round"],
        sha256="0" * 64,
        size=0,
        issued_at=datetime(2026, 11, 23, tzinfo=UTC),
        nonce=NAMESPACE.hex,
    )
    assert trace["submission"] == str(identity(statement))


def rows(heading: str, text: str = README) -> list[list[str]]:
    """The rows of the table whose first column has this heading."""
    _, found, rest = text.partition(f"| {heading} |")
    assert found, f"no table of {heading}"
    lines = rest.partition("\n\n")[0].splitlines()[2:]
    return [[cell.strip() for cell in line.strip("|").split("|")] for line in lines]


def matching(cell: str) -> set[str]:
    """The topics that a cell names; what follows «but not» is left out."""
    wanted, _, unwanted = (spans(part) for part in re.split(r"(but not|$)", cell, maxsplit=1))
    return {
        name
        for name in topics()
        if any(fnmatch(name, one) for one in wanted) and name not in unwanted
    }


def consumed(service: str) -> set[str]:
    """What the service's worker reads; nothing where it has none."""
    if not (ROOT / "services" / service / "worker.py").exists():
        return set()
    worker = import_module(f"services.{service}.worker")
    stages = [one for one in vars(worker).values() if isinstance(one, BatchStage | ObjectStage)]
    read = {topic for stage in stages for topic in stage.topics}
    return read | ({replica.TOPIC} if hasattr(worker, "replica") else set())


def modules(service: str) -> Iterator[str]:
    """All modules of the service but its migrations, which alembic alone can import."""
    folder = ROOT / "services" / service
    for path in folder.rglob("*.py"):
        if "migrations" not in path.relative_to(folder).parts:
            yield ".".join(path.relative_to(ROOT).with_suffix("").parts)


def test_the_table_of_services_has_them_all() -> None:
    named = [re.sub(r"\[(\w+)\].*", r"\1", row[0]) for row in rows("service")]
    assert sorted(named) == sorted(SERVICES)


@pytest.mark.parametrize("row", rows("service"), ids=lambda row: row[0].partition("]")[0][1:])
def test_a_service_is_what_its_row_says(row: list[str]) -> None:
    service = row[0].partition("]")[0][1:]
    for module in modules(service):
        import_module(module)
    tables = {one.name for one in SQLModel.metadata.tables.values() if one.schema == service}
    groups = {f"{service}.dead", f"{service}.replay"}
    published = {name for name, topic in topics().items() if topic.owner == service} - groups
    assert matching(row[2]) == consumed(service)
    assert matching(row[3]) == published
    assert set(spans(row[4])) == tables
    assert row[5] == str(DEFAULT_PORTS.get(f"{service}-api", ""))


def test_the_vietnamese_table_of_services_has_all_that_have_a_process_and_their_ports() -> None:
    found = {row[0].partition("]")[0][1:]: row[2] for row in rows("dịch vụ", VIETNAMESE)}
    named = {one.service for one in PROGRAMS.values()}
    assert found == {one: str(DEFAULT_PORTS.get(f"{one}-api", "")) for one in named}


def test_the_vietnamese_table_of_states_has_them_all() -> None:
    found = [name for row in rows("trạng thái", VIETNAMESE) for name in spans(row[0])]
    assert sorted(found) == sorted([*State, "refused"])


@in_both
def test_the_other_language_is_one_click_away(text: str) -> None:
    other = {README: "README.vi.md", VIETNAMESE: "README.md"}[text]
    assert f"]({other})" in text


def test_each_metric_has_its_row() -> None:
    assert {spans(row[0])[0] for row in rows("metric")} == METRICS


ALERTS = {str(rule["alert"]): str(rule["expr"]) for rule in promql.rules()}


@pytest.mark.parametrize("row", rows("metric"), ids=lambda row: spans(row[0])[0])
def test_what_one_is_told_to_watch_has_an_alert_that_watches_it(row: list[str]) -> None:
    (metric,), alerts = spans(row[0]), spans(row[1])
    assert alerts
    for alert in alerts:
        watched = {name for name, _ in promql.selectors(ALERTS[alert])}
        assert watched & {metric, f"{metric}_bucket"}


def test_each_alert_is_named() -> None:
    assert ALERTS.keys() <= set(spans(README))


def test_the_guarantees_name_alerts_that_there_are() -> None:
    text = (ROOT / "docs" / "guarantees.md").read_text(encoding="utf-8")
    listed = re.findall(r"\((?:alert )?([A-Z]\w+(?:, [A-Z]\w+)*)\)", text)
    named = {name for names in listed for name in names.split(", ")}
    assert named
    assert named <= ALERTS.keys()


@in_both
def test_the_deadlines_of_the_example_are_due_when_it_says(text: str) -> None:
    (written,) = re.findall(r"```yaml\n(deadlines:.*?)```", text, re.DOTALL)
    (item,) = (one for one in load_items() if one.id == "thu-ngan-sach-quy")
    made = Item.from_dict(
        item.to_dict() | json.loads(json.dumps(yaml.safe_load(written), default=str))
    )
    (calendar,) = load_working_days()
    estimate, official = (one.due for one in made.deadlines)
    assert estimate.last_day(Period.parse("2027-Q1"), calendar) == date(2027, 3, 21)
    assert official.last_day(Period.parse("2027-Q2"), calendar) == date(2027, 7, 12)
    assert official.last_day(Period.parse("2026-Q1"), calendar) == date(2026, 4, 13), "a Sunday"
    assert {one.since for one in made.deadlines} == {date(2027, 1, 1)}


@in_both
def test_each_kind_of_rule_is_named(text: str) -> None:
    assert {kind.value for kind in RuleKind} <= set(spans(text))


# -- .env.example


def settings(text: str) -> dict[str, str]:
    """Name and value of each setting; every block begins with a comment that explains it."""
    found: dict[str, str] = {}
    for block in text.split("\n\n"):
        lines = [line for line in block.splitlines() if not line.startswith("#")]
        assert block.startswith("# "), block
        found |= dict(line.split("=", 1) for line in lines)
    return found


def test_the_example_has_every_setting_with_its_default(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in SETTINGS:
        monkeypatch.delenv(f"SOLIEU_{name.upper()}", raising=False)
    plain = Settings(), DeliverySettings()
    example = settings(ENVIRONMENT)
    assert set(example) == {f"SOLIEU_{name.upper()}" for name in SETTINGS}
    for name, value in example.items():
        monkeypatch.setenv(name, value)
    assert (Settings(), DeliverySettings()) == plain
    assert list(flaws(ENVIRONMENT)) == []


def test_every_setting_is_read_somewhere() -> None:
    files = (ROOT / "services").rglob("*.py")
    text = "\n".join(one.read_text(encoding="utf-8") for one in files)
    unread = {name for name in SETTINGS if not re.search(rf"\.{name}\b", text)}
    assert unread == set()


def test_the_example_holds_no_secret() -> None:
    for block in ENVIRONMENT.split("\n\n"):
        if "# Secret." in block:
            assert set(settings(block).values()) <= {"", "{}"}
    secret = {name for name, one in SETTINGS.items() if "Secret" in str(one.annotation)}
    marked = [one for one in ENVIRONMENT.split("\n\n") if "# Secret." in one]
    named = {name for block in marked for name in settings(block)}
    assert {f"SOLIEU_{name.upper()}" for name in secret} <= named
