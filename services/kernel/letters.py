"""A group's own dead letters, read one by one as they are sent back to it."""

from __future__ import annotations

from collections.abc import Mapping

from services.kernel.brokerlog import BrokerLog
from services.kernel.dead import Content, Origin, contents, origin_of, referred
from services.kernel.errors import NotReplayable
from services.kernel.topics import Topic, dead


class Letters:
    """Takes dead letters, and the records that they were made of, from the broker."""

    def __init__(self, group: str, log: BrokerLog, inputs: Mapping[str, Topic]) -> None:
        self._group = group
        self._log = log
        self._inputs = inputs

    async def sent_back(self, record: Content) -> tuple[Origin, Content]:
        """The dead letter that a record of `<group>.replay` names: its origin, and what it was made of.

        Raises NotReplayable where it names none, or one that says other than its source, if the broker has that yet;
        and what `is_transient` knows while the broker is away.
        """
        offset = referred(record)
        found = await self._log.record(dead(self._group), 0, offset)
        if found is None:
            raise NotReplayable(f"{dead(self._group)} has no letter {offset}")
        letter = found.content
        origin = origin_of(letter)
        topic = self._inputs.get(origin.topic)
        if topic is None or not 0 <= origin.partition < topic.partitions:
            raise NotReplayable(f"{origin.topic}/{origin.partition} is no input of {self._group}")
        source = await self._log.record(origin.topic, origin.partition, origin.offset)
        key, value, headers = contents(letter)
        if source is not None and contents(source.content) != (key, value, headers):
            raise NotReplayable(f"letter {offset} is not what {origin.topic} has")
        # A letter has no null: what is empty was most likely that, and is no event either way.
        return origin, (key or None, value or None, headers)
