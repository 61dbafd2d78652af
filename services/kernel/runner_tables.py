"""The tables that the runner keeps in each service's schema, and how older ones are brought up to date."""

from __future__ import annotations

from collections.abc import Mapping

RUNNER: Mapping[str, bool] = {"runner 2": True}
"""The changes of the tables below, each with whether it took something away (changes.py)."""
RUNNER_TABLES = """
create table inbox (
    event_id uuid primary key,
    digest bytea not null,
    handled_at timestamptz not null default now(),
    permanent boolean not null default true
);
create index inbox_handled_at on inbox (handled_at);
create table outputs (
    event_id uuid not null references inbox on delete cascade,
    index int not null,
    topic text not null,
    key bytea not null,
    value bytea not null,
    headers bytea not null,
    primary key (event_id, index)
);
create table partitions (
    topic text not null,
    partition int not null,
    next_offset bigint,
    fingerprint bytea not null default '',
    handled_at timestamptz,
    clean boolean not null default true,
    in_flight_until bigint,
    tried bytea,
    tried_since timestamptz,
    tried_well boolean not null default false,
    trial_at timestamptz,
    trials int not null default 0,
    primary key (topic, partition)
);
create table buried (
    topic text not null,
    partition int not null,
    fingerprint bytea not null,
    primary key (topic, partition, fingerprint)
);
create table outbox (
    sequence bigint generated always as identity primary key,
    topic text not null,
    key bytea not null,
    value bytea not null,
    headers bytea not null,
    created_at timestamptz not null default now(),
    published_at timestamptz
);
create index outbox_unpublished on outbox (sequence) where published_at is null;
create table upkeep (
    single boolean primary key default true check (single),
    wanted_at timestamptz,
    done_at timestamptz not null default now(),
    clean boolean not null default true,
    gaps jsonb not null default '{}'
);
insert into upkeep default values;
create table replica (
    kind text not null,
    id text not null,
    version int not null,
    catalogue_version bigint not null,
    body jsonb not null,
    valid_from timestamptz,
    valid_to timestamptz,
    primary key (kind, id, version)
);
create table replica_version (
    single boolean primary key default true check (single),
    catalogue_version bigint not null
);
insert into replica_version (catalogue_version) values (0);
"""
"""Every service's schema has these, whether it needs them all or not: one shape, one set of tools.

inbox: events that were handled, with the SHA-256 of their bytes; those of topics that are kept for ever are permanent.
outputs: what each led to, to be published again at a redelivery. partitions: how far each is, with the fingerprint of
the record before, and when a new event of it was last handled. buried: records that ended the process too often, not to
be tried again at a redelivery. outbox: what began outside Kafka, and dead letters. upkeep: when tables and topics were
compared last, when something may have made a difference since, and how many differ. replica: the catalogue's copy.
"""
RUNNER_CHANGES = """
do $$ begin
    if not exists (
        select from information_schema.columns
        where table_schema = current_schema() and table_name = 'inbox' and column_name = 'permanent'
    ) then
        alter table inbox add column permanent boolean not null default true;
        drop table buried;
        create table buried (
            topic text not null,
            partition int not null,
            fingerprint bytea not null,
            primary key (topic, partition, fingerprint)
        );
    end if;
end $$;
alter table partitions add column if not exists fingerprint bytea not null default '';
alter table partitions add column if not exists handled_at timestamptz;
alter table partitions add column if not exists tried_since timestamptz;
alter table partitions add column if not exists tried_well boolean not null default false;
alter table partitions add column if not exists tried bytea;
alter table partitions drop column if exists trial_offset;
create table if not exists upkeep (
    single boolean primary key default true check (single),
    wanted_at timestamptz,
    done_at timestamptz not null default now(),
    clean boolean not null default true,
    gaps jsonb not null default '{}'
);
insert into upkeep default values on conflict do nothing;
"""
"""Brings the tables of an installation that is older than these columns up to date; changes no newer one. Of rows that
are there already nobody knows how long their topic is kept: all are permanent. What was buried by its offset is tried
again, should it come again.
"""
