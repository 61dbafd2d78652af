"""All services together, on a stack of their own: the demo's scenario, its pages, and poison on every input topic."""

from __future__ import annotations

import html
import random
import time
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from hashlib import sha256
from pathlib import Path
from typing import Any
from uuid import uuid4

import httpx2
import openpyxl
import psycopg
import pytest
from joserfc.jwk import OKPKey
from kafka import KafkaConsumer, KafkaProducer, TopicPartition

from deploy import browsing, feed
from deploy.people import ECONOMY, People
from deploy.stack import Stack
from deploy.supervision import wait_until
from services.audit.worker import STAGE as AUDIT
from services.catalogue import starter
from services.catalogue.duties.deliveries import STAGE as DUTIES
from services.events.grdp import Observation
from services.grdp.worker import ERASED, TAKEN_BACK
from services.grdp.worker import STAGE as GRDP
from services.intake.projection import STAGE as INTAKE
from services.kernel import replay
from services.kernel.released_schemas import locked
from services.kernel.topics import dead
from services.kernel.wire import Message
from services.model.form import shipped_forms
from services.model.messages import text
from services.model.starter_pack import load_organisations
from services.model.verifier import verify_receipt
from services.notification.worker import OF_OTHERS, OF_VERDICTS
from services.policy.worker import CLOSING, RELEASED, RETURNED
from services.policy.worker import STAGE as POLICY
from services.validation.worker import STAGE as VALIDATION
from services.validation.worker import STORED
from tests import promql
from tests.browser import fakes, visits
from tests.integration import console_parts, draft_parts, gap_parts, metric_parts
from tests.integration.console_parts import SAY, text_of, visitor
from tests.integration.draft_parts import Desk, inputs_on, sha256_on
from tests.integration.flow_parts import (
    Sent,
    connector,
    generate,
    register_senders,
    scenario,
    send_with_a_repair,
)
from tests.running import client, operator, own_stack, to_tell, told, verdicts
from tests.toy.harness import received

pytestmark = pytest.mark.stack
CATALOGUE = ("catalogue.changed",)
INPUTS: dict[str, tuple[str, ...]] = {
    "intake": (*INTAKE.topics, *CATALOGUE),
    "validation": (*VALIDATION.topics, *STORED.topics, *CATALOGUE),
    "policy": (
        *POLICY.topics,
        *RETURNED.topics,
        *CLOSING.topics,
        *RELEASED.topics,
        *CATALOGUE,
    ),
    "grdp": (*GRDP.topics, *TAKEN_BACK.topics, *ERASED.topics, *CATALOGUE),
    "audit": AUDIT.topics,
    "notification": (*OF_VERDICTS.topics, *OF_OTHERS.topics, *CATALOGUE),
    "catalogue": DUTIES.topics,
}
MALFORMED = 250
STILL_SECONDS = 180
"""Nothing moves for so long: a program that was ended is back by then."""
FINANCE = "so-tai-chinh-dien-bien"
CLERK, HEAD, LEADER = "p-so-tai-chinh", "p-giam-doc-tai-chinh", "p-lanh-dao"
EXPENDITURE = {"form": "cv17809-2", "period": "2026-Q3", "completeness": "official"}
REVENUE = {"form": "cv17809-1", "period": "2026-Q3", "completeness": "estimate"}


@pytest.fixture(scope="module")
def running() -> Iterator[Stack]:
    with own_stack("flow") as stack:
        starter.load(stack.url("catalogue-api"), stack.state.tokens["administrator"])
        metric_parts.tell_nowhere(stack, FINANCE)
        yield stack


@pytest.fixture(scope="module")
def workbooks(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("workbooks")
    generate(folder)
    return folder


@pytest.fixture(scope="module")
def sent(running: Stack, workbooks: Path, people: tuple[People, Path]) -> list[Sent]:
    return scenario(running, workbooks)


@pytest.fixture(scope="module")
def people(running: Stack, tmp_path_factory: pytest.TempPathFactory) -> tuple[People, Path]:
    """The demo's persons, and the file of their passwords."""
    passwords = tmp_path_factory.mktemp("people") / "people.json"
    register_senders(running)
    return People(running, passwords), passwords


def test_each_submission_of_the_scenario_gets_its_verdict(running: Stack, sent: list[Sent]) -> None:
    for one in sent:
        found = {**one.state, "status": one.status}
        found["verdict"] = one.state["verdict"] or one.state["state"]
        wanted = {name: one.expected[name] for name in ("status", "attempt", "verdict", "figures")}
        assert {name: found[name] for name in wanted} == wanted, one.entry["name"]
    stored = {one.state["id"] for one in sent if one.state["state"] == "stored"}
    wait_until(lambda: kept(running) == stored, 60, "validation keeps what was stored")
    figures = operator(running, "intake", "/v1/reconciliation")["figures"]
    assert figures["read"] == sum(figures[n] for n in ("stored", "returned", "withheld", "held"))
    assert len(feed.read(running.kafka()).current) == figures["stored"] == 858


def kept(stack: Stack) -> set[str]:
    """The submissions with whose figures validation compares later ones."""
    with psycopg.connect(stack.administrator_url) as connection:
        rows = connection.execute("select submission_id from validation.accepted").fetchall()
    return {str(id_) for (id_,) in rows}


# -- the console, with the real services behind it


def test_its_sender_finds_each_submission_in_the_console(
    running: Stack, sent: list[Sent], people: tuple[People, Path]
) -> None:
    own = [one for one in sent if one.entry["sender"] == FINANCE]
    with visitor(running, "p-so-tai-chinh", people[1]) as tab:
        listed = tab.get("/submissions").text
        for one in own:
            assert f'href="{one.page}"' in listed
            shown = text_of(tab.get(one.page))
            assert shipped_forms()[one.entry["form"]].title.vi in shown
            for said in console_parts.words_of(one):
                assert said in shown, (one.entry["name"], said, shown)
        assert not [one for one in sent if one not in own and one.state["id"] in listed]


def test_the_console_hands_over_receipts_and_marked_workbooks(
    running: Stack, sent: list[Sent], people: tuple[People, Path]
) -> None:
    own = [one for one in sent if one.entry["sender"] == FINANCE]
    decided = [one for one in own if one.state["verdict"]]
    marked = [one for one in own if one.state["state"] == "returned"]
    assert decided and marked
    with visitor(running, "p-so-tai-chinh", people[1]) as tab:
        for one in decided:
            link = one.page.replace("?", "/receipt?")
            assert f'href="{link}"' in tab.get(one.page).text
            found = verify_receipt(_when_ready(tab, link).json())
            assert (found.submission, found.attempt) == (one.state["id"], one.state["attempt"])
        with connector(running, FINANCE) as sender:
            for one in marked:
                link = one.page.replace("?", "/marked?")
                assert f'href="{link}"' in tab.get(one.page).text
                workbook = sender.marked(one.state["id"], one.state["attempt"])
                assert tab.get(link).content == workbook


def _when_ready(tab: httpx2.Client, link: str) -> httpx2.Response:
    """The log reaches an event soon after its verdict, not at once."""
    deadline = time.monotonic() + 120
    while not (answer := tab.get(link)).is_success:
        assert time.monotonic() < deadline, answer.text
        time.sleep(0.2)
    return answer


def test_the_fakes_of_the_console_answer_as_the_services_do(
    running: Stack, sent: list[Sent], people: tuple[People, Path], workbooks: Path, tmp_path: Path
) -> None:
    """So that the tests in a browser, which have the fakes behind them, say something of the real ones."""
    send_with_a_repair(running, workbooks, tmp_path)
    officer = people[0].headers("p-kinh-te")

    def real(service: str, path: str) -> Any:
        with client(running, f"{service}-api", officer) as asking:
            return asking.get(path).json()

    made_up = console_parts.shapes(console_parts.answers(fakes.asked()))
    assert sorted(made_up - console_parts.shapes(console_parts.answers(real))) == []


def test_an_officer_accepts_in_the_console_what_was_held(
    running: Stack, sent: list[Sent], people: tuple[People, Path]
) -> None:
    (held,) = [one for one in sent if one.state["state"] == "held"]
    path = held.page.partition("?")[0]
    with visitor(running, "p-kinh-te", people[1]) as tab:
        assert SAY("submissions.waiting", count=1) in text_of(tab.get("/submissions"))
        page = tab.get(held.page)
        shown = text_of(page)
        names = {one.id: one.name.vi for one in load_organisations()}
        assert SAY("held.room", room=names[ECONOMY]) in shown
        assert names[FINANCE] in shown
        typed = {
            "form_token": visits.form_token(page.text),
            "attempt": held.state["attempt"],
            "outcome": "release",
            "reason": "Đã đối chiếu đơn vị tính với văn bản gốc.",
        }
        answer = tab.post(f"{path}/decisions", data=typed, headers=visits.FORM)
        assert answer.status_code == 303, answer.text
        deadline = time.monotonic() + 120
        while SAY("state.stored") not in (shown := text_of(tab.get(held.page))):
            assert time.monotonic() < deadline, shown
            time.sleep(0.2)


def test_each_verdict_is_told_once(running: Stack, sent: list[Sent]) -> None:
    """To each address of its sender; what nobody can deliver is told as failed, once as well."""
    own = {one.state["id"] for one in sent if one.entry["sender"] == FINANCE}
    wanted = to_tell({which: v for which, v in verdicts(running).items() if which[0] in own})
    assert {verdict for _, verdict in wanted} == {"cleared", "returned", "withheld", "held"}
    deadline = time.monotonic() + 120
    while told(running, FINANCE) != wanted and time.monotonic() < deadline:
        time.sleep(0.5)
    assert told(running, FINANCE, "email") == told(running, FINANCE, "webhook") == wanted


# -- a workbook prepared by one person and signed by another, in the console


@pytest.mark.skipif(
    browsing.chromium() is None, reason="no Chromium: deploy/requisites.sh chromium"
)
def test_what_was_signed_in_a_browser_is_stored_and_proved(
    running: Stack, workbooks: Path, people: tuple[People, Path]
) -> None:
    url, entry = running.url("console-api"), EXPENDITURE | {"classification": "internal"}
    file = workbooks / "cv17809-2_2026-Q3.xlsx"
    by = browsing.Sender(CLERK, HEAD, LEADER)
    found = browsing.send(url, people[0].password, by, entry, file)
    with connector(running, FINANCE) as sender:
        state = sender.wait(found.id, found.attempt, stored=True, seconds=120)
    assert (state["state"], state["verdict"], state["attempt"]) == ("stored", "cleared", 1)
    assert (state["prepared_by"], state["approved_by"]) == (CLERK, HEAD)
    (signed,) = draft_parts.statements(running, found.id)
    assert (signed["prepared_by"], signed["approved_by"]) == (CLERK, HEAD)
    assert signed["sha256"] == sha256(file.read_bytes()).hexdigest()
    assert draft_parts.contents(running) == 0
    with visitor(running, CLERK, people[1]) as tab:
        receipt = _when_ready(tab, f"/submissions/{found.id}/receipt?attempt={found.attempt}")
    proved = verify_receipt(receipt.json())
    assert (proved.submission, proved.attempt) == (found.id, found.attempt)


def test_two_people_at_one_draft_send_nothing_that_was_not_seen(
    running: Stack, workbooks: Path, people: tuple[People, Path], tmp_path: Path
) -> None:
    first, second = workbooks / "cv17809-1_2026-Q3.xlsx", tmp_path / "again.xlsx"
    openpyxl.load_workbook(first).save(second)
    with (
        visitor(running, CLERK, people[1]) as one,
        visitor(running, HEAD, people[1]) as other,
        visitor(running, LEADER, people[1]) as leader,
        ThreadPoolExecutor(2) as at_once,
    ):
        clerk, head = Desk(one), Desk(other)
        key = head.make_key()
        Desk(leader).confirm()
        clerk.upload(first, **REVENUE)
        draft = head.upload(first, **REVENUE)
        seen = clerk.seen(draft)
        preparing = at_once.submit(clerk.prepare, draft, seen)
        assert at_once.submit(head.upload, second, **REVENUE).result() == draft
        assert preparing.result().status_code in (303, 409)
        assert inputs_on(head.seen(draft)) == {}, "the newer workbook was not made ready by anybody"
        assert said_of("draft_changed") in _refused(clerk.prepare(draft, seen))
        assert clerk.prepare(draft, clerk.seen(draft)).status_code == 303
        looked_at = _signable(head, draft, key)
        clerk.upload(first, **REVENUE)
        assert said_of("not_prepared") in _refused(head.sign(draft, looked_at, key))
        assert clerk.prepare(draft, clerk.seen(draft)).status_code == 303
        assert said_of("draft_changed") in _refused(head.sign(draft, looked_at, key))
        looked_at = head.seen(draft)
        (sent, again) = at_once.map(lambda _: head.sign(draft, looked_at, key), range(2))
        submission = next(filter(None, map(browsing.SUBMISSION.search, map(_to, (sent, again)))))[1]
        (signed,) = draft_parts.statements(running, submission)
        assert signed["sha256"] == sha256_on(looked_at) == sha256(first.read_bytes()).hexdigest()


def said_of(name: str) -> str:
    """How intake refuses something of a draft."""
    return text(f"intake.{name}", "vi")


def _to(answer: httpx2.Response) -> str:
    return answer.headers.get("location", "")


def _refused(answer: httpx2.Response) -> str:
    assert answer.status_code == 409, answer.text
    return html.unescape(answer.text)


def _signable(head: Desk, draft: str, key: OKPKey) -> str:
    """The page, once intake has heard of the key, which is soon, not at once."""
    wait_until(lambda: key.thumbprint() in inputs_on(head.seen(draft)), 60, "the key may sign")
    return head.seen(draft)


# -- what no service can read


OTHERS: bytes = next(
    one.id for one in locked() if one.subject == f"{Observation.TOPIC}-key"
).to_bytes(4, "big")
"""The schema of no topic's value. One that is not known yet is no fault: it waits for an upgrade."""


def broken(index: int) -> Message:
    """Bytes that are no event of any topic, of several kinds."""
    message = received()
    return [
        replace(message, value=b"\x00"),
        replace(message, value=message.value[:-1]),
        replace(message, value=b""),
        replace(message, value=b"\x00" + OTHERS + message.value[5:]),
        replace(message, headers=message.headers[2:]),
    ][index % 5]


def test_poison_on_every_input_topic_is_buried_and_good_ones_between_pass(
    running: Stack, workbooks: Path
) -> None:
    before = {group: _lying(running, group) for group in INPUTS}
    topics = sorted({topic for names in INPUTS.values() for topic in names})
    rng = random.Random(3)
    order = [topic for topic in topics for _ in range(MALFORMED)]
    rng.shuffle(order)
    producer = KafkaProducer(**running.kafka().options(), acks="all", linger_ms=20)
    half = len(order) // 2
    _produce(producer, order[:half])
    with connector(running, FINANCE) as sender:
        receipt = sender.submit(
            workbooks / "cv17809-1_2026-Q3.xlsx",
            form="cv17809-1",
            area="11",
            period="2026-Q3",
            completeness="official",
            regime="coordination",
        )
        _produce(producer, order[half:])
        producer.close()
        state = sender.wait(receipt.id, receipt.attempt, stored=True, seconds=120)
    assert state["verdict"] == "cleared"
    # However slow the machine is: as long as some group gets on, nobody knows that it ends too early.
    left, moved = len(order) + 1, time.monotonic()
    while left and time.monotonic() - moved < STILL_SECONDS:
        lying = {group: _lying(running, group) - before[group] for group in INPUTS}
        now_left = sum(MALFORMED * len(names) - lying[group] for group, names in INPUTS.items())
        left, moved = now_left, moved if now_left == left else time.monotonic()
        time.sleep(1 if left else 0)
    found = {group: _buried(running, group, before[group]) for group in INPUTS}
    assert found == {g: Counter(dict.fromkeys(names, MALFORMED)) for g, names in INPUTS.items()}


def _lying(stack: Stack, group: str) -> int:
    """How many dead letters a group has."""
    consumer = KafkaConsumer(**stack.kafka().options())
    partition = TopicPartition(dead(group), 0)
    count = int(consumer.end_offsets([partition])[partition])
    consumer.close()
    return count


def _buried(stack: Stack, group: str, before: int) -> Counter[str]:
    """How many records of each topic lie among the group's dead letters since then, each counted once."""
    letters = replay.letters(stack.kafka(), group)[before:]
    assert all(letter.error == "Malformed" and letter.reason for letter in letters)
    return Counter(origin.topic for origin in {letter.origin for letter in letters})


def _produce(producer: Any, topics: list[str]) -> None:
    for index, topic in enumerate(topics):
        message = broken(index)
        producer.send(topic, message.value, str(uuid4()).encode(), list(message.headers))
    producer.flush()


# -- what is missing on a topic is seen, and comes back


def test_what_topics_log_and_feed_lack_is_told_of_and_comes_back(
    running: Stack, sent: list[Sent]
) -> None:
    """Of what events led to, and of what began outside Kafka; all that is malformed stands beside it."""
    with gap_parts.nothing_mends_itself(running):
        assert gap_parts.status(running) == (0, {})
        before = feed.read(running.kafka()).current
        owners = {"submission.cleared": "policy", "people.changed": "catalogue"}
        lost = {topic: gap_parts.lose(running, topic) for topic in owners}
        assert all(lost.values())
        gap_parts.spoil_feed(running)
        with gap_parts.without_a_leaf(running, "submission.validated"):
            assert gap_parts.status(running) == (1, {
                **{(owners[topic], "unpublished", topic): count for topic, count in lost.items()},
                **{("audit", "lost", topic): count for topic, count in lost.items()},
                ("audit", "unlogged", "submission.validated"): 1,
                **{("grdp", gap, feed.TOPIC): 1 for gap in ("gone", "missing", "older")},
            })  # fmt: skip
        # In this order: a cleared submission that comes again has grdp publish its figures again.
        code, answer = gap_parts.solieu(running, "feed", "rebuild")
        assert (code, answer["written"]) == (0, {"grdp": {feed.TOPIC: 3}})
        code, answer = gap_parts.solieu(running, "republish")
        written = {owners[topic]: {topic: count} for topic, count in lost.items()}
        assert (code, answer["written"]) == (0, written)
        assert gap_parts.status(running) == (0, {})
        assert {topic: gap_parts.events(running, topic) for topic in lost} == lost
        assert feed.read(running.kafka()).current == before
        for service, what in (
            ("policy", "publications"),
            ("catalogue", "publications"),
            ("grdp", "feed"),
        ):
            assert gap_parts.repaired(running, service, what) == {}, "nothing was missing"


def test_what_a_topic_lacks_comes_back_by_itself(running: Stack, sent: list[Sent]) -> None:
    """Half a minute after a process ended uncleanly, or the broker was away."""
    topics = {"people.changed": "catalogue", "submission.cleared": "policy"}
    with gap_parts.nothing_mends_itself(running):
        lost = {topic: gap_parts.lose(running, topic) for topic in topics}
        assert all(lost.values())
        gap_parts.want_upkeep(running, topics.values())
    deadline = time.monotonic() + 120
    while gap_parts.events(running, "people.changed") + gap_parts.events(
        running, "submission.cleared"
    ) < sum(lost.values()):
        assert time.monotonic() < deadline, lost
        time.sleep(1)
    assert {topic: gap_parts.events(running, topic) for topic in lost} == lost


# -- what Prometheus gets to see


@pytest.fixture(scope="module")
def shown(running: Stack, sent: list[Sent]) -> promql.Samples:
    """Every series of every program, after all that an operator must be told of has happened."""
    metric_parts.trouble(running)
    deadline = time.monotonic() + 120  # vacancies are counted each minute
    while unmet(found := metric_parts.scraped(running)) and time.monotonic() < deadline:
        time.sleep(1)
    return found


def unmet(samples: promql.Samples) -> dict[str, list[str]]:
    """What the queries and alerts ask for and no program shows."""
    asked = {query for _, query in promql.queries()} | {rule["expr"] for rule in promql.rules()}
    found = {expression: list(promql.unmet(expression, samples)) for expression in asked}
    return {expression: what for expression, what in found.items() if what}


def test_the_programs_show_all_that_the_dashboard_and_the_alerts_ask_for(
    shown: promql.Samples,
) -> None:
    assert unmet(shown) == {}


@pytest.mark.skipif(promql.promtool() is None, reason="no promtool here")
def test_each_query_of_the_dashboard_has_an_answer_over_what_the_programs_show(
    shown: promql.Samples, tmp_path: Path
) -> None:
    """Names and labels are theirs; the values are made up, and rise, so that nothing is hidden for being 0."""
    series = metric_parts.series(shown)
    values = {name: "0x10" if name.startswith("up{") else "1+1x10" for name in series}
    test = {
        "interval": "1m",
        "input_series": [{"series": name, "values": value} for name, value in values.items()],
        "promql_expr_test": [
            promql.expect(f"count({promql.plain(query)}) > bool 0", 10, 1.0)
            for _, query in promql.queries()
        ],
    }
    assert promql.evaluated(tmp_path, [test]) == ""
