"""`solieu migrate`, `topics`, `schemas`: what an installation stands on."""

from __future__ import annotations

from dataclasses import asdict
from typing import TYPE_CHECKING

import typer

from services.terminal.show import AsJson, Exit, as_json, say, table

if TYPE_CHECKING:
    from kafka.admin import KafkaAdminClient

    from services.kernel.administration import Applied
    from services.kernel.released_schemas import LockedSchema

BOOTSTRAP_MS = 10_000

app = typer.Typer()
topics = typer.Typer(no_args_is_help=True, help="Chủ đề Kafka · Kafka's topics")
schemas = typer.Typer(no_args_is_help=True, help="Lược đồ sự kiện · Schemas of the events")
app.add_typer(topics, name="topics")
app.add_typer(schemas, name="schemas")


@app.command(help="Tạo hoặc nâng cấp cơ sở dữ liệu · Make or update the database")
def migrate(json: AsJson = False) -> None:
    """Roles, schemas, tables of every service; safe to run again. Exit code 1 where they must not be changed now."""
    from services.kernel import migration
    from services.kernel.settings import settings

    config = settings()
    passwords = {
        service: password.get_secret_value()
        for service, password in config.database_passwords.items()
    }
    try:
        names = migration.migrate(config.admin_database_url, passwords)
    except migration.Refused as refused:
        say(f"operators.migrate.{refused.why}", error=True, reason=str(refused))
        raise typer.Exit(Exit.DIFFERS) from None
    if json:
        as_json({"services": names})
    else:
        say("operators.migrated", services=", ".join(names))


@topics.command(
    "list",
    help="Những gì khai báo, và chỗ máy chủ Kafka khác đi · What is declared, and where Kafka differs",
)
def list_topics(json: AsJson = False) -> None:
    """Exit code 1 where the broker differs from topics.yaml."""
    from services.kernel.administration import differences
    from services.kernel.topics import load

    declared = load()
    with _Admin() as admin:
        found = differences(admin, declared.values())
    if json:
        as_json(
            {
                "topics": [asdict(topic) for topic in declared.values()],
                "differences": [asdict(difference) for difference in found],
            }
        )
    else:
        table(
            [f"operators.topic.{name}" for name in TOPIC_COLUMNS],
            [
                [t.name, t.owner, t.partitions, _life(t.retention_days), t.audit]
                for t in declared.values()
            ],
        )
        _show_differences([[d.topic, d.what, d.declared, d.found] for d in found])
    if found:
        raise typer.Exit(Exit.DIFFERS)


TOPIC_COLUMNS = ("name", "owner", "partitions", "life", "audit")


def _life(days: int | None) -> str:
    return "∞" if days is None else str(days)


def _show_differences(rows: list[list[str]]) -> None:
    if not rows:
        say("operators.topics.same")
        return
    say("operators.topics.differ", count=len(rows))
    table([f"operators.difference.{name}" for name in ("topic", "what", "declared", "found")], rows)


@topics.command(
    help="Tạo các chủ đề còn thiếu và quyền ghi, đọc · Create missing topics, and who writes and reads them"
)
def apply(json: AsJson = False) -> None:
    """Settings of existing topics change, and partitions are added once all that read them have read to the end.

    Exit code 1 where a number of partitions is declared that the topic can't have.
    """
    from services.kernel import access, administration
    from services.kernel.topics import load

    topics = load().values()
    with _Admin() as admin:
        applied = administration.apply(admin, topics)
        allowed, revoked = access.apply(admin, topics)
    if json:
        as_json({**asdict(applied), "allowed": len(allowed), "revoked": len(revoked)})
    else:
        _show_applied(applied)
        if allowed or revoked:
            say("operators.topics.access", allowed=len(allowed), revoked=len(revoked))
    if not all(refusal.passes for refusal in applied.refused):
        raise typer.Exit(Exit.DIFFERS)


def _show_applied(applied: Applied) -> None:
    for what in ("created", "changed", "grown"):
        if names := getattr(applied, what):
            say(f"operators.topics.{what}", count=len(names), topics=", ".join(names))
    if not applied.created:
        say("operators.topics.complete")
    for refusal in applied.refused:
        names = {"topic": refusal.topic, "declared": refusal.declared, "found": refusal.found}
        lags = ", ".join(f"{lag.group}/{lag.partition}: {lag.records}" for lag in refusal.behind)
        say(f"operators.partitions.{refusal.why}", error=True, **names, lags=lags)


class _Admin:
    """Kafka's administration for the time of a command."""

    def __enter__(self) -> KafkaAdminClient:
        from kafka.admin import KafkaAdminClient

        from services.kernel.settings import settings

        self._admin = KafkaAdminClient(
            **settings().kafka.options(),
            client_id="solieu",
            bootstrap_timeout_ms=BOOTSTRAP_MS,
        )
        return self._admin

    def __exit__(self, *_: object) -> None:
        self._admin.close()


@schemas.command(help="Khóa mã số của lược đồ mới · Give each new schema its id, for ever")
def lock(json: AsJson = False) -> None:
    """Makes the schema files from the classes of services/events, and adds what changed to schemas/ids.json; the
    contract tests say if it may differ.
    """
    from services.events import registry
    from services.kernel.released_schemas import lock as lock_schemas

    written = registry.write()
    if written and not json:
        say("operators.schemas.written", files=", ".join(map(str, written)))
    _show_added(lock_schemas(), "locked", "unchanged", json)


@schemas.command(help="Đưa lược đồ vào sổ đăng ký khác · Put the schemas into another registry")
def register(json: AsJson = False) -> None:
    """Into the one that SOLIEU_SCHEMA_REGISTRY_URL names, under the locked ids; safe to run again.

    Exit code 4 where it refuses, or has another schema in a place.
    """
    from services.kernel.released_schemas import locked
    from services.kernel.settings import settings
    from services.operators import registry

    if not (url := settings().schema_registry_url):
        say("operators.schemas.no-registry", error=True)
        raise typer.Exit(Exit.WRONG_USAGE)
    try:
        added = registry.register(url, locked())
    except registry.NotRegistered as error:
        names = {"subject": error.subject, "reason": error.reason}
        say("operators.schemas.not-registered", error=True, **names)
        raise typer.Exit(Exit.NOT_FOUND) from None
    _show_added(added, "registered", "there", json)


def _show_added(added: list[LockedSchema], some: str, none: str, json: bool) -> None:
    if json:
        as_json(
            {"added": [{"id": e.id, "subject": e.subject, "version": e.version} for e in added]}
        )
    elif added:
        listed = ", ".join(f"{entry.subject} {entry.version} (id {entry.id})" for entry in added)
        say(f"operators.schemas.{some}", count=len(added), schemas=listed)
    else:
        say(f"operators.schemas.{none}")
