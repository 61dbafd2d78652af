"""`solieu check` and `solieu template`: what an agency runs before it sends; no network is needed."""

from __future__ import annotations

import math
import os
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import replace
from enum import IntEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from services.model.enumerations import Completeness
from services.model.messages import texts
from services.model.statement import MAX_BYTES, MEGABYTE, NilKind
from services.model.system_errors import reason
from services.model.text import SCHEMAS, Language, Text
from services.terminal.show import AsJson, as_json, first_language, only_language
from services.terminal.usage import Wrong

if TYPE_CHECKING:
    from services.kernel.refused import Refused
    from services.model.form import Form
    from services.validation.checking.current import Office
    from services.validation.checking.examination import Examined
    from services.validation.checking.pack import Pack

app = typer.Typer()

Area = Annotated[str, typer.Option(help="Mã khu vực, như 11 · Area code, e.g. 11")]
AreaList = Annotated[
    str | None,
    typer.Option(help="Danh mục khu vực, mặc định theo biểu · List of the area, or the form's"),
]
Period = Annotated[str, typer.Option(help="Kỳ, như 2026-Q3 · Period, e.g. 2026-Q3")]
Forms = Annotated[
    Path,
    typer.Option(
        file_okay=False,
        show_default=False,
        help="Thư mục biểu mẫu, mặc định của phần mềm · Folder of forms, or the product's",
    ),
]


class Exit(IntEnum):
    """Exit codes besides 0; 2 is wrong usage, as everywhere."""

    RETURNED = 1


def _output(text: str) -> Any:
    return typer.Option(dir_okay=False, help=text)


OfForm = Annotated[str, typer.Option(help="Mã biểu, như cv17809-1 · Form, e.g. cv17809-1")]
HowComplete = Annotated[
    Completeness | None,
    typer.Option(
        help="Mức độ hoàn chỉnh, mặc định theo tiêu đề · Completeness, or as the headings print"
    ),
]
Nil = Annotated[
    NilKind | None,
    typer.Option(
        help="Vì sao biểu để trống: không phát sinh, không thu thập · Blank: none occurred, or none was collected"
    ),
]
Sections = Annotated[
    list[str] | None,
    typer.Option(help="Chỉ phần này của biểu, như A; nhiều lần được · This section alone, e.g. A"),
]
Key = Annotated[
    Path | None,
    typer.Option(
        envvar="SOLIEU_KEY",
        help="Tệp khóa, để lấy biểu hiện hành · Key file, to fetch the form in force",
    ),
]
Url = Annotated[
    str | None,
    typer.Option(
        envvar="SOLIEU_CATALOGUE_URL",
        help="Địa chỉ danh mục của cơ quan thống kê · Catalogue of the office",
    ),
]
Offline = Annotated[
    bool, typer.Option("--offline", help="Không hỏi cơ quan thống kê · Don't ask the office")
]
ReportAsJson = Annotated[
    bool, typer.Option("--json", help="In báo cáo dạng JSON · The report as JSON")
]
MarkedFile = Annotated[
    Path | None, _output("Ghi bảng tính có đánh dấu · Write the marked workbook")
]
PageFile = Annotated[
    Path | None, _output("Ghi báo cáo thành trang để đọc · Write the report as a page")
]
EssFile = Annotated[
    Path | None, _output("Ghi báo cáo cấu trúc ESS (JSON) · Write the ESS report (JSON)")
]


@app.command(help="Kiểm tra một bảng tính trước khi gửi · Check a workbook before sending")
def check(
    context: typer.Context,
    file: Annotated[Path, typer.Argument(help="Bảng tính · The workbook")],
    form: OfForm,
    area: Area,
    period: Period,
    completeness: HowComplete = None,
    area_list: AreaList = None,
    nil: Nil = None,
    section: Sections = None,
    forms: Forms = SCHEMAS,
    key: Key = None,
    url: Url = None,
    offline: Offline = False,
    json: ReportAsJson = False,
    marked: MarkedFile = None,
    html: PageFile = None,
    ess: EssFile = None,
) -> None:
    """Finds what the office would find. Exit codes: 0 valid, 1 it would be returned, 2 wrong usage.

    With a key and an address it goes by the form and the code lists that the office has now, where it can be reached;
    else by those of the program, or of `--forms`. It says which.
    """
    from services.validation.checking import apart
    from services.validation.checking.pack import load_pack
    from services.validation.telling import show

    with _usage():
        _refuse(file, marked, html, ess)
        content = _read(file)
        asks = _asks(key, url) if not offline and forms == SCHEMAS else None
        pack = _pack(load_pack(forms), form, forms, asks, context.obj)
        of = pack.form(form)
        stated = pack.statement(of, area, period, completeness or Completeness.OFFICIAL, area_list)
        sections = pack.sections(of, section or ())
        statement = replace(stated, nil=nil, sections=sections)
        examined = apart.examined(
            of,
            content,
            statement,
            pack.codelists,
            as_printed=completeness is None,
            supply=pack.supply,
            language=first_language(),
        )
        _write_all(of, examined, file, marked, html, ess)
    # Last, so that a reader who stops early costs no file.
    report = examined.checked.report
    if json:
        typer.echo(report.to_json())
    else:
        show.report(report, of, examined.statement, file.name)
    if report.verdict == "returned":
        raise typer.Exit(Exit.RETURNED)


def _write_all(
    form: Form,
    examined: Examined,
    file: Path,
    marked: Path | None,
    html: Path | None,
    ess: Path | None,
) -> None:
    """The files that were asked for."""
    report = examined.checked.report
    if marked:
        _write_marked(marked, examined)
    if html:
        from services.validation.telling.report.page import page

        _write(html, page(form, examined.statement, report, file.name, only_language()))
    if ess:
        from services.kernel.clock import utc_now
        from services.validation.telling.report.ess import entries, to_json

        _write(ess, to_json(entries(form, examined.statement, report, utc_now())))


@app.command(help="Tạo biểu mẫu trắng để điền · Write a blank form to be filled in")
def template(
    form: Annotated[str, typer.Argument(help="Mã biểu, như cv17809-1 · Form, e.g. cv17809-1")],
    period: Period,
    output: Annotated[
        Path, typer.Option("-o", "--output", dir_okay=False, help="Tệp sẽ ghi · The file to write")
    ],
    area: Annotated[str | None, typer.Option(help="Mã khu vực · Area code")] = None,
    area_list: AreaList = None,
    completeness: Annotated[
        Completeness | None, typer.Option(help="Mức độ hoàn chỉnh · Completeness")
    ] = None,
    lang: Annotated[
        Language | None, typer.Option(help="Ngôn ngữ hướng dẫn · Language of the guidance")
    ] = None,
    forms: Forms = SCHEMAS,
) -> None:
    """Headings and rows are Vietnamese in any language, as they are read by them. Exit codes: 0, 2 wrong usage."""
    from services.validation.checking.pack import Unusable, load_pack, parse_period
    from services.validation.telling.template import Wanted
    from services.validation.telling.template import template as blank

    with _usage():
        if output.suffix.lower() != ".xlsx":
            raise Unusable("--output", "not_template", file=output)
        if os.path.lexists(output):  # Path.exists raises OSError for a name that is too long
            # Somebody may have filled it in.
            raise Unusable("--output", "there_already", file=output)
        pack = load_pack(forms)
        of, when = pack.form(form), parse_period(period)
        if when.frequency not in of.frequencies:
            values = {"period": period, "frequencies": ", ".join(of.frequencies)}
            raise Unusable("--period", "unsuitable_period", form=form, **values)
        where = None
        if area is not None:
            named, code = pack.area(of, area, area_list)
            where = (named, area, code.name.vi)
        _write(
            output,
            blank(of, Wanted(when, where, completeness, lang or first_language()), pack.codelists),
        )


@app.command(help="Mọi mã phát hiện và ý nghĩa · All codes of findings and what they mean")
def codes(
    json: AsJson = False,
) -> None:
    """A code never changes its meaning."""
    from services.validation.codes import codes as listed
    from services.validation.telling import show

    if json:
        as_json([codelist.to_dict() for codelist in listed().values()])
    else:
        show.codes(listed().values())


def _asks(key: Path | None, url: str | None) -> tuple[str, Path] | None:
    """The office's address and the key to ask it with; None, and said so, where one of them lacks.

    Raises Unusable for a key that isn't there.
    """
    from services.validation.checking.pack import Unusable
    from services.validation.telling import show

    if key is not None and not key.is_file():
        raise Unusable("--key", "no_key", file=key)
    if (key is None) != (url is None):
        show.say("check.not_asked", error=True, what="--key" if key is None else "--url")
    return None if key is None or url is None else (url, key)


Opens = Callable[[str, Path], AbstractContextManager["Office"]]
"""Opens an office's catalogue by address and key, as services.cli knows how to; raises ValueError for a bad key."""


def _pack(
    pack: Pack, form: str, folder: Path, asks: tuple[str, Path] | None, opens: Opens | None
) -> Pack:
    """The pack to check by, with the form as the office has it where that is asked and answers; says which it is."""
    from services.kernel.refused import Refused
    from services.model.product import PRODUCT
    from services.validation.checking.current import current
    from services.validation.telling import show

    if asks and opens:
        url, _ = asks
        try:
            with opens(*asks) as office:
                found = current(pack, form, office)
        except Refused as refused:
            show.say("check.not_had", error=True, url=url, reason=_title(refused))
        except (OSError, ValueError, LookupError, TypeError) as error:
            show.say("check.not_had", error=True, url=url, reason=reason(error))
        else:
            of = found.form(form)
            show.say("check.current", error=True, form=form, version=of.version, url=url)
            return found
    where = PRODUCT if folder == SCHEMAS else folder
    of = pack.form(form)
    show.say("check.shipped", error=True, form=form, version=of.version, where=where)
    if of.sections:
        names = ", ".join(section.id for section in of.sections)
        show.say("check.sections", error=True, sections=names)
    return pack


def _title(refused: Refused) -> Text:
    """What the office says, or the status of what is no office."""
    other = str(refused.problem.get("title") or f"HTTP {refused.status}")
    vi, en = (refused.texts(language)[0] or other for language in ("vi", "en"))
    return Text(vi, en)


def _refuse(file: Path, marked: Path | None, *others: Path | None) -> None:
    """Raises Unusable for an output that would overwrite the input, or is no .xlsx by its name."""
    from services.validation.checking.pack import Unusable

    for path in (marked, *others):
        if path is not None and path.resolve() == file.resolve():
            raise Unusable("FILE", "itself", file=path)
    if marked is not None and marked.suffix.lower() not in (".xlsx", ".xlsm"):
        raise Unusable("--marked", "not_xlsx", file=marked)


def _read(file: Path) -> bytes:
    from services.validation.checking.pack import Unusable

    try:
        if (size := file.stat().st_size) > MAX_BYTES:
            values = {"size": math.ceil(size / MEGABYTE), "limit": MAX_BYTES // MEGABYTE}
            raise Unusable("FILE", "too_large", file=file, **values)
        return file.read_bytes()
    except OSError as error:
        raise Unusable("FILE", "unreadable", file=file, reason=reason(error)) from None


def _write_marked(file: Path, examined: Examined) -> None:
    from services.validation.telling import show

    if examined.marked:
        _write(file, examined.marked.content)
    else:
        show.say("check.nothing_marked", error=True, file=file)


def _write(file: Path, content: bytes) -> None:
    from services.validation.checking.pack import Unusable
    from services.validation.telling import show

    try:
        file.write_bytes(content)
    except OSError as error:
        raise Unusable("FILE", "unwritable", file=file, reason=reason(error)) from None
    show.written(file)


@contextmanager
def _usage() -> Iterator[None]:
    """What can't be used ends the command as wrong usage."""
    from services.validation.checking.pack import Unusable

    try:
        yield
    except Unusable as error:
        raise Wrong(texts("usage.wrong", what=error.option, wanted=error.text)) from None
