"""`solieu catalogue`: which items rest on a signed document, and what agencies offer to share."""

from __future__ import annotations

from typing import Annotated, Any

import typer

from services.model.catalogue import Category
from services.model.messages import texts
from services.model.text import Text
from services.terminal.client import operator
from services.terminal.show import AsJson, as_json, in_line, say, table

app = typer.Typer(no_args_is_help=True, help="Danh mục · The catalogue")


@app.command(help="Văn bản đã ký, các mục dựa vào đó · Signed documents, and what rests on them")
def agreements(json: AsJson = False) -> None:
    """Of the items in force; what is not known of a document is named."""
    answer = operator("catalogue").get("/v1/agreements")
    if json:
        as_json(answer)
        return
    say("operators.agreements.resting", resting=answer["resting"], items=answer["items"])
    if answer["agreements"]:
        columns = ("number", "signed_on", "valid", "parties", "signatories", "file", "items")
        headings = [f"operators.agreements.{column}" for column in columns]
        table(headings, [_row(agreement) for agreement in answer["agreements"]])
    if answer["without"]:
        say("operators.agreements.without", items=", ".join(answer["without"]))


@app.command(help="Thông tin các cơ quan sẵn sàng chia sẻ · What agencies offer to share")
def offers(
    category: Annotated[
        Category | None,
        typer.Option(help="Loại thông tin, mặc định là mọi loại · Category of information, or all"),
    ] = None,
    json: AsJson = False,
) -> None:
    """Of the items in force; an offer is open until a signed document commits to it."""
    answer = operator("catalogue").get("/v1/offers", category=category)
    if json:
        as_json(answer)
        return
    columns = ("item", "name", "category", "responsible", "form", "agreement")
    table([f"operators.offers.{column}" for column in columns], [_offer(one) for one in answer])


def _row(agreement: dict[str, Any]) -> list[object]:
    until = agreement["valid_to"] or ""
    unknown = in_line(texts("operators.agreements.unknown"))
    signatories = "\n".join(
        f"{one['name']}, {one['post']} ({one['party']})" for one in agreement["signatories"]
    )
    file = agreement["file"]
    state = "in_force" if agreement["in_force"] else "not_in_force"
    return [
        agreement["number"],
        agreement["signed_on"],
        f"{agreement['valid_from']} – {until}\n{in_line(texts(f'operators.agreements.{state}'))}",
        "\n".join(agreement["parties"]) or unknown,
        signatories or unknown,
        f"{file['name']}\n{file['sha256']}" if file else unknown,
        "\n".join(agreement["items"]),
    ]


def _offer(offer: dict[str, Any]) -> list[object]:
    return [
        offer["item"],
        Text(**offer["name"]),
        texts(f"operators.offers.of.{offer['category']}"),
        offer["responsible"],
        offer["form"],
        offer["agreement"] or texts("operators.offers.open"),
    ]
