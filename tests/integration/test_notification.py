"""Notices with the real database and broker: written once, sent once, told of once."""

from __future__ import annotations

import asyncio
import json
from base64 import b64decode
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import uuid4

import httpx2
import psycopg
import pytest
import sqlalchemy as sa
from alembic import command
from fastapi import FastAPI
from fastapi.testclient import TestClient
from joserfc.jwk import OKPKey
from kafka import KafkaProducer
from pydantic import SecretStr
from sqlmodel import Session, select

from deploy import database, mailbox
from deploy.stack import Stack
from deploy.supervision import wait_until
from services.events.catalogue import CatalogueChanged, CatalogueKind
from services.events.validation import SubmissionReturned
from services.kernel.api import Context
from services.kernel.auth import hash_of
from services.kernel.avro import from_avro
from services.kernel.cluster import Cluster
from services.kernel.codec import codec
from services.kernel.db import close, connect
from services.kernel.events import Event
from services.kernel.handling import Writer
from services.kernel.masterkey import MasterKey
from services.kernel.migration import configuration, migrate
from services.kernel.postgresql import Postgresql
from services.kernel.settings import Settings
from services.kernel.wire import encode
from services.model.regulation import VIETNAM
from services.notification import queries
from services.notification.api import create_app
from services.notification.delivery import MOST_ATTEMPTS, Ending, Letter, Result
from services.notification.handler import VERDICTS
from services.notification.sender import LEASE, Sender
from services.notification.settings import DeliverySettings
from services.notification.store import SCHEMA, NoticeRow
from services.notification.webhook import written
from services.notification.worker import STAGES
from tests import people
from tests.contract.examples import examples
from tests.logins import login
from tests.said import said

pytestmark = pytest.mark.stack
SENDER = "so-tai-chinh-dien-bien"
OTHER = "so-noi-vu-dien-bien"
OPERATOR = {"Authorization": "Bearer operator"}
MASTER_KEY = "A" * 43 + "="
ADMINISTRATOR = {"Authorization": "Bearer administrator"}


@dataclass
class Clock:
    """A clock that tests move; ahead of the database's, which dates what the worker writes."""

    now: datetime = field(default_factory=lambda: datetime.now(UTC) + timedelta(minutes=1))

    def __call__(self) -> datetime:
        return self.now


@dataclass
class Fake:
    """A channel that ends as it is told, and counts."""

    endings: list[Ending]
    repeats: bool = False
    gathers: bool = True
    got: list[Letter] = field(default_factory=list)
    under_way: int = 0
    most: int = 0

    async def deliver(self, letter: Letter) -> Result:
        self.under_way += 1
        self.most = max(self.most, self.under_way)
        await asyncio.sleep(0.01)
        self.under_way -= 1
        self.got.append(letter)
        ending = self.endings[min(len(self.got), len(self.endings)) - 1]
        return Result(ending, "" if ending is Ending.SENT else "SMTP 450")


@pytest.fixture(scope="module")
def url(infrastructure: Stack, module_database: str) -> str:
    state = infrastructure.state
    migrate(module_database, {SCHEMA: state.passwords[SCHEMA]})
    name = module_database.rpartition("/")[2]
    return database.url(SCHEMA, state.passwords[SCHEMA], state.ports["postgres"], name)


@pytest.fixture
def engine(url: str) -> Iterator[sa.Engine]:
    """Of an empty service that knows two organisations."""
    made = connect(url)
    with made.begin() as connection:
        for table in ("notices", "attempts", "webhooks", "outbox", "outputs", "inbox", "replica"):
            connection.execute(sa.text(f"delete from {table}"))
        for id_ in (SENDER, OTHER):
            contacts = [{"channel": "email", "address": f"vanthu@{id_}.example"}]
            body = {"id": id_, "kind": "x", "name": {"vi": id_, "en": id_}, "contacts": contacts}
            connection.execute(
                sa.text("insert into replica values ('organisation', :i, 1, 1, :b)"),
                {"i": id_, "b": json.dumps(body)},
            )
    yield made
    made.dispose()


@dataclass
class Service:
    """The service without its processes."""

    engine: sa.Engine
    context: Context
    clock: Clock

    def handle(self, *events: Event) -> None:
        writer = Writer(SCHEMA, codec(), self.clock)
        for event in events:
            stage = STAGES[0 if isinstance(event.data, VERDICTS) else 1]
            with Postgresql(self.engine).transaction() as tables:
                result = writer.batch(tables, stage, [event])
            assert not result.rejected

    def notices(self) -> list[NoticeRow]:
        with Session(self.engine) as session:
            return list(session.exec(select(NoticeRow)).all())

    def outbox(self) -> list[tuple[str, dict[str, Any]]]:
        with self.engine.connect() as connection:
            rows = connection.execute(
                sa.text("select topic, value from outbox order by sequence")
            ).all()
        return [(topic, codec().decode(f"{topic}-value", bytes(value))) for topic, value in rows]

    def run(self, channel: Fake, rounds: int = 1, name: str = "email") -> None:
        async def go() -> None:
            sender = Sender(self.context, name, channel)
            for _ in range(rounds):
                await sender.round()
                await sender.finished()

        asyncio.run(go())


@pytest.fixture
def service(engine: sa.Engine, url: str, cluster: Cluster) -> Iterator[Service]:
    clock = Clock()
    app = create_app(Settings(database_url=url, **login(cluster)), clock)
    yield Service(engine, app.state.context, clock)
    _close(app)


def _close(app: FastAPI) -> None:
    """An application that never began does not end, either: its connections stay open until somebody closes them."""
    close(app.state.context.engine)


def event(topic: str = "submission.returned", index: int = 0, **changes: Any) -> Event:
    data = examples(topic)[index] | changes
    key = str(data.get("submission_id"))
    encoded = codec().encode(f"{topic}-value", data)
    return Event(
        uuid4(), topic, key, said(topic, data), datetime.now(UTC), key, "/test", encoded=encoded
    )


def returned() -> Event:
    return event(submission_id=str(uuid4()))


def test_an_event_that_comes_again_makes_no_second_notice(service: Service) -> None:
    one = returned()
    service.handle(one, one)
    (notice,) = service.notices()
    assert (notice.recipient, notice.state, notice.attempts) == (SENDER, "queued", 0)


def test_a_clearance_that_is_republished_makes_no_second_notice(service: Service) -> None:
    submission = str(uuid4())
    first, second = (
        event("submission.cleared", submission_id=submission, decision=number) for number in (1, 2)
    )
    late = event("submission.held", submission_id=submission, decision=1)
    service.handle(first, second, late)
    assert [notice.message for notice in service.notices()] == ["notice.cleared"]


def test_a_sent_notice_is_told_once(service: Service) -> None:
    service.handle(returned())
    channel = Fake([Ending.SENT])
    service.run(channel, rounds=3)
    assert len(channel.got) == 1
    (notice,) = service.notices()
    assert (notice.state, notice.attempts, notice.error) == ("sent", 1, "")
    ((topic, data),) = service.outbox()
    assert topic == "notice.sent"
    assert data["notice_id"] == str(notice.notice_id)
    assert data["recipient"] == SENDER


def test_a_refused_mail_is_tried_again_later_and_then_failed(service: Service) -> None:
    service.handle(returned())
    channel = Fake([Ending.REFUSED])
    service.run(channel, rounds=3)
    assert len(channel.got) == 1, "the pause is not over"
    for _ in range(MOST_ATTEMPTS + 2):
        service.clock.now += timedelta(hours=7)
        service.run(channel)
    assert [letter.attempts for letter in channel.got] == list(range(1, MOST_ATTEMPTS + 1))
    (notice,) = service.notices()
    assert notice.state == "failed"
    ((topic, data),) = service.outbox()
    assert (topic, data["state"], data["attempts"]) == ("notice.failed", "failed", MOST_ATTEMPTS)


def test_an_uncertain_mail_is_never_sent_again(service: Service) -> None:
    service.handle(returned())
    channel = Fake([Ending.UNCERTAIN, Ending.SENT])
    for _ in range(3):
        service.run(channel)
        service.clock.now += timedelta(days=1)
    assert len(channel.got) == 1
    assert [notice.state for notice in service.notices()] == ["uncertain"]
    assert [(topic, data["state"]) for topic, data in service.outbox()] == [
        ("notice.failed", "uncertain")
    ]


def test_sending_is_on_record_before_the_try_begins(service: Service) -> None:
    seen: list[tuple[str, int]] = []

    class Looking(Fake):
        async def deliver(self, letter: Letter) -> Result:
            seen.extend((notice.state, notice.attempts) for notice in service.notices())
            return Result(Ending.SENT)

    service.handle(returned())
    service.run(Looking([Ending.SENT]))
    assert seen == [("sending", 1)]


@pytest.mark.parametrize(("repeats", "state"), [(False, "uncertain"), (True, "sent")])
def test_a_crash_in_mid_try_leaves_a_mail_uncertain_and_a_web_hook_repeated(
    service: Service, repeats: bool, state: str
) -> None:
    class Killed(BaseException):
        pass

    class Crash(Fake):
        async def deliver(self, letter: Letter) -> Result:
            raise Killed

    service.handle(returned())
    service.run(Crash([Ending.SENT], repeats))
    channel = Fake([Ending.SENT], repeats)
    service.run(channel)
    assert [notice.state for notice in service.notices()] == ["sending"]
    assert channel.got == []
    service.clock.now += LEASE + timedelta(seconds=1)
    service.run(channel)
    service.clock.now += timedelta(minutes=1)
    service.run(channel)
    assert [notice.state for notice in service.notices()] == [state]
    assert len(channel.got) == (1 if repeats else 0)
    assert len(service.outbox()) == 1


@pytest.mark.parametrize("jump", [timedelta(days=1), -timedelta(days=1)])
def test_a_clock_that_jumps_takes_no_try_that_is_under_way_for_lost(
    service: Service, jump: timedelta
) -> None:
    async def go() -> None:
        sender = Sender(service.context, "email", channel)
        await sender.round()
        service.clock.now += jump
        await sender.round()
        await sender.finished()

    service.handle(returned())
    channel = Fake([Ending.SENT])
    asyncio.run(go())
    assert [notice.state for notice in service.notices()] == ["sent"]
    assert len(channel.got) == 1


def test_a_clock_that_was_set_back_puts_no_notice_off(service: Service) -> None:
    service.clock.now += timedelta(days=1)
    service.handle(returned())
    channel = Fake([Ending.REFUSED, Ending.SENT])
    service.run(channel)
    service.clock.now -= timedelta(days=1)
    service.run(channel)
    assert [notice.state for notice in service.notices()] == ["sent"]


def test_a_try_that_a_crash_left_while_the_clock_was_ahead_is_known_to_be_lost(
    service: Service,
) -> None:
    class Killed(BaseException):
        pass

    class Crash(Fake):
        async def deliver(self, letter: Letter) -> Result:
            raise Killed

    service.handle(returned())
    service.clock.now += timedelta(days=1)
    service.run(Crash([Ending.SENT]))
    service.clock.now -= timedelta(days=1)
    service.run(Fake([Ending.SENT]))
    assert [notice.state for notice in service.notices()] == ["uncertain"]


def test_an_error_that_nobody_foresaw_is_uncertain_and_the_others_go_on(service: Service) -> None:
    class Odd(Fake):
        async def deliver(self, letter: Letter) -> Result:
            if letter.recipient == SENDER:
                raise RuntimeError("odd")
            return await super().deliver(letter)

    service.handle(returned(), event(submission_id=str(uuid4()), sender=OTHER))
    service.run(Odd([Ending.SENT]), rounds=2)
    found = {notice.recipient: notice.state for notice in service.notices()}
    assert found == {SENDER: "uncertain", OTHER: "sent"}


def hours(after: datetime, hour: int) -> datetime:
    """That hour in Viet Nam of the Wednesday that comes: a working day wherever no calendar is known."""
    local = after.astimezone(VIETNAM) + timedelta(days=1)
    local += timedelta(days=(2 - local.weekday()) % 7)
    return local.replace(hour=hour, minute=0).astimezone(UTC)


def test_one_mornings_reminders_are_one_mail_to_each_reader(service: Service) -> None:
    reminders = [
        event("obligation.due", duty_id=str(uuid4()), supplier=supplier, period=period)
        for supplier, period in (
            (SENDER, "2026-Q3"), (SENDER, "2026-Q4"), (SENDER, "2025"), (OTHER, "2025"),
        )
    ]  # fmt: skip
    service.handle(*reminders, returned())
    service.clock.now = hours(service.clock.now, 2)
    channel = Fake([Ending.SENT])
    service.run(channel, 3)
    assert len(channel.got) == 1, "what was returned goes at once, even at two in the night"
    service.clock.now = hours(service.clock.now, 8)
    service.run(channel, 3)
    first, *rest = sorted(channel.got[1:], key=lambda one: len(one.body), reverse=True)
    assert len(rest) == 1 and first.address != rest[0].address
    assert first.subject.endswith("(+2)")
    for period in ("2026-Q3", "2026-Q4", "2025"):
        assert f"kỳ {period}" in first.body, first.body
    assert {one.state for one in service.notices()} == {"sent"}
    assert [topic for topic, _ in service.outbox()].count("notice.sent") == 5


def test_a_reminder_says_what_the_form_and_its_section_are_called(service: Service) -> None:
    names = {"vi": "B. Xổ số", "en": "B. Lottery"}
    body = {
        "title": {"vi": "Tài chính ngân hàng", "en": "Finance"},
        "responsible": [{"id": "B", "section": names, "organisation_kinds": ["x"]}],
    }
    with service.engine.begin() as connection:
        connection.execute(
            sa.text("insert into replica values ('form', 'bieu-6', 1, 1, :b)"),
            {"b": json.dumps(body)},
        )
    service.handle(event("obligation.due", supplier=SENDER, form="bieu-6", section="B"))
    with service.engine.begin() as connection:
        (said,) = connection.execute(sa.text("select body from notices")).scalars()
    assert "Biểu bieu-6 (Tài chính ngân hàng), phần B. Xổ số" in said


def test_what_goes_together_is_refused_and_tried_again_together(service: Service) -> None:
    service.handle(*(event("obligation.due", duty_id=str(uuid4()), supplier=SENDER) for _ in "ab"))
    service.clock.now = hours(service.clock.now, 8)
    channel = Fake([Ending.REFUSED, Ending.SENT])
    service.run(channel)
    assert {(one.state, one.attempts) for one in service.notices()} == {("queued", 1)}
    service.clock.now += timedelta(minutes=1)
    service.run(channel)
    assert len(channel.got) == 2
    assert {(one.state, one.attempts) for one in service.notices()} == {("sent", 2)}


def test_a_web_hook_gets_each_reminder_by_itself(service: Service) -> None:
    service.handle(*(event("obligation.due", duty_id=str(uuid4()), supplier=SENDER) for _ in "ab"))
    service.clock.now = hours(service.clock.now, 2)
    channel = Fake([Ending.SENT], gathers=False)
    service.run(channel, 3)
    assert [one.subject.endswith(")") for one in channel.got] == [False, False]


def test_two_senders_at_once_send_each_notice_once(service: Service) -> None:
    events = [event(submission_id=str(uuid4()), sender=(SENDER, OTHER)[i % 2]) for i in range(30)]
    service.handle(*events)
    channel = Fake([Ending.SENT])

    async def go() -> None:
        senders = [Sender(service.context, "email", channel) for _ in range(3)]

        async def drain(sender: Sender) -> None:
            while any(
                notice.state != "sent" for notice in await asyncio.to_thread(service.notices)
            ):
                await sender.round()
                await sender.finished()

        await asyncio.wait_for(asyncio.gather(*(drain(sender) for sender in senders)), 60)

    asyncio.run(go())
    assert len(channel.got) == len({letter.notice_id for letter in channel.got}) == 30
    assert len(service.outbox()) == 30


def test_one_at_a_time_for_each_address_and_no_one_waits_for_another(service: Service) -> None:
    mine = [returned() for _ in range(5)]
    service.handle(*mine, event(submission_id=str(uuid4()), sender=OTHER))
    channel = Fake([Ending.SENT])
    service.run(channel)
    assert {letter.recipient for letter in channel.got} == {SENDER, OTHER}
    assert len(channel.got) == 2
    service.run(channel, rounds=5)
    order = [letter.event_id for letter in channel.got if letter.recipient == SENDER]
    assert order == [one.id for one in mine]


# -- the API


@pytest.fixture
def client(engine: sa.Engine, url: str, cluster: Cluster) -> Iterator[TestClient]:
    config = Settings(
        database_url=url,
        **login(cluster),
        operator_token=SecretStr("operator"),
        administrator_token_sha256=hash_of("administrator"),
        master_key=SecretStr(MASTER_KEY),
    )
    app = create_app(config)
    app.state.keys = people.keys
    yield TestClient(app)
    _close(app)


def agency(organisation: str) -> dict[str, str]:
    return people.headers("p-agency", organisation, ("agency",), ())


def test_an_agency_sees_its_own_notices_and_an_operator_all(
    service: Service, client: TestClient
) -> None:
    service.handle(returned(), event(submission_id=str(uuid4()), sender=OTHER))

    def seen(headers: dict[str, str]) -> set[str]:
        page = client.get("/v1/notices", headers=headers).json()
        return {one["recipient"] for one in page["notices"]}

    assert seen(OPERATOR) == {SENDER, OTHER}
    assert seen(agency(SENDER)) == {SENDER}
    assert seen(agency("so-khac")) == set()
    assert client.get("/v1/notices").status_code == 401
    assert client.get("/v1/notices", headers=people.headers()).status_code == 403
    whole = client.get("/v1/notices", headers=OPERATOR).text
    assert "@" not in whole


def test_a_senders_key_sees_what_its_people_see(
    service: Service, client: TestClient, engine: sa.Engine
) -> None:
    service.handle(returned(), event(submission_id=str(uuid4()), sender=OTHER))
    key = OKPKey.generate_key("Ed25519")
    where = "/v1/notices?limit=5"
    asked = people.signed(where, SENDER, key)
    assert client.get(where, headers=asked).status_code == 401, "not registered"
    with engine.begin() as connection:
        connection.execute(
            sa.text("insert into replica values ('sender_key', :i, 1, 1, :b)"),
            {"i": key.thumbprint(), "b": json.dumps(people.registered(SENDER, key))},
        )
    page = client.get(where, headers=asked).json()
    assert {one["recipient"] for one in page["notices"]} == {SENDER}
    stolen = people.signed(where, OTHER, key)
    assert client.get(where, headers=stolen).status_code == 401


def test_pages_are_complete_and_filters_filter(service: Service, client: TestClient) -> None:
    service.handle(*(returned() for _ in range(7)))
    service.run(Fake([Ending.SENT]))
    found: list[str] = []
    cursor: dict[str, str] = {}
    while True:
        page = client.get("/v1/notices", params={"limit": 3, **cursor}, headers=OPERATOR).json()
        found += [one["notice_id"] for one in page["notices"]]
        if page["next"] is None:
            break
        cursor = {"cursor": page["next"]}
    assert sorted(found) == sorted(str(notice.notice_id) for notice in service.notices())
    assert len(found) == 7

    def count(**query: str) -> int:
        answer = client.get("/v1/notices", params=query, headers=OPERATOR)
        return len(answer.json()["notices"])

    assert (count(state="sent"), count(state="queued")) == (1, 6)
    assert count(submission=str(service.notices()[0].submission_id)) == 1
    for wrong in ("x", "AAAA", "MjAyNi0wMS0wMSBi"):
        answer = client.get("/v1/notices", params={"cursor": wrong}, headers=OPERATOR)
        assert answer.status_code == 400


def test_a_secret_is_made_changed_and_used(service: Service, client: TestClient) -> None:
    path = f"/v1/webhooks/{SENDER}"
    first = client.put(path, headers=agency(SENDER))
    second = client.put(path, headers=ADMINISTRATOR)
    assert (first.status_code, second.status_code) == (201, 200)
    assert first.json()["previous_until"] is None
    assert first.headers["cache-control"] == "no-store"
    master = MasterKey.of(MASTER_KEY)
    with Session(service.engine) as session:
        now = datetime.now(UTC)
        used = queries.secrets_of(session, SENDER, now, master)
        later = queries.secrets_of(session, SENDER, now + timedelta(days=2), master)
    assert used == [second.json()["secret"], first.json()["secret"]]
    assert later == used[:1]
    with service.engine.connect() as connection:
        kept = connection.execute(sa.text("select secret, previous from webhooks")).one()
    assert not {b64decode(one.removeprefix("whsec_")) for one in used} & set(kept)


def test_secrets_of_before_are_wrapped_as_they_are(
    fresh_database: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings = configuration(fresh_database, SCHEMA)
    with psycopg.connect(fresh_database, autocommit=True) as connection:
        connection.execute(f"create schema {SCHEMA}")
        command.upgrade(settings, "0001")
        connection.execute(
            f"insert into {SCHEMA}.webhooks values (%s, %s, null, now())",
            ("so-y-te", written(b"s" * 32)),
        )
        with pytest.raises(ValueError, match="SOLIEU_MASTER_KEY"):
            command.upgrade(settings, "head")
        monkeypatch.setenv("SOLIEU_MASTER_KEY", MASTER_KEY)
        command.upgrade(settings, "head")
        ((secret, previous),) = connection.execute(
            f"select secret, previous from {SCHEMA}.webhooks"
        ).fetchall()
    assert MasterKey.of(MASTER_KEY).unwrap(secret) == b"s" * 32
    assert previous is None


def test_no_one_touches_anothers_secret_or_one_of_nobody(
    engine: sa.Engine, client: TestClient
) -> None:
    others = client.put(f"/v1/webhooks/{OTHER}", headers=agency(SENDER))
    nobody = client.put("/v1/webhooks/khong-co", headers=agency(SENDER))
    assert (others.status_code, nobody.status_code) == (404, 404)
    assert client.put(f"/v1/webhooks/{SENDER}").status_code == 401
    assert client.put(f"/v1/webhooks/{SENDER}", headers=OPERATOR).status_code == 403
    for odd in ("%00", "a%00b", "x" * 300):
        answer = client.put(f"/v1/webhooks/{odd}", headers=ADMINISTRATOR)
        assert answer.status_code in (404, 422)
    with engine.connect() as connection:
        assert connection.execute(sa.text("select count(*) from webhooks")).scalar_one() == 0


def test_the_process_itself_sends_and_ends_in_order(
    engine: sa.Engine, url: str, infrastructure: Stack
) -> None:
    """With the real lifespan, a real SMTP server and the real broker."""
    from tests.unit.test_notification_delivery import Mailbox, smtp

    with smtp(Mailbox()) as box:
        config = Settings(
            database_url=url,
            **login(infrastructure.kafka()),
            operator_token=SecretStr("operator"),
        )
        mail = DeliverySettings(smtp_port=box.port, smtp_from="so-lieu@thongke.example")
        app = create_app(config, delivery=mail)
        service = Service(engine, app.state.context, Clock())
        service.handle(returned())
        with TestClient(app) as client:
            for _ in range(600):
                page = client.get("/v1/notices", headers=OPERATOR).json()
                if page["notices"][0]["state"] == "sent":
                    break
                asyncio.run(asyncio.sleep(0.1))
    assert page["notices"][0]["state"] == "sent"
    assert len(box.got) == 1


def test_both_processes_tell_a_sender_that_the_catalogue_names(stack: Stack) -> None:
    """From the topics to a mail in a mailbox, and back to a topic."""
    programs = ["notification-worker", "notification-api"]
    submission, sender = str(uuid4()), f"so-{uuid4().hex}"
    body = {
        "id": sender,
        "kind": "x",
        "name": {"vi": "Sở Thử nghiệm", "en": "Department of Tests"},
        "contacts": [{"channel": "email", "address": f"{sender}@so.example"}],
    }
    version = 10**9
    entry = CatalogueChanged(
        kind=CatalogueKind.ORGANISATION,
        id=sender,
        version=1,
        catalogue_version=version,
        body=json.dumps(body),
        changed_at=datetime.now(UTC),
    )
    told = examples("submission.returned")[0] | {
        "submission_id": submission,
        "sender": sender,
        "catalogue_version": version,
    }
    events = (from_avro(SubmissionReturned, told), entry)
    stack.start_services(programs)
    try:
        stack.wait_healthy(300, programs)
        producer = KafkaProducer(**stack.kafka().options())
        for event in events:
            made = encode(event, uuid4(), "test", datetime.now(UTC), None, codec())
            producer.send(made.topic, made.value, made.key, list(made.headers)).get(10)
        producer.close()

        def mine() -> list[Any]:
            # What was published before is told to everybody, also to whom the catalogue names only now.
            return [one for one in mailbox.mails(stack.mail) if submission in one.get_content()]

        wait_until(lambda: bool(mine()), 60, "no mail came")
        (mail,) = mine()
        assert "cv17809-1" in mail["Subject"]
        assert "2025-Q4" in mail["Subject"]
        assert sender in str(mail["To"])
        headers = {"Authorization": f"Bearer {stack.state.tokens['operator']}"}
        page = httpx2.get(
            stack.url("notification-api") + f"/v1/notices?submission={submission}",
            headers=headers,
            trust_env=False,
        ).json()
        assert [one["state"] for one in page["notices"]] == ["sent"]
    finally:
        stack.stop_services(programs)
