"""What must be true of every history, when all is done."""

from __future__ import annotations

import json
from collections import Counter, defaultdict
from collections.abc import Iterator

from tests.simulation.toy import DEAD, FEED, OUTPUT, id_of
from tests.simulation.world import World


def faults(world: World) -> Iterator[str]:
    """What is wrong with a history, a line each."""
    effects = world.database.effects
    done = Counter(one["event"] for one in effects)
    expected = {str(event.id): event for event in world.sent}
    plain = [id_ for id_, event in expected.items() if event.data.what == "plain"]
    yield from (f"{id_} was said to be published" for id_ in world.false_answers)
    yield from (f"{id_} took effect {done[id_]} times" for id_ in plain if done[id_] != 1)
    yield from (f"{id_} took effect, and should not" for id_ in set(done) - set(plain))
    if not world.plan.lost_tails:
        yield from _order(world)  # what is sent again stands behind others of its key
    yield from _outputs(world)
    buried = {id_of(one.message) for one in world.records(DEAD)}
    yield from (f"{id_} was buried, and is good" for id_ in buried & set(plain))
    yield from (f"{id_} is bad, and was not buried" for id_ in set(expected) - set(plain) - buried)
    if world.plan.kind == "object":
        yield from _feed(world)


def _order(world: World) -> Iterator[str]:
    """Events of one key take effect in the order in which they were sent."""
    numbers: dict[str, list[int]] = defaultdict(list)
    for one in world.database.effects:
        numbers[one["submission_id"]].append(one["number"])
    for key, found in numbers.items():
        if found != sorted(found):
            yield f"{key}: effects in the order {found}"


def _outputs(world: World) -> Iterator[str]:
    """What is stored is published, the same bytes each time, and nothing else is."""
    stored = {id_of(m): m.value for messages in world.database.outputs.values() for m in messages}
    published: dict[str, set[bytes]] = defaultdict(set)
    for record in world.records(OUTPUT):
        published[id_of(record.message)].add(record.message.value)
    yield from (f"output {id_} was never published" for id_ in stored.keys() - published.keys())
    yield from (f"output {id_} is stored nowhere" for id_ in published.keys() - stored.keys())
    yield from (
        f"output {id_} has {len(values)} contents"
        for id_, values in published.items()
        if len(values) > 1
    )


def _feed(world: World) -> Iterator[str]:
    """The last record of each key of the feed is what the store has."""
    revisions = Counter(one["submission_id"] for one in world.database.effects)
    last = {}
    for record in world.records(FEED):
        last[record.message.key.decode()] = json.loads(record.message.value)["revision"]
    for key, revision in revisions.items():
        if last.get(key) != revision:
            yield f"{key}: the feed has revision {last.get(key)}, the store {revision}"
