"""`solieu policy`: why it was decided so, who may use what, changed policies tried, what waits looked at again."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from typing import Annotated, Any

import typer

from services.model.messages import texts
from services.model.text import Text
from services.operators.policy_words import fact, place, shown, stands, verdict
from services.terminal.client import Api, operator
from services.terminal.show import AsJson, Exit, as_json, in_line, say, table, tell

SECONDS = 120.0

app = typer.Typer(no_args_is_help=True, help="Quyết định sử dụng · What may be used")


@app.command(
    help="Vì sao được quyết định như vậy, và điều gì sẽ làm khác đi · Why, and what would change it"
)
def explain(
    submission: Annotated[str, typer.Argument(help="Mã hồ sơ · The submission's id")],
    attempt: Annotated[
        int | None, typer.Option(min=1, help="Lần gửi · Attempt, or the last")
    ] = None,
    audience: Annotated[
        str, typer.Option(metavar="KIND:ID", help="Ai muốn dùng · Who wants to use it")
    ] = "compilers:grdp",
    json: AsJson = False,
) -> None:
    """By today's law and facts. Exit codes: 0; 4 nothing was decided about it; 5 unreachable."""
    explanation = _policy().get(
        f"/v1/submissions/{submission}/explanation", attempt=attempt, audience=audience
    )
    if json:
        as_json(explanation)
        return
    say(
        "operators.policy.explained",
        verdict=verdict(explanation),
        submission=submission,
        attempt=explanation["attempt"],
    )
    for reason in explanation["reasons"]:
        words = Text(**reason["text"]) if reason.get("text") else reason["policy"]
        say("operators.policy.reason", text=words, place=place(reason))
    facts = [[fact(name), shown(name, value)] for name, value in explanation["facts"].items()]
    table(["operators.policy.fact", "operators.policy.value"], facts)
    for change in explanation["changes"]:
        say("operators.policy.change", verdict=verdict(change), words=Text(**change["text"]))
    if not explanation["changes"] and explanation["verdict"] != "cleared":
        say("operators.policy.no_change")


@app.command(
    help="Ai được dùng loại thông tin nào, theo điều nào · Who may use what, by which article"
)
def matrix(
    province: Annotated[
        str | None,
        typer.Option(
            help="Mã tỉnh theo danh mục 34; bỏ trống: biểu quốc gia · Province of list 34; none: national forms"
        ),
    ] = None,
    day: Annotated[
        datetime | None,
        typer.Option(
            formats=["%Y-%m-%d"],
            metavar="YYYY-MM-DD",
            help="Theo luật của ngày này · By the law of this day",
        ),
    ] = None,
    json: AsJson = False,
) -> None:
    """Each audience by each class of information."""
    matrix = _policy().get("/v1/matrix", province=province, on=f"{day:%Y-%m-%d}" if day else None)
    if json:
        as_json(matrix)
        return
    rows: dict[str, list[object]] = {}
    audiences: dict[str, None] = {}
    for cell in matrix["cells"]:
        audiences[cell["audience"]] = None
        about = texts(f"policy.class.{cell['information']}")
        row = rows.setdefault(cell["information"], [about])
        places = (in_line(place(article)) for article in cell["articles"])
        row.append("\n".join([in_line(verdict(cell)), *places]))
    headings = [
        "operators.policy.information",
        *(f"policy.audience.{audience}" for audience in audiences),
    ]
    table(headings, rows.values())


@app.command(
    help="Từng điều của một văn bản: ai bảo đảm, chính sách nào · An instrument, and who keeps it"
)
def pack(
    regulation: Annotated[
        str,
        typer.Argument(
            help="Mã văn bản, như dien-bien-1618-2021 · Id of the instrument, e.g. dien-bien-1618-2021"
        ),
    ],
    json: AsJson = False,
) -> None:
    """Each article in our own words, and the policies that are bound to it."""
    pack = _policy().get(f"/v1/regulations/{regulation}")
    if json:
        as_json(pack)
        return
    tell(Text(**{lang: f"{title} ({pack['number']})" for lang, title in pack["title"].items()}))
    rows = []
    for article in pack["articles"]:
        how = Text(**article["how"]) if article["how"] else ""
        kept = {"policies": ", ".join(article["policies"]), "how": how}
        keeper = texts(f"policy.keeper.{article['kept_by'] or 'unknown'}", **kept)
        rows.append([place(article), Text(**article["summary"]), keeper])
    table([f"operators.policy.{name}" for name in ("article", "says", "kept")], rows)


@app.command(
    help="Thử chính sách đã sửa trên mọi quyết định · Try changed policies over all decisions"
)
def test(
    folder: Annotated[
        Path,
        typer.Argument(exists=True, file_okay=False, help="*.cedar, policies.cedarschema"),
    ],
    since: Annotated[
        datetime,
        typer.Option(
            formats=["%Y-%m-%d"],
            metavar="YYYY-MM-DD",
            help="Quyết định từ ngày này · Decided from this day on",
        ),
    ] = datetime(1970, 1, 1),
    json: AsJson = False,
) -> None:
    """Nothing is recorded. Exit codes: 0 nothing flips, 1 something does, 2 bad policies, 4 refused, 5 broken off."""
    files = {path.name: path.read_text(encoding="utf-8") for path in folder.glob("*.cedar*")}
    if not any(name.endswith(".cedar") for name in files):
        say("operators.policy.no_files", error=True, folder=folder)
        raise typer.Exit(Exit.WRONG_USAGE)
    lines = list(_tried({"files": files, "since": f"{since:%Y-%m-%d}"}))
    if not lines or lines[-1]["kind"] != "end":
        say("operators.policy.broken_off", error=True)
        raise typer.Exit(Exit.UNREACHABLE)
    flips, end = [line for line in lines if line["kind"] == "flip"], lines[-1]
    if json:
        as_json({"flips": flips, "end": end})
    else:
        names = ("submission", "now", "then", "by")
        rows = [
            [f"{flip['submission_id']}/{flip['attempt']}", stands(flip["now"]), stands(flip["then"]),
             "\n".join(sorted({*flip["by_now"], *flip["by_then"]}))]
            for flip in flips
        ]  # fmt: skip
        if rows:
            table([f"operators.policy.{name}" for name in names], rows)
        say("operators.policy.flipped", tried=end["tried"], flipped=end["flipped"])
    if flips:
        raise typer.Exit(Exit.DIFFERS)


@app.command(help="Rà lại mọi việc đang chờ · Look again at all that waits")
def sweep(json: AsJson = False) -> None:
    """Decides anew what waits although its reason is gone; the API does so each minute by itself."""
    swept = _policy().post("/v1/sweep")
    if json:
        as_json(swept)
    else:
        say("operators.swept", **swept)


def _tried(body: dict[str, Any]) -> Iterator[dict[str, Any]]:
    """The answer line by line, with how many decisions were tried on standard error."""
    from rich.console import Console
    from rich.progress import Progress

    with Progress(console=Console(stderr=True), transient=True) as progress:
        task = progress.add_task("", total=None)
        for line in _policy().lines("/v1/policies/trials", body):
            progress.update(task, description=str(line.get("tried", "")))
            yield line


def _policy() -> Api:
    return operator("policy", SECONDS)
