"""A recording played back: messages at their original times, or as fast as their consumer takes them."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any

from dexsim2real_description import DexSim2RealError, UnknownNameError
from dexsim2real_description.bags import Bag, BagTopic

Message = tuple[str, int, bytes]
"""Topic, receive time [ns], serialised message."""


def feed(bag: Path, callbacks: Mapping[str, Callable[[Any], None]], rate: float = 0.0) -> int:
    """Give every message of these topics, decoded, to its callback, in order; returns how many there were.

    Nothing is lost on the way, whatever the rate: 1 is the original timing, 0 as fast as the callbacks return.
    Raises UnknownNameError for a topic that the bag does not have.
    """
    count = 0
    with Bag(bag) as opened:
        for topic, _, data in paced(opened.messages(list(callbacks)), rate):
            callbacks[topic](opened.decode(topic, data))
            count += 1
    return count


def check_rate(rate: float) -> None:
    """Raise DexSim2RealError unless `rate` is 0 or a positive finite number."""
    if not 0.0 <= rate < float("inf"):
        raise DexSim2RealError(
            f"rate is {rate}; expected 1 for the original timing, 2 for twice as fast, 0 for no wait"
        )


def paced(
    messages: Iterable[Message],
    rate: float,
    sleep: Callable[[float], None] = time.sleep,
    clock: Callable[[], float] = time.monotonic,
) -> Iterator[Message]:
    """The same messages, each when it is due: the first one at once, the others after their original intervals.

    Intervals are divided by `rate`; 0 does not wait. A late message does not delay those after it.
    """
    check_rate(rate)
    started = first = None
    for message in messages:
        if rate:
            if started is None or first is None:
                started, first = clock(), message[1]
            wait = started + (message[1] - first) * 1e-9 / rate - clock()
            if wait > 0:
                sleep(wait)
        yield message


def choose(bag: Bag, topics: Iterable[str] | None) -> dict[str, BagTopic]:
    """What the bag says about these topics, or about all of them if None.

    Raises UnknownNameError for one that it does not have.
    """
    available = bag.topics
    chosen = list(available) if topics is None else list(topics)
    for name in chosen:
        if name not in available:
            raise UnknownNameError(f"topic of {bag.path}", name, available)
    return {name: available[name] for name in chosen}
