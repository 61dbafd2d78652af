"""A year's duties of 120 agencies and 400 items: the register from the database, the API's answer, the page; and how
long a new consumer takes to catch up with all that came.
"""

from __future__ import annotations

import gc
import shutil
import tempfile
import time
from collections.abc import Callable
from dataclasses import asdict, dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from statistics import median
from typing import Any
from uuid import uuid4

import sqlalchemy as sa
from confluent_kafka import Producer
from rich.table import Table
from sqlmodel import Session, select

from deploy import database
from deploy.local import Stack
from services.catalogue.duties.register import register
from services.catalogue.duties.store import Came
from services.catalogue.duties.views import DutiesView, DutyView
from services.catalogue.entry import EntryKind
from services.catalogue.store import Entry
from services.console.matrix import matrix
from services.kernel.codec import codec
from services.kernel.db import connect
from services.kernel.wire import encode
from services.model.form import shipped_forms
from services.model.regulation import VIETNAM
from services.model.starter_pack import load_organisations, load_working_days
from tests.logins import properties
from tests.said import said
from tests.unit.test_catalogue_duties_year import items

BEGINS = datetime(2026, 1, 1, tzinfo=VIETNAM)
ENDS = datetime(2027, 1, 1, tzinfo=VIETNAM)
PAGE = timedelta(days=92)
"""What the page shows before and after a day, where nobody says which days."""
Progress = Callable[[str], None]


@dataclass(frozen=True)
class Found:
    """Seconds, medians of the runs; `on_page` are the duties of half a year, which the page shows."""

    duties: int
    attempts: int
    register: float
    on_page: int
    answer: float
    page: float
    events: int
    caught_up: float


def measure(short: bool, progress: Progress) -> Found:
    """Each step in turn, over the same database."""
    folder = Path(tempfile.mkdtemp(prefix="solieu-bench-"))
    folder.chmod(0o711)  # PostgreSQL's own user passes through when root runs it
    stack = Stack(folder, free_ports=True, tied=True)
    try:
        stack.start_infrastructure()
        stack.prepare()
        url = database.url(
            "catalogue", stack.state.passwords["catalogue"], stack.state.ports["postgres"]
        )
        engine = connect(url)
        with Session(engine) as session, session.begin():
            attempts = _fill(session)
        with Session(engine) as session:
            found = _measured(session, 3 if short else 7, progress)
        events, seconds = _caught_up(stack, engine)
        return Found(attempts=attempts, events=events, caught_up=seconds, **found)
    finally:
        stack.destroy()
        shutil.rmtree(folder, ignore_errors=True)


def _caught_up(stack: Stack, engine: sa.Engine) -> tuple[int, float]:
    """All that came is on the topics, and catalogue's worker is new: events, seconds from its start to the last."""
    producer = Producer({**properties(stack.kafka()), "linger.ms": 20})
    with Session(engine) as session, session.begin():
        rows = session.exec(select(Came)).all()
        for row in rows:
            event = said(
                row.what,
                row.model_dump(mode="json", exclude={"at"}),
                received_at=row.at.astimezone(UTC),
            )
            message = encode(event, row.event_id, "bench", row.at.astimezone(UTC), None, codec())
            producer.produce(row.what, message.value, message.key, headers=[*message.headers])
            producer.poll(0)
        session.execute(sa.delete(Came))
    producer.flush()
    begun = time.perf_counter()
    stack.start_services(["catalogue-worker"])
    kept = 0
    while kept < len(rows):
        time.sleep(0.05)
        with Session(engine) as session:
            kept = session.execute(sa.select(sa.func.count()).select_from(Came)).scalar_one()
    return len(rows), time.perf_counter() - begun


def _measured(session: Session, runs: int, progress: Progress) -> dict[str, Any]:
    gc.freeze()  # as every API does once it serves
    taken: dict[str, list[float]] = {"register": [], "answer": [], "page": []}
    at = BEGINS + timedelta(days=200)
    for number in range(runs):
        begun = time.perf_counter()
        year = register(session, BEGINS, ENDS, ENDS)
        taken["register"].append(time.perf_counter() - begun)
        begun = time.perf_counter()
        half = register(session, at - PAGE, at + PAGE, at)
        views = [DutyView.of(duty, stood, half, at) for duty, stood in half.duties]
        answer = DutiesView(at=at, total=len(views), duties=views)
        answer.model_dump_json()
        taken["answer"].append(time.perf_counter() - begun)
        shown = answer.model_dump(mode="json")["duties"]
        begun = time.perf_counter()
        matrix(shown, "vi", 1)
        taken["page"].append(time.perf_counter() - begun)
        progress(f"run {number + 1} of {runs}: {taken['register'][-1]:.2f} s")
    medians = {name: median(times) for name, times in taken.items()}
    return {"duties": len(year.duties), "on_page": len(views), **medians}


def _fill(session: Session) -> int:
    """The entries, and an attempt at each duty; how many."""
    made = items()
    (plain,) = [form for form in shipped_forms().values() if form.id == "cv17809-1"]
    bodies: list[tuple[EntryKind, str, dict[str, object]]] = [
        (EntryKind.WORKING_DAYS, days.id, days.to_dict()) for days in load_working_days()
    ]
    bodies += [(EntryKind.ORGANISATION, one.id, one.to_dict()) for one in load_organisations()]
    for number, province in enumerate(("11", "14")):
        room: dict[str, object] = {"id": f"phong-{number}", "kind": "room", "province": province}
        bodies.append((EntryKind.ORGANISATION, f"phong-{number}", room))
    for id_ in sorted({item.form for item in made}):
        bodies.append((EntryKind.FORM, id_, plain.to_dict() | {"id": id_, "area_lists": ["34"]}))
    bodies += [(EntryKind.ITEM, item.id, item.to_dict()) for item in made]
    for version, (kind, id_, body) in enumerate(bodies, 1):
        row = Entry(
            kind=kind.value, id=id_, version=1, catalogue_version=version, body=body,
            valid_from=None, valid_to=None, changed_at=BEGINS - timedelta(days=400),
        )  # fmt: skip
        session.add(row)
    session.flush()
    rows = []
    for duty, _ in register(session, BEGINS, ENDS, ENDS).duties:
        head = {
            "submission_id": uuid4(), "attempt": 1, "decision": None, "sender": duty.supplier, "form": duty.form,
            "area_list": duty.key.area_list, "area": duty.key.area, "period": duty.key.period,
            "completeness": duty.key.completeness.value, "round": duty.key.round, "nil": "",
            "sections": "",
        }  # fmt: skip
        came = duty.late_from - timedelta(hours=5)
        rows.append(head | {"event_id": uuid4(), "what": "submission.received", "at": came})
        cleared = {"event_id": uuid4(), "what": "submission.cleared", "decision": 1}
        rows.append(head | cleared | {"at": came + timedelta(minutes=1)})
    session.execute(sa.insert(Came), rows)
    return len(rows) // 2


def as_json(found: Found) -> dict[str, object]:
    """Everything, for a program."""
    return asdict(found)


def table(found: Found) -> Table:
    """The table for a person."""
    shown = Table(title=f"a year of {found.duties:,} duties, {found.attempts:,} attempts at them")
    for heading in ("what", "seconds"):
        shown.add_column(heading, justify="right")
    shown.add_row("the year's register", f"{found.register:.2f}")
    shown.add_row(f"the API's answer, {found.on_page:,} duties", f"{found.answer:.2f}")
    shown.add_row("their matrix", f"{found.page:.3f}")
    shown.add_row(f"a new consumer, {found.events:,} events", f"{found.caught_up:.2f}")
    return shown
