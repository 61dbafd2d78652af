"""Packs of the catalogue: what is exported loads as it was, and what differs is named."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from services.model.starter_pack import Entry, starter_pack
from services.operators import catalogue
from services.operators.packs import Change, Difference, differences, fetched, write

PACK = starter_pack()


class Catalogue:
    """Answers as the API does, of these entries."""

    def __init__(self, entries: list[Entry]) -> None:
        self.entries = entries

    def get(self, path: str) -> Any:
        _, _, kind, *rest = path.split("/")
        found = [one for one in self.entries if one.kind == kind]
        if not rest:
            return [{"id": one.id} for one in found]
        (one,) = (one for one in found if one.id == rest[0])
        return {"version": one.version, "body": one.body}


def test_what_is_written_is_the_same_pack(tmp_path: Path) -> None:
    there = fetched(Catalogue(PACK))  # type: ignore[arg-type]
    assert differences(PACK, there) == []
    assert write(tmp_path / "pack", there) > 20
    assert differences(starter_pack(tmp_path / "pack"), PACK) == []
    with pytest.raises(FileExistsError):
        write(tmp_path / "pack", there)


def test_what_differs_is_named() -> None:
    first, second, *others = PACK
    changed = replace(second, body=second.body | {"x": 1})
    extra = Entry("item", "them", 1, {"id": "them"})
    assert set(differences([changed, *others], [first, second, *others[1:], extra])) == {
        Difference(first.kind, first.id, Change.MISSING),
        Difference(second.kind, second.id, Change.CHANGED, ("x",)),
        Difference(others[0].kind, others[0].id, Change.NEW),
        Difference("item", "them", Change.MISSING),
    }


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ("responsible: phong-thong-ke-kinh-te-dien-bien", "responsible: so-tai-chinh-dien-bien",
         "không phải cơ quan thống kê hay phòng: so-tai-chinh-dien-bien"),
        ("responsible: phong-thong-ke-kinh-te-dien-bien", "responsible: khong-co", "không có tổ chức khong-co"),
        ("id: nien-giam-thong-ke", "id: thu-ngan-sach-quy", "mã đã có trong các mục: thu-ngan-sach-quy"),
        ("kind: yearbook", "kind: letter", "kind"),
    ],
)  # fmt: skip
def test_a_report_that_is_wrong_is_named(tmp_path: Path, old: str, new: str, said: str) -> None:
    write(tmp_path / "pack", PACK)
    reports = tmp_path / "pack" / "catalogue" / "reports" / "reports.yaml"
    content = reports.read_text("utf-8")
    assert old in content
    reports.write_text(content.replace(old, new, 1), "utf-8")
    checked = CliRunner().invoke(catalogue.app, ["check", str(tmp_path / "pack")])
    assert (checked.exit_code, said in checked.stderr) == (1, True), checked.stderr


def test_the_commands(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(catalogue, "administrator", lambda _: Catalogue(PACK))
    run = CliRunner().invoke
    folder = str(tmp_path / "pack")
    assert run(catalogue.app, ["export", folder]).exit_code == 0
    assert run(catalogue.app, ["export", folder]).exit_code == 2
    assert run(catalogue.app, ["check", folder]).exit_code == 0
    assert run(catalogue.app, ["diff", folder]).exit_code == 0
    items = tmp_path / "pack" / "catalogue" / "items" / "items.yaml"
    items.write_text(
        items.read_text("utf-8").replace("frequency: year", "frequency: month", 1), "utf-8"
    )
    differs = run(catalogue.app, ["diff", folder], env={"COLUMNS": "200"})
    assert differs.exit_code == 1
    assert "frequency" in differs.stdout and "khác" in differs.stdout
    items.write_text(
        items.read_text("utf-8").replace("form: cv17809-1", "form: khong-co", 1), "utf-8"
    )
    wrong = run(catalogue.app, ["check", folder])
    assert (wrong.exit_code, "khong-co" in wrong.stderr) == (1, True)
    for content in (b"", b"{}", b"- 5", b'"abc"', b"a: b", b"\xff\xfe", b"- {id: [", b"- {id: x}"):
        items.write_bytes(content)
        for command in ("check", "diff"):
            wrong = run(catalogue.app, [command, folder])
            assert wrong.exit_code == 1 and wrong.stderr.startswith("Gói"), (content, wrong.output)
