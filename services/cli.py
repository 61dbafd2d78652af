"""`solieu`: the one place that may import all services.

Commands import what is heavy when they run, so that `solieu --help` answers at once. Exit codes:
0 well; 1 a check failed, or the submission was returned; 2 wrong usage; 3 held; 4 refused, or not found;
5 unreachable, or the disk is full; 6 withheld; 130 interrupted; 141 nobody reads on.
"""

from __future__ import annotations

import os
import select
import sys
from errno import ENOSPC
from io import TextIOWrapper
from pathlib import Path
from typing import Annotated

import typer
from typer.exceptions import TyperException

from services.audit import commands as audit
from services.connector import commands as connector
from services.connector import due, explaining, own
from services.model.system_errors import reason
from services.model.text import Language
from services.operators import (
    catalogue,
    comparisons,
    dead,
    infrastructure,
    keys,
    people,
    policy,
    reconciliation,
    review,
    rules,
)
from services.terminal import usage
from services.terminal.client import administrator
from services.terminal.help import Root, translate
from services.terminal.show import AsJson, Exit, as_json, say, show_problem, speak, table
from services.validation import commands as validation
from services.validation.tables.commands import validate

app = typer.Typer(
    cls=Root,
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    help="Từ bảng tính của cơ quan đến đầu vào GRDP · From a spreadsheet to the inputs of GRDP",
)
# In the order of the help: a clerk's commands, an auditor's, those of who runs it.
validation.app.command(help="Kiểm tra một bảng bất kỳ theo quy tắc · Check any table by rules")(
    validate
)
app.add_typer(validation.app)
app.add_typer(connector.app)
app.add_typer(explaining.app)
app.add_typer(own.app)
app.add_typer(due.app)
app.add_typer(audit.app, name="audit")
app.add_typer(people.app, name="people")
app.add_typer(catalogue.app, name="catalogue")
app.add_typer(rules.app, name="rules")
app.add_typer(policy.app, name="policy")
app.add_typer(review.app, name="review")
app.add_typer(infrastructure.app)
app.add_typer(reconciliation.app)
app.add_typer(comparisons.app)
app.add_typer(dead.app, name="dead")
connector.keys.command(
    "register", help="Đăng ký khóa công khai của cơ quan · Register a sender's public key"
)(keys.register)
connector.keys.command("revoke", help="Hủy khóa của cơ quan, ngay · End a sender's key, now")(
    keys.revoke
)

AWAY = (
    ("builtins", "ConnectionError"),
    ("httpx2", "TransportError"),
    ("kafka.errors", "KafkaError"),
    ("psycopg", "OperationalError"),
    ("sqlalchemy.exc", "OperationalError"),
)
"""What an API, Kafka or a database raises that does not answer."""


def _version(wanted: bool) -> None:
    if wanted:
        from services.model.product import PRODUCT

        typer.echo(PRODUCT)
        raise typer.Exit


def _language(context: typer.Context, wanted: Language | None) -> Language | None:
    """Chosen before anything is said: help too."""
    speak(wanted)
    translate(context.command, wanted)
    return wanted


@app.callback()
def options(
    context: typer.Context,
    version: Annotated[
        bool,
        typer.Option("--version", callback=_version, is_eager=True, help="Phiên bản · The version"),
    ] = False,
    lang: Annotated[
        Language | None,
        typer.Option(
            envvar="SOLIEU_LANG",
            callback=_language,
            is_eager=True,
            help="Chỉ một ngôn ngữ · One language, in place of both",
        ),
    ] = None,
) -> None:
    """What stands before a command."""
    # `solieu check` asks the office by it: validation knows nothing of the connector.
    context.obj = own.office


@catalogue.app.command(
    help="Nạp gói khởi đầu qua API của danh mục · Load a starter pack through the API"
)
def load(
    folder: Annotated[
        Path,
        typer.Argument(help="schemas/ hoặc thư mục cùng cấu trúc · schemas/, or a folder like it"),
    ],
    json: AsJson = False,
) -> None:
    """Safe to run again: what is the same already stays as it is."""
    from services.catalogue import starter

    api = administrator("catalogue")
    try:
        loaded = starter.load(api.url, api.token, folder)
    except starter.NotLoaded as refused:
        show_problem(f"{refused.entry.kind}/{refused.entry.id}", refused.problem)
        raise typer.Exit(Exit.NOT_FOUND) from None
    changed = [entry for entry in loaded if entry.changed]
    if json:
        as_json([vars(entry) for entry in loaded])
        return
    if changed:
        headings = [f"operators.catalogue.{name}" for name in ("kind", "id", "version")]
        table(headings, [[entry.kind, entry.id, entry.version] for entry in changed])
    waiting = sum(entry.waits for entry in loaded)
    same = len(loaded) - len(changed) - waiting
    say("operators.catalogue.loaded", changed=len(changed), same=same)
    if waiting:
        say("operators.catalogue.waits", count=waiting)


def main() -> None:
    """Runs one command; that a broker, database or service is away is a sentence, no traceback.

    So is that it was called wrongly, and that the servers' packages are not installed: an agency's machine has no need
    of them.
    """
    if sys.stdout is None:  # it was closed
        sys.stdout = os.fdopen(os.open(os.devnull, os.O_WRONLY), "w", encoding="utf-8")
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, TextIOWrapper):
            # A terminal of another encoding shows what it can.
            stream.reconfigure(errors="replace")
    output = sys.stdout
    try:
        code = app(standalone_mode=False, prog_name="solieu")
        sys.stdout.flush()
        sys.exit(code)
    except TyperException as error:
        usage.show(error)
        sys.exit(Exit.WRONG_USAGE)
    except (typer.Abort, KeyboardInterrupt):
        sys.exit(Exit.INTERRUPTED)
    except SystemExit as ended:
        # typer puts another one in place of what nobody reads, rich ends by 1.
        if sys.stdout is not output or isinstance(ended.__context__, BrokenPipeError):
            sys.exit(Exit.NOT_READ)
        raise
    except ModuleNotFoundError as error:
        package = (error.name or "").partition(".")[0]
        if package in sys.modules:
            raise
        say("operators.not_installed", error=True, package=package)
        sys.exit(Exit.WRONG_USAGE)
    except Exception as error:
        if isinstance(error, BrokenPipeError) and not _is_read():
            _write_no_more()
            sys.exit(Exit.NOT_READ)
        if isinstance(error, OSError) and error.errno == ENOSPC:
            _write_no_more()
            say("operators.not_written", error=True)
            sys.exit(Exit.UNREACHABLE)
        if not _is_one(error, *AWAY):
            raise
        sys.exit(_told(error))


def _is_read() -> bool:
    """Whether somebody still reads the output: else the pipe that broke is a server's."""
    if not hasattr(select, "poll"):  # as on Windows: nobody can tell
        return True
    output = select.poll()
    try:
        output.register(sys.stdout.fileno(), 0)
    except OSError:  # it is no file
        return True
    return not any(event & select.POLLERR for _, event in output.poll(0))


def _write_no_more() -> None:
    """Else what is left to write is tried again, and told of, when the process ends."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


def _where(error: Exception) -> str:
    """What did not answer: the address of an API, or the database."""
    import httpx2

    if not isinstance(error, httpx2.TransportError):
        return "PostgreSQL (SOLIEU_DATABASE_URL)"
    try:
        return str(error.request.url)
    except RuntimeError:
        return "API"


def _told(error: Exception) -> Exit:
    """Says what is away, or whom Kafka refuses; the exit code."""
    said = reason(error)
    if not _is_one(error, ("kafka.errors", "KafkaError")):
        say("operators.unreachable", error=True, where=_where(error), reason=said)
        return Exit.UNREACHABLE
    import kafka.errors

    from services.kernel.settings import settings

    names = {"servers": settings().kafka.servers, "username": settings().kafka.username}
    if isinstance(error, kafka.errors.SecurityDisabledError):
        say("operators.kafka.open", error=True, **names)
        return Exit.DIFFERS
    if isinstance(error, kafka.errors.AuthorizationError):
        say("operators.kafka.refused", error=True, **names)
        return Exit.NOT_FOUND
    say("operators.kafka.away", error=True, **names, reason=said)
    return Exit.UNREACHABLE


def _is_one(error: Exception, *kinds: tuple[str, str]) -> bool:
    """Whether it is of one of these kinds, by module and name: what raised it is loaded, no other package need be."""
    loaded = (getattr(sys.modules[module], name) for module, name in kinds if module in sys.modules)
    return isinstance(error, tuple(loaded))


if __name__ == "__main__":
    main()
