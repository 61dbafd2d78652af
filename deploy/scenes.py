"""What the demo shows besides submissions: secrets kept out, a hold accepted, an embargo ended, proofs, a mail.

Each scene returns what was not as expected; an empty list is success.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable
from contextlib import closing
from datetime import UTC, datetime
from hashlib import sha256
from pathlib import Path
from typing import Any
from uuid import uuid4

import httpx2
from rich.console import Console

from deploy import feed, mailbox
from deploy.people import People
from deploy.results import Result
from deploy.stack import Stack
from services.connector.client import Connector
from services.connector.keys import Key, office_of
from services.kernel.codec import codec
from services.model.enumerations import Completeness, Regime
from services.model.statement import Classification, Statement, sign
from services.model.verifier import Checkpoint, ProofError, verify_receipt
from services.model.wording import law

SECONDS = 30.0
MARRIAGES = {
    "indicator_list": "dp",
    "indicator": "T0111",
    "area_list": "34",
    "area": "11",
    "period": "2025",
    "completeness": "official",
}
FOOTNOTE = (
    "Chênh lệch 121.274 tỷ đồng là phần ngân sách trung ương ghi ở chú thích: "
    "53.694 + 60.000 + 6.150 + 1.430 tỷ đồng."
)
SECRET = {
    "document_number": "01/BC-STC",
    "level": "confidential",
    "date": "2026-11-20",
    "receiver": "thong-ke-dien-bien",
}


def client(stack: Stack, program: str, headers: dict[str, str]) -> httpx2.Client:
    """A client of one API of the stack."""
    return httpx2.Client(base_url=stack.url(program), headers=headers, timeout=30, trust_env=False)


def until(check: Callable[[], Any], seconds: float = SECONDS) -> Any:
    """What the check returns, once that is true; the last false answer after so many seconds."""
    deadline = time.monotonic() + seconds
    while not (found := check()) and time.monotonic() < deadline:
        time.sleep(0.2)
    return found


def state_secret(console: Console, stack: Stack, key: Key, workbook: Path) -> list[str]:
    """R18: a declared secret is announced by four fields alone; a file sent all the same is dropped unread."""
    kept = _objects(stack)
    wrong = []
    with closing(Connector(stack.url("intake-api"), key)) as connector:
        connector.announce_secret(**SECRET)
    answer = _send_secret(stack, key, workbook.read_bytes())
    if answer.status_code != 403:
        wrong.append(f"a file declared a state secret: {answer.status_code} {answer.text}")

    def events() -> list[dict[str, Any]]:
        records = feed.records(stack.kafka(), "submission.refused")
        found = [codec().decode("submission.refused-value", record.value) for record in records]
        return [event for event in found if event["code"] == "state-secret"]

    # A refusal is published soon after its answer, not before.
    until(lambda: len(events()) >= 2)
    secrets = events()
    if len(secrets) != 2 or any(one["article"] != "6" for one in secrets):
        wrong.append(f"state secrets: {secrets}")
    if _objects(stack) != kept:
        wrong.append("something of a state secret is in the vault")
    console.print(
        "[green]✓[/] bí mật nhà nước · state secret: báo bằng 4 trường, tệp bị bỏ chưa đọc, không lưu gì"
        " · four fields announced, the file dropped unread, nothing kept"
    )
    return wrong


def _send_secret(stack: Stack, key: Key, content: bytes) -> httpx2.Response:
    """What the connector refuses to do: the file itself, by HTTP."""
    statement = Statement(
        sender=key.sender or "",
        aud=office_of(key.sender or "") or "",
        form="cv17809-1",
        area_list="63",
        area="11",
        period="2026-Q3",
        completeness=Completeness.OFFICIAL,
        regime=Regime.COORDINATION,
        classification=Classification.STATE_SECRET,
        sha256=sha256(content).hexdigest(),
        size=len(content),
        issued_at=datetime.now(UTC),
        nonce=uuid4().hex,
    )
    headers = {"Authorization": f"Statement {sign(statement, key.private)}"}
    with client(stack, "intake-api", headers) as raw:
        return raw.post("/v1/submissions", content=content)


def accept_held(console: Console, stack: Stack, people: People, held: Result) -> list[str]:
    """R58, R61: the responsible room accepts what was held because of a warning."""
    reason = "Đã đối chiếu đơn vị tính với văn bản gốc."
    if wrong := _release(stack, people, held, reason):
        return wrong
    with client(stack, "intake-api", people.headers("p-so-tai-chinh")) as agency:
        path = f"/v1/submissions/{held.id}"
        state = until(lambda: (found := agency.get(path).json())["state"] == "stored" and found)
    if not state:
        return [f"{held.name} was accepted, but not stored"]
    console.print(f"[green]✓[/] {held.name}: phòng nghiệp vụ chấp nhận · accepted by the room")
    return []


def _release(stack: Stack, people: People, held: Result, reason: str) -> list[str]:
    """An officer of the room lets the attempt that waits in its queue be used."""
    with client(stack, "policy-api", people.headers("p-kinh-te")) as officer:
        queue = officer.get("/v1/reviews").raise_for_status().json()["reviews"]
        mine = [one for one in queue if one["submission_id"] == held.id]
        if not mine:
            return [f"{held.name} is not in the room's queue: {queue}"]
        path = f"/v1/reviews/{held.id}/{mine[0]['attempt']}/decisions"
        officer.post(path, json={"outcome": "release", "reason": reason}).raise_for_status()
    return []


def answer_finding(
    console: Console, stack: Stack, people: People, key: Key, returned: Result, file: Path
) -> list[str]:
    """R20, R61: the sender explains an error, an officer downgrades it, and the same bytes pass with a warning."""
    with closing(Connector(stack.url("validation-api"), key)) as sender:
        found = sender.findings(returned.id)["findings"]
        (error,) = [one["id"] for one in found if one["severity"] == "error"]
        sender.explain(returned.id, error, FOOTNOTE)
    with client(stack, "validation-api", people.headers("p-kinh-te")) as officer:
        path = f"/v1/submissions/{returned.id}/findings/{error}/decisions"
        body = {"decision": "downgraded", "reason": FOOTNOTE, "document": "12/TKĐB-TH"}
        officer.post(path, json=body).raise_for_status()
    stated = ("form", "area_list", "area", "period", "completeness", "regime", "classification")
    with closing(Connector(stack.url("intake-api"), key)) as sender:
        receipt = sender.submit(file, **{name: returned.entry[name] for name in stated})
        state = sender.wait(receipt.id, receipt.attempt, seconds=SECONDS)
        if (receipt.attempt, state["state"]) != (2, "held"):
            return [f"{returned.name} sent again: attempt {receipt.attempt} is {state['state']}"]
        if wrong := _release(stack, people, returned, "Chênh lệch là phần ghi ở chú thích."):
            return wrong
        state = until(lambda: (now := sender.state(receipt.id))["state"] == "stored" and now)
        report = sender.report(receipt.id)
    if not state or state["figures"] != returned.entry["expect"]["figures"]:
        return [f"{returned.name} was accepted, but not stored: {state}"]
    answered = [one for one in report["findings"] if one["answers"]]
    if [(one["id"], one["severity"]) for one in answered] != [(error, "warning")]:
        return [f"{returned.name}: its report shows {answered}"]
    console.print(
        f"[green]✓[/] {returned.name}: giải trình theo chú thích, hạ lỗi kèm lý do, gửi lại, chấp nhận"
        " · explained by its footnote, downgraded, sent again, accepted"
    )
    return []


def end_embargo(console: Console, stack: Stack, people: People) -> list[str]:
    """R11: an unpublished figure is the compilers' at once, and an agency's after the act that publishes it."""
    asked = MARRIAGES | {
        "purpose": "Báo cáo gia đình",
        "basis": "Quy chế phối hợp, 1618/QĐ-UBND Điều 4",
    }
    wrong = []
    with (
        client(stack, "policy-api", people.headers("p-so-noi-vu")) as agency,
        client(stack, "grdp-api", people.headers("p-so-noi-vu")) as reader,
        client(stack, "catalogue-api", people.headers("p-lanh-dao")) as leader,
    ):
        request = agency.post("/v1/requests", json=asked).raise_for_status().json()
        articles = {(one["instrument"], one["article"]) for one in request["articles"]}
        if request["state"] != "pending" or ("luat-thong-ke-89-2015", "10") not in articles:
            wrong.append(f"before the release: {request}")
        query = {"form": "t0111", "period": "2025"}
        if reader.get("/v1/observations", params=query).json()["observations"]:
            wrong.append("an agency read an unpublished figure")
        act = MARRIAGES | {"document_number": "25/TKĐB-TTTT", "document_date": "2026-11-20"}
        leader.post("/v1/releases", json=act).raise_for_status()
        path = f"/v1/requests/{request['request_id']}"
        if not until(lambda: agency.get(path).json()["state"] == "granted"):
            wrong.append(f"after the release: {agency.get(path).json()}")
        read = until(lambda: reader.get("/v1/observations", params=query).json()["observations"])
        if len(read or []) != 1:
            wrong.append(f"after the release {len(read or [])} figures, not 1")
    console.print(
        f"[green]✓[/] t0111: chờ công bố theo {law('89/2015/QH13', '10', None).vi}, rồi được cấp cho Sở Nội vụ"
        " · pending, then granted after the release"
    )
    return wrong


def receipts(
    console: Console, stack: Stack, people: People, results: Iterable[Result]
) -> list[str]:
    """Every verdict's receipt, proved as anyone could who knows the published checkpoints: from its own bytes."""
    wrong, proved = [], 0
    with client(stack, "audit-api", people.headers("p-kiem-tra")) as auditor:
        for result in results:
            try:
                receipt = _receipt(auditor, result)
                known = _published(stack, receipt["checkpoint"]["size"]) if receipt else None
                proved += verify_receipt(receipt, checkpoint=known).proved
            except ProofError as error:
                wrong.append(f"{result.name}: the receipt proves nothing: {error}")
    console.print(f"[green]✓[/] biên nhận đã kiểm chứng · receipts verified: {proved}")
    return wrong


def _published(stack: Stack, size: int) -> Checkpoint:
    """The checkpoint of so many leaves, as it stands on its topic."""

    def published() -> Checkpoint | None:
        for record in feed.records(stack.kafka(), "audit.checkpoint"):
            data = codec().decode("audit.checkpoint-value", record.value)
            if data["size"] == size:
                return Checkpoint(size, bytes.fromhex(data["root"]))
        return None

    return until(published) or Checkpoint(size, b"")


def _receipt(auditor: httpx2.Client, result: Result) -> dict[str, Any]:
    """The receipt, as soon as the log has reached the attempt's verdict."""
    query = {"attempt": result.state["attempt"]}

    def given() -> httpx2.Response | None:
        answer = auditor.get(f"/v1/receipts/{result.id}", params=query)
        return answer if answer.is_success else None

    answer = until(given)
    receipt: dict[str, Any] = answer.json() if answer else {}
    return receipt


def mail(console: Console, stack: Stack) -> list[str]:
    """A mail about a verdict, as the agency gets it."""
    found = until(
        lambda: [one for one in mailbox.mails(stack.mail) if "trả lại" in str(one["Subject"])]
    )
    if not found:
        return ["no mail about the returned submission arrived"]
    shown = found[0]
    part = shown.get_body(("plain",))
    console.print(f"[green]✓[/] thư · mail: {len(mailbox.mails(stack.mail))}")
    console.print(f"  Tới · To: {shown['To']}\n  {shown['Subject']}", style="dim")
    for line in (str(part.get_content()) if part else "").splitlines()[:8]:
        console.print(f"  │ {line}", style="dim", markup=False)
    return []


def _objects(stack: Stack) -> set[Path]:
    """Everything that the vault keeps."""
    return {path for path in (stack.folder / "vault").rglob("*") if path.is_file()}
