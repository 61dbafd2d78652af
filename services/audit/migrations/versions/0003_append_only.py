from alembic import op

revision = "0003"
takes_away = True
down_revision = "0002"

ERASE = """
grant usage on schema audit to solieu_erasure;
grant select, update (salt) on audit.leaves to solieu_erasure;
grant select, update (value) on audit.contents to solieu_erasure;
create function audit.erase(submission text, attempt int) returns int
language plpgsql security definer set search_path = pg_catalog as $$
declare erased int;
begin
    if not exists (
        select from audit.leaves l join audit.contents c using (index)
        where l.topic = 'erasure.done' and l.submission = erase.submission and c.attempt = erase.attempt
    ) then
        raise exception 'the log holds no erasure of this attempt';
    end if;
    update audit.leaves l set salt = null from audit.contents c
    where c.index = l.index and l.submission = erase.submission and c.attempt = erase.attempt
        and l.topic <> 'erasure.done';
    update audit.contents c set value = null from audit.leaves l
    where c.index = l.index and l.submission = erase.submission and c.attempt = erase.attempt
        and l.topic <> 'erasure.done';
    get diagnostics erased = row_count;
    return erased;
end $$;
alter function audit.erase(text, int) owner to solieu_erasure;
revoke all on function audit.erase(text, int) from public;
grant execute on function audit.erase(text, int) to audit;
"""
"""What an erasure takes from the log: salts and bytes of an attempt's events, never a leaf; and only after the log
holds the event that says so. Nobody logs in as the function's role.
"""


def upgrade() -> None:
    op.drop_table("head", schema="audit")
    op.execute(ERASE)
