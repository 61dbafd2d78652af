"""What can go wrong with an event, by what the runner does about it."""

from __future__ import annotations


class Permanent(Exception):
    """Trying again can't help: the event goes to its group's dead letters, the stream goes on."""


class Malformed(Permanent):
    """The bytes are no event of their topic."""


class Oversized(Permanent):
    """The event does not fit into a record of its topic: nothing is written of what led to it."""


class IdentityConflict(Permanent):
    """A known event id came with other bytes: an alarm, never a duplicate."""


class Poison(Permanent):
    """The event ended the process each time that it was handled alone."""


class NotReplayable(Permanent):
    """What stands among the replays names no dead letter, or one that is not what its source has: an alarm.

    It is passed over and never buried: buried with the origin that it claims, it could be sent back as that.
    """


class Unavailable(Exception):
    """Something that may come back is away, or refuses for the moment: a folder, a disk. Trying again can help."""


class Newer(Unavailable):
    """A newer release wrote the event, by a schema that this one lacks, or changed the tables so that this one does not
    fit them any more: it waits for this program's upgrade.
    """
