"""Secrets of web hooks are wrapped by the master key; those that are here are wrapped now."""

from base64 import b64decode

import sqlalchemy as sa
from alembic import op

from services.kernel.masterkey import MasterKey
from services.kernel.settings import Settings

revision = "0002"
takes_away = True
down_revision = "0001"

TABLE = sa.table(
    "webhooks",
    *(sa.column(name) for name in ("organisation", "secret", "previous", "changed_at")),
    schema="notification",
)


def upgrade() -> None:
    rows = op.get_bind().execute(sa.select(TABLE)).mappings().all()
    op.execute("delete from notification.webhooks")
    for name, nullable in (("secret", False), ("previous", True)):
        op.drop_column("webhooks", name, schema="notification")
        column = sa.Column(name, sa.LargeBinary, nullable=nullable)
        op.add_column("webhooks", column, schema="notification")
    if not rows:
        return
    master = MasterKey.of(Settings().master_key.get_secret_value())
    wrapped = [
        {**row, **{name: _wrapped(row[name], master) for name in ("secret", "previous")}}
        for row in rows
    ]
    op.get_bind().execute(TABLE.insert(), wrapped)


def _wrapped(secret: str | None, master: MasterKey) -> bytes | None:
    return master.wrap(b64decode(secret.removeprefix("whsec_"))) if secret else None
