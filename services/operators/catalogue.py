"""`solieu catalogue`: signed documents, offers to share, and packs of entries: checked, compared, exported."""

from __future__ import annotations

from collections import Counter
from pathlib import Path
from typing import Annotated, Any

import typer

from services.model.item import Category
from services.model.messages import texts
from services.model.observation import Measure
from services.model.period import Frequency
from services.model.starter_pack import Entry
from services.model.system_errors import with_file
from services.model.text import Text
from services.terminal.client import administrator, operator
from services.terminal.show import AsJson, Exit, as_json, in_line, say, table
from services.terminal.usage import wrong

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


@app.command(help="Chỉ tiêu nào do ai cung cấp · Which indicator is supplied by whom")
def indicators(
    lacking: Annotated[
        bool,
        typer.Option("--lacking", help="Chỉ tiêu chưa ai cung cấp · Those that nobody supplies"),
    ] = False,
    json: AsJson = False,
) -> None:
    """Of the indicator systems, by the items in force, with the decision that assigns it and its source."""
    answer = operator("catalogue").get("/v1/indicators", lacking=lacking)
    if json:
        as_json(answer)
        return
    columns = ("code", "indicator", "responsible", "form", "source", "assigned")
    table([f"operators.supply.{column}" for column in columns], [_indicator(one) for one in answer])


@app.command(help="Đơn vị báo cáo và biểu mẫu · Reporting units with their forms")
def units(json: AsJson = False) -> None:
    """By the items in force."""
    answer = operator("catalogue").get("/v1/reporting-units")
    if json:
        as_json(answer)
        return
    rows = [(one["id"], Text(**one["name"]), ", ".join(one["forms"])) for one in answer]
    table([f"operators.supply.{column}" for column in ("unit", "name", "forms")], rows)


Folder = Annotated[
    Path, typer.Argument(help="schemas/ hoặc thư mục cùng cấu trúc · schemas/, or a folder like it")
]


@app.command(help="Soạn biểu của một chỉ tiêu · Draft the form of one indicator")
def draft(
    indicator: Annotated[str, typer.Argument(help="Như dp/T0103 · E.g. dp/T0103")],
    unit: Annotated[
        str, typer.Option(help="Mã và tên đơn vị tính, như HOUSEHOLDS=hộ · Its code and name")
    ],
    kind: Annotated[
        list[str], typer.Option(help="Loại cơ quan cung cấp · Kind of agency that supplies it")
    ],
    measure: Annotated[
        Measure, typer.Option(help="Kỳ, thời điểm, tỷ lệ, chỉ số · What kind of quantity")
    ] = Measure.FLOW,
    frequency: Annotated[Frequency, typer.Option(help="Tần suất · How often")] = Frequency.YEAR,
    area_list: Annotated[str, typer.Option(help="Danh mục khu vực · List of the area")] = "34",
) -> None:
    """The form as YAML, one row for the whole area, to be put into a pack. Exit codes: 0, 2 wrong usage."""
    import yaml

    from services.model.codelist import load_codelists
    from services.model.indicator_form import Wanted, indicator_form
    from services.model.table import Unit

    list_, _, code = indicator.partition("/")
    lists = load_codelists()
    if list_ not in lists or code not in lists[list_]:
        raise wrong("INDICATOR", "indicator", list="dp")
    code_of_unit, equals, label = unit.partition("=")
    if not (equals and code_of_unit and label):
        raise wrong("--unit", "unit")
    wanted = Wanted(Unit(code_of_unit, 0, (label,)), measure, frequency, tuple(kind), area_list)
    body = indicator_form(lists[list_], code, wanted)
    typer.echo(yaml.safe_dump(body, allow_unicode=True, sort_keys=False, width=120), nl=False)


@app.command(help="Kiểm tra một gói, không cần mạng · Check a pack, without a network")
def check(folder: Folder, json: AsJson = False) -> None:
    """Whether it can be loaded. Exit codes: 0 it can, 1 it is wrong in itself."""
    pack = _pack(folder)
    counts = Counter(entry.kind for entry in pack)
    if json:
        as_json(counts)
    else:
        say("operators.packs.good", folder=folder, count=len(pack))


@app.command(help="So một gói với danh mục · Compare a pack with the catalogue")
def diff(folder: Folder, json: AsJson = False) -> None:
    """What loading it would change, and what the catalogue has besides. Exit codes: 0 nothing, 1 something."""
    from services.operators import packs

    found = packs.differences(_pack(folder), packs.fetched(administrator("catalogue")))
    if json:
        as_json([vars(one) for one in found])
    elif found:
        headings = [f"operators.packs.{name}" for name in ("kind", "id", "change", "fields")]
        rows = [
            (one.kind, one.id, texts(f"operators.packs.is.{one.change}"), ", ".join(one.fields))
            for one in found
        ]
        table(headings, rows)
    else:
        say("operators.packs.same", folder=folder)
    if found:
        raise typer.Exit(Exit.DIFFERS)


@app.command(help="Xuất danh mục thành một gói · Write the catalogue as a pack")
def export(
    folder: Annotated[Path, typer.Argument(help="Thư mục mới · A new folder")],
) -> None:
    """Each entry in its newest version; what it writes loads as it is."""
    from services.operators import packs

    try:
        files = packs.write(folder, packs.fetched(administrator("catalogue")))
    except FileExistsError:
        say("operators.packs.there_already", error=True, folder=folder)
        raise typer.Exit(Exit.WRONG_USAGE) from None
    say("operators.packs.written", folder=folder, files=files)


def _pack(folder: Path) -> list[Entry]:
    """The pack of a folder; ends the command, and says why, where it is wrong in itself."""
    from services.model.starter_pack import starter_pack
    from services.model.text import ModelError

    try:
        return starter_pack(folder)
    except (ModelError, OSError, KeyError, ValueError, TypeError, AttributeError) as error:
        match error:
            case ModelError():
                why: object = error.text
            case OSError():
                why = with_file(error)
            case _:
                why = error
        say("operators.packs.wrong", error=True, folder=folder, why=why)
        raise typer.Exit(Exit.DIFFERS) from None


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


def _indicator(one: dict[str, Any]) -> list[object]:
    source, assigned = one["source"], one["assigned"]
    return [
        f"{one['list']}/{one['code']}",
        Text(**one["name"]),
        one["responsible"] or texts("operators.supply.nobody"),
        one["form"] or "",
        texts(f"operators.supply.from.{source}") if source else "",
        f"{assigned['number']}, {assigned['issued_on']}" if assigned else "",
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
