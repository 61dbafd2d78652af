"""`solieu dead`: what a group could not handle, and sending it back to that group alone."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any

import typer

from services.terminal.show import AsJson, Exit, as_json, say, table
from services.terminal.usage import wrong

if TYPE_CHECKING:
    from services.kernel.replay import Letter

app = typer.Typer(no_args_is_help=True, help="Sự kiện không xử lý được · Dead letters")

Group = Annotated[str, typer.Option("--group", help="Nhóm xử lý · Consumer group")]
Offsets = Annotated[
    list[int] | None, typer.Argument(help="Vị trí trong <group>.dead · Offsets in <group>.dead")
]


def groups() -> list[str]:
    """Every consumer group that has dead letters."""
    from services.kernel.topics import load

    return [name.removesuffix(".dead") for name in load() if name.endswith(".dead")]


def letters_of(group: str) -> list[Letter]:
    """All dead letters of one group, or of every group for an empty name."""
    from services.kernel.replay import letters
    from services.kernel.settings import settings

    known = groups()
    if group and group not in known:
        raise wrong("--group", "choice", choices=", ".join(known))
    cluster = settings().kafka
    return [letter for one in ([group] if group else known) for letter in letters(cluster, one)]


@app.command("list", help="Liệt kê, kèm lý do · What there is, with the reason")
def list_letters(group: Group = "", json: AsJson = False) -> None:
    """Oldest first, group by group; with whether each was sent back."""
    letters = letters_of(group)
    if json:
        as_json([facts(letter) for letter in letters])
        return
    if not letters:
        say("operators.dead.none")
        return
    show_letters(letters)


@app.command(help="Một sự kiện, không kèm nội dung · One of them, without its content")
def show(offset: int, group: Group, json: AsJson = False) -> None:
    """Its origin, reason, attributes and size; never its bytes."""
    letter = _chosen(letters_of(group), [offset])[0]
    attributes = {
        name: value.decode(errors="replace")
        for name, value in letter.message.headers
        if name.startswith("ce_") or name == "traceparent"
    }
    shown = {**facts(letter), **attributes, "bytes": len(letter.message.value)}
    if json:
        as_json(shown)
    else:
        table(["operators.name", "operators.value"], list(shown.items()))


@app.command(help="Gửi lại cho đúng nhóm đó · Send back to the group")
def replay(
    group: Group,
    offsets: Offsets = None,
    all_: Annotated[
        bool, typer.Option("--all", help="Tất cả chưa gửi lại · All not sent back yet")
    ] = False,
    json: AsJson = False,
) -> None:
    """Offsets are sent back even if they were before; --all takes only those that were not."""
    from services.kernel.replay import send_back
    from services.kernel.settings import settings

    if all_ == bool(offsets):
        raise wrong("--all, OFFSET…", "either")
    letters = letters_of(group)
    chosen = (
        [letter for letter in letters if not letter.replayed]
        if all_
        else _chosen(letters, offsets or [])
    )
    count = send_back(settings().kafka, chosen) if chosen else 0
    if json:
        as_json({"group": group, "replayed": count})
    else:
        say("operators.dead.sent-back", count=count, group=group)


def _chosen(letters: list[Letter], offsets: list[int]) -> list[Letter]:
    by_offset = {letter.offset: letter for letter in letters}
    missing = [offset for offset in offsets if offset not in by_offset]
    if missing:
        say("operators.dead.missing", error=True, offsets=", ".join(map(str, missing)))
        raise typer.Exit(Exit.NOT_FOUND)
    return [by_offset[offset] for offset in offsets]


def facts(letter: Letter) -> dict[str, Any]:
    """What an operator may know of a dead letter."""
    origin = letter.origin
    return {
        "group": letter.group,
        "offset": letter.offset,
        "event_id": letter.event_id,
        "subject": letter.subject,
        "origin": f"{origin.topic}/{origin.partition}/{origin.offset}",
        "error": letter.error,
        "reason": letter.reason,
        "at": letter.at,
        "replayed": letter.replayed,
    }


def show_letters(letters: list[Letter]) -> None:
    """Prints dead letters as a table."""
    headings = ("group", "offset", "at", "origin", "subject", "error", "reason", "replayed")
    shown = [facts(letter) for letter in letters]
    rows = [[*(o[h] for h in headings[:-1]), "✓" if o["replayed"] else ""] for o in shown]
    table([f"operators.dead.{heading}" for heading in headings], rows)
