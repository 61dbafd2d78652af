from __future__ import annotations

import stat
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from pathlib import Path
from typing import Any

import httpx2
import pytest

from services.connector.client import Connector, NoOffice, Refused, Undecided, Unreachable
from services.connector.keys import BadKey, Key
from services.model.statement import (
    Classification,
    SecretDocument,
    public_key,
    verify,
    verify_notice,
    verify_question,
)
from services.model.text import plain
from tests.unit.opened import opened

KEY = Key.generate("so-tai-chinh-dien-bien")
KEYS = {KEY.id: public_key(KEY.public())}
WORDS: dict[str, Any] = {
    "form": "cv17809-1", "area": "11", "period": "2026-Q3", "completeness": "estimate", "regime": "coordination",
}  # fmt: skip
ID = "7f2f4d0e-7d0a-5c0b-9a52-2f6c1f1f7a10"
ACCEPTED = httpx2.Response(202, json={"id": ID, "attempt": 1, "links": {}})
AWAY = httpx2.Response(503, headers={"Retry-After": "5"})


@dataclass
class Intake:
    """Answers in turn, and keeps what was asked; time passes only while the connector sleeps."""

    answers: Iterator[httpx2.Response | Exception]
    asked: list[httpx2.Request] = field(default_factory=list)
    slept: list[float] = field(default_factory=list)
    now: datetime = datetime(2026, 11, 23, tzinfo=UTC)
    elapsed: float = 0.0

    def __call__(self, request: httpx2.Request) -> httpx2.Response:
        self.asked.append(request)
        answer = next(self.answers)
        if isinstance(answer, Exception):
            raise answer
        return answer

    def sleep(self, seconds: float) -> None:
        self.slept.append(seconds)
        self.now += timedelta(seconds=seconds)
        self.elapsed += seconds

    def connector(self, **options: Any) -> Connector:
        client = httpx2.Client(base_url="http://intake", transport=httpx2.MockTransport(self))
        return Connector(
            "",
            KEY,
            client=client,
            clock=lambda: self.now,
            seconds=lambda: self.elapsed,
            sleep=self.sleep,
            **options,
        )

    def token(self, number: int) -> str:
        return self.asked[number].headers["authorization"].removeprefix("Statement ")


def forever(answer: httpx2.Response | Exception) -> Iterator[httpx2.Response | Exception]:
    while True:
        yield answer


def state(name: str) -> httpx2.Response:
    return httpx2.Response(200, json={"id": ID, "attempt": 1, "state": name})


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "a.csv"
    path.write_bytes(b"a;b\n1;2\n")
    return path


def test_a_submission_is_signed_over_its_content(file: Path) -> None:
    intake = Intake(iter([ACCEPTED]))
    receipt = intake.connector().submit(file, **WORDS)
    assert (receipt.id, receipt.attempt, receipt.new) == (ID, 1, True)
    statement = verify(intake.token(0), KEYS)
    assert statement.sha256 == sha256(file.read_bytes()).hexdigest()
    assert (statement.size, statement.sender, statement.area_list) == (8, KEY.sender, "63")
    assert statement.aud == "thong-ke-dien-bien", "of the sender's province, by the starter pack"
    assert statement.classification == "internal"
    assert intake.asked[0].content == file.read_bytes()


def test_each_submission_has_a_nonce_of_its_own(file: Path) -> None:
    intake = Intake(forever(ACCEPTED))
    connector = intake.connector()
    connector.submit(file, **WORDS)
    connector.submit(file, **WORDS)
    assert verify(intake.token(0), KEYS).nonce != verify(intake.token(1), KEYS).nonce


def test_the_same_statement_is_sent_again_until_intake_answers(file: Path) -> None:
    broken = httpx2.ReadError("reset")
    intake = Intake(iter([httpx2.ConnectError("no"), AWAY, broken, httpx2.Response(429), ACCEPTED]))
    assert intake.connector().submit(file, **WORDS).id == ID
    assert len({intake.token(n) for n in range(5)}) == 1
    assert intake.slept[1] >= 4, "Retry-After is heeded"
    assert intake.slept[2] > intake.slept[0], "the pause grows"


@pytest.mark.parametrize("jump", [timedelta(days=1), -timedelta(days=1)])
def test_a_wall_clock_that_jumps_neither_ends_patience_nor_prolongs_it(
    file: Path, jump: timedelta
) -> None:
    def answers() -> Iterator[httpx2.Response | Exception]:
        intake.now += jump
        yield from forever(httpx2.Response(503))

    intake = Intake(iter(()))
    intake.answers = answers()
    with pytest.raises(Unreachable):
        intake.connector(patience=10).submit(file, **WORDS)
    assert 4 < intake.elapsed <= 10


def test_what_is_no_address_is_out_of_reach() -> None:
    with pytest.raises(Unreachable, match="http://:::"):
        Connector("http://:::", KEY)


@pytest.mark.parametrize("answer", [AWAY, httpx2.ConnectError("no"), httpx2.ReadTimeout("slow")])
def test_patience_ends(file: Path, answer: Any) -> None:
    intake = Intake(forever(answer))
    with pytest.raises(Unreachable, match="http://intake"):
        intake.connector(patience=10).submit(file, **WORDS)
    assert 4 < sum(intake.slept) <= 10


def test_a_refusal_is_not_tried_again_and_says_how_to_mend(file: Path) -> None:
    problem = {"type": "urn:solieu:problem:password", "status": 422, "title": "Tệp", "detail": "Bỏ"}
    intake = Intake(iter([httpx2.Response(422, json=problem)]))
    with pytest.raises(Refused, match="Tệp Bỏ") as refused:
        intake.connector().submit(file, **WORDS)
    assert (refused.value.code, refused.value.status) == ("password", 422)


@pytest.mark.parametrize(
    "answer", [httpx2.Response(404, text="<html>"), httpx2.Response(500, json=[])]
)
def test_an_answer_of_something_else_is_a_refusal_too(file: Path, answer: httpx2.Response) -> None:
    with pytest.raises(Refused) as refused:
        Intake(iter([answer])).connector().submit(file, **WORDS)
    assert refused.value.status == answer.status_code


SECRET: dict[str, Any] = {
    "document_number": "12/BC-STC", "level": "confidential", "date": "2026-11-20",
    "receiver": "thong-ke-dien-bien",
}  # fmt: skip
ANNOUNCED = httpx2.Response(201, json={"id": ID})


def test_a_secret_is_announced_by_a_signed_notice_and_no_body() -> None:
    intake = Intake(iter([AWAY, ANNOUNCED, httpx2.Response(200, json={"id": ID})]))
    connector = intake.connector()
    notice = connector.announce_secret(**SECRET)
    assert (notice.id, notice.new) == (ID, True)
    assert not connector.announce_secret(**SECRET).new
    signed = verify_notice(intake.token(1), KEYS)
    assert plain(signed) == SECRET | {"sender": KEY.sender, "issued_at": "2026-11-23T00:00:00Z"}
    assert {(one.url.path, one.content) for one in intake.asked} == {("/v1/secret-notices", b"")}
    assert intake.token(0) == intake.token(1)


@pytest.mark.parametrize(
    "change",
    [{"document_number": "Kế hoạch A"}, {"level": "mật"}, {"date": "hôm nay"}, {"receiver": ""}],
)
def test_particulars_that_are_none_are_not_sent(change: dict[str, str]) -> None:
    intake = Intake(iter([]))
    with pytest.raises(ValueError, match=next(iter(change))):
        intake.connector().announce_secret(**SECRET | change)
    assert not intake.asked


def test_a_state_secret_is_never_sent(file: Path) -> None:
    """Not by its path, which isn't opened, nor by a statement of one's own."""
    intake = Intake(iter([]))
    with opened(file) as times, pytest.raises(ValueError, match="announce_secret"):
        intake.connector().submit(file, **WORDS, classification="state_secret")
    assert times == []
    plainly = Intake(iter([ACCEPTED]))
    plainly.connector().submit(file, **WORDS)
    statement = verify(plainly.token(0), KEYS)
    secret = replace(statement, classification=Classification.STATE_SECRET)
    document = replace(statement, document=SecretDocument(**SECRET))
    for claims in (secret, document):
        with pytest.raises(ValueError, match="announce_secret"):
            intake.connector().send(claims, b"x")
    assert not intake.asked


def test_a_receipt_is_asked_for_by_signature() -> None:
    intake = Intake(iter([httpx2.Response(200, json={"format": 1})]))
    assert intake.connector().receipt(ID, 2) == {"format": 1}
    asked = verify_question(intake.token(0), KEYS)
    assert asked.path == f"/v1/receipts/{ID}?attempt=2"


READS: list[tuple[Callable[[Connector], Any], str]] = [
    (lambda one: one.organisation(), f"/v1/organisation/{KEY.sender}"),
    (lambda one: one.form("a/b"), "/v1/form/a%2Fb"),
    (lambda one: one.codelist("63"), "/v1/codelist/63"),
    (lambda one: one.notices(submission=ID, limit=2), f"/v1/notices?submission={ID}&limit=2"),
    (lambda one: one.notices(cursor=None), "/v1/notices"),
    (lambda one: one.figures(period="2026-Q3"), "/v1/observations?period=2026-Q3"),
    (lambda one: one.requests(state="granted"), "/v1/requests?state=granted"),
]


@pytest.mark.parametrize(("ask", "path"), READS, ids=[path for _, path in READS])
def test_what_is_its_own_is_asked_for_by_signature(
    ask: Callable[[Connector], Any], path: str
) -> None:
    intake = Intake(iter([httpx2.Response(200, json={"answer": 1})]))
    assert ask(intake.connector()) == {"answer": 1}
    asked = verify_question(intake.token(0), KEYS)
    assert (asked.method, asked.path, asked.sender) == ("GET", path, KEY.sender)


def test_entries_are_listed_and_each_is_read_whole() -> None:
    for kind in ("item", "form"):
        entries = [{"id": id_, "body": {"id": id_}} for id_ in "ab"]
        answers = [[{"id": "a"}, {"id": "b"}], *entries]
        intake = Intake(iter([httpx2.Response(200, json=one) for one in answers]))
        connector = intake.connector()
        assert (connector.items() if kind == "item" else connector.forms()) == entries
        asked = [verify_question(intake.token(number), KEYS).path for number in range(3)]
        assert asked == [f"/v1/{kind}", f"/v1/{kind}/a", f"/v1/{kind}/b"]


@pytest.mark.parametrize(
    "change", [{"regime": "x"}, {"completeness": "x"}, {"classification": "x"}]
)
def test_unknown_words_are_not_sent(file: Path, change: dict[str, str]) -> None:
    intake = Intake(iter([]))
    with pytest.raises(ValueError, match="x"):
        intake.connector().submit(file, **WORDS | change)
    assert not intake.asked


def test_a_question_signs_its_path_with_the_query_and_is_signed_anew_each_time() -> None:
    intake = Intake(iter([AWAY, state("received")]))
    intake.connector().state(ID, 2)
    first, second = (verify_question(intake.token(n), KEYS) for n in range(2))
    assert (first.method, first.path) == ("GET", f"/v1/submissions/{ID}?attempt=2")
    assert second.issued_at > first.issued_at


@pytest.mark.parametrize(
    "last", ["returned", "withheld", "held", "cleared", "stored", "superseded"]
)
def test_waiting_ends_with_the_verdict(last: str) -> None:
    intake = Intake(iter([state("received"), state("validated"), state(last)]))
    assert intake.connector().wait(ID)["state"] == last


def test_waiting_for_the_store() -> None:
    intake = Intake(iter([state("cleared"), state("stored")]))
    assert intake.connector().wait(ID, stored=True)["state"] == "stored"


def test_waiting_ends_without_a_verdict() -> None:
    with pytest.raises(Undecided) as undecided:
        Intake(forever(state("validated"))).connector().wait(ID, seconds=5)
    assert undecided.value.state["state"] == "validated"


def test_a_key_file_is_its_owners_alone_and_never_overwritten(tmp_path: Path) -> None:
    path = tmp_path / "keys" / "a.json"
    KEY.save(path)
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    loaded = Key.load(path)
    assert (loaded.id, loaded.sender, loaded.private.is_private) == (KEY.id, KEY.sender, True)
    with pytest.raises(FileExistsError):
        Key.generate().save(path)


def test_no_private_part_leaves_the_key() -> None:
    assert "d" not in KEY.public()
    assert str(KEY.private.as_dict(private=True)["d"]) not in repr(KEY)


@pytest.mark.parametrize(
    "write",
    [
        lambda path: None,
        lambda path: path.write_text("x"),
        lambda path: path.write_text("[]"),
        lambda path: path.write_text('{"kty": "OKP"}'),
        lambda path: path.write_text(str(KEY.public()).replace("'", '"')),
    ],
)
def test_bad_key_files(tmp_path: Path, write: Callable[[Path], Any]) -> None:
    write(tmp_path / "k")
    with pytest.raises(BadKey):
        Key.load(tmp_path / "k")


@pytest.mark.parametrize("by_key", [True, False])
def test_a_statement_is_for_the_office_that_is_named(file: Path, by_key: bool) -> None:
    intake = Intake(forever(ACCEPTED))
    key = Key.generate("so-moi", "thong-ke-lai-chau" if by_key else None)
    client = httpx2.Client(base_url="http://intake", transport=httpx2.MockTransport(intake))
    office = None if by_key else "thong-ke-lai-chau"
    Connector("", key, client=client, office=office).submit(file, **WORDS)
    known = {key.id: public_key(key.public())}
    assert verify(intake.token(0), known).aud == "thong-ke-lai-chau"


def test_nothing_is_sent_where_no_office_is_known(file: Path) -> None:
    intake = Intake(forever(ACCEPTED))
    client = httpx2.Client(base_url="http://intake", transport=httpx2.MockTransport(intake))
    with pytest.raises(NoOffice, match="so-moi"):
        Connector("", Key.generate("so-moi"), client=client).submit(file, **WORDS)
    assert not intake.asked


def test_a_key_without_its_sender_needs_one() -> None:
    with pytest.raises(ValueError, match="sender"):
        Connector("http://intake", Key.generate())
