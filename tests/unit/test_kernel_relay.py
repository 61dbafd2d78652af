"""Which rows of an outbox are sent again, after the broker took some of them."""

from __future__ import annotations

from aiokafka.errors import KafkaConnectionError
from hypothesis import given
from hypothesis import strategies as st

from services.kernel.publisher import Delivery
from services.kernel.relay import delivered
from services.kernel.wire import Message

AWAY = KafkaConnectionError("away")
OUTCOME = st.tuples(st.sampled_from("ab"), st.integers(0, 1), st.booleans())


@given(st.lists(OUTCOME))
def test_what_is_not_sent_again_is_there_with_all_before_it_in_its_partition(
    outcomes: list[tuple[str, int, bool]],
) -> None:
    rows = [(n, Message(topic, b"", b"", ())) for n, (topic, _, _) in enumerate(outcomes)]
    deliveries = [Delivery(partition, None if there else AWAY) for _, partition, there in outcomes]
    done = set(delivered(rows, deliveries))
    for n, (topic, partition, _) in enumerate(outcomes):
        of_its_partition = [
            there for one, two, there in outcomes[: n + 1] if (one, two) == (topic, partition)
        ]
        assert (n in done) == all(of_its_partition)
