"""Recording serialised messages to a bag: a bounded queue and one writing thread, without ROS."""

from __future__ import annotations

import json
import threading
import time
from collections import Counter, deque
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from dexsim2real_audit.bag_notes import DROPPED_NOTE, LOST_NOTE
from dexsim2real_audit.bag_writer import BagWriter, Storage, check_type
from dexsim2real_description import DexSim2RealError
from dexsim2real_description.bags import BagTopic


@dataclass(frozen=True)
class RecorderConfig:
    """How a recording is kept."""

    storage: Storage = "mcap"
    queue_bytes: int = 256 * 2**20
    """Memory for messages that the disk has not taken yet; at 60 MB/s it bridges 4 s."""
    flush_period_s: float = 0.5
    """A killed recorder loses at most what came in this time."""


@dataclass(frozen=True)
class RecorderStatus:
    """What a recorder has done so far."""

    messages: Mapping[str, int] = field(default_factory=dict)
    """Written, by topic."""
    dropped: Mapping[str, int] = field(default_factory=dict)
    """Lost because the queue was full or writing had failed, by topic."""
    lost: Mapping[str, int] = field(default_factory=dict)
    """Lost before they came here, by topic."""
    num_bytes: int = 0
    """Of the messages written."""
    queued_bytes: int = 0
    failure: str | None = None
    """Why writing ended."""

    @property
    def ok(self) -> bool:
        """Everything that was sent is kept."""
        return self.failure is None and not self.dropped and not self.lost

    @property
    def text(self) -> str:
        """The state in one line."""
        if self.failure is not None:
            return f"recording has failed: {self.failure}"
        if self.dropped:
            return f"dropped {sum(self.dropped.values())} messages: the disk is too slow"
        if self.lost:
            return f"{sum(self.lost.values())} messages were lost on the way: the machine is too busy"
        return "recording"


@dataclass(frozen=True)
class _Message:
    topic: str
    stamp_ns: int
    data: bytes


_Order = _Message | BagTopic | Path
"""What the writing thread is told: a message, a new topic, or where the next bag goes."""


class Recorder:
    """Writes one bag, or several one after the other, from any thread and without ever blocking it.

    Raises DexSim2RealError if the first bag cannot be begun. A later failure is in `status`, and what comes after
    it is counted as dropped.
    """

    def __init__(self, path: Path, config: RecorderConfig | None = None) -> None:
        self.config = config or RecorderConfig()
        self._orders: deque[_Order] = deque()
        self._wake = threading.Condition()
        self._closing = False
        self._queued = 0
        self._written: Counter[str] = Counter()
        self._dropped: Counter[str] = Counter()
        self._lost: Counter[str] = Counter()
        self._num_bytes = 0
        self._failure: str | None = None
        self._topics: dict[str, BagTopic] = {}
        self._begun = threading.Event()
        self._refusal: DexSim2RealError | None = None
        self._thread = threading.Thread(target=self._run, args=(path,), name="recorder", daemon=True)
        self._thread.start()
        self._begun.wait()
        if self._refusal is not None:
            raise self._refusal

    @property
    def status(self) -> RecorderStatus:
        """A copy of the counters."""
        with self._wake:
            return RecorderStatus(
                dict(self._written),
                dict(self._dropped),
                dict(self._lost),
                self._num_bytes,
                self._queued,
                self._failure,
            )

    def add_topic(self, topic: BagTopic) -> None:
        """Declare a topic before its first message; its count is ignored.

        Raises UnknownNameError for a message type whose definition is not known.
        """
        check_type(topic)
        self._order(topic)

    def put(self, topic: str, stamp_ns: int, data: bytes) -> bool:
        """Keep one serialised message of a declared topic, received at `stamp_ns`; False if it had to be dropped."""
        with self._wake:
            if self._failure is not None or self._queued + len(data) > self.config.queue_bytes:
                self._dropped[topic] += 1
                return False
            self._queued += len(data)
        self._order(_Message(topic, stamp_ns, data))
        return True

    def count_lost(self, topic: str, count: int) -> None:
        """Note that messages of a topic did not get here."""
        with self._wake:
            self._lost[topic] += count

    def next_bag(self, path: Path) -> None:
        """End the bag and begin another one with the same topics."""
        self._order(path)

    def close(self) -> RecorderStatus:
        """Write what is queued and end the bag; a second time does nothing."""
        with self._wake:
            self._closing = True
            self._wake.notify()
        self._thread.join()
        return self.status

    def _order(self, order: _Order) -> None:
        with self._wake:
            self._orders.append(order)
            self._wake.notify()

    def _run(self, path: Path) -> None:
        """The writing thread: opens, writes and closes (sqlite3 wants all of it in one thread)."""
        try:
            writer = BagWriter(path, self.config.storage)
        except DexSim2RealError as error:
            self._refusal = error
            return
        finally:
            self._begun.set()
        try:
            self._write_until_closed(writer)
        except Exception as error:  # a full disk, above all; the recorder must say so, not vanish
            self._give_up(str(error) or type(error).__name__)

    def _write_until_closed(self, writer: BagWriter) -> None:
        flush_at = time.monotonic() + self.config.flush_period_s
        while True:
            order = self._wait(flush_at)
            if order is not None:
                writer = self._obey(writer, order)
                with self._wake:
                    self._orders.popleft()  # only now: what could not be written counts as dropped
            elif self._closing:
                break
            if time.monotonic() >= flush_at:
                writer.flush()
                flush_at = time.monotonic() + self.config.flush_period_s
        self._finish(writer)

    def _wait(self, deadline: float) -> _Order | None:
        """The next order; None if none came before the deadline, or none is left at the end."""
        with self._wake:
            left = max(0.0, deadline - time.monotonic())
            self._wake.wait_for(lambda: self._orders or self._closing, timeout=left)
            return self._orders[0] if self._orders else None

    def _obey(self, writer: BagWriter, order: _Order) -> BagWriter:
        """Carry out one order; returns the writer of the bag that is now open."""
        if isinstance(order, Path):
            self._finish(writer)
            writer = BagWriter(order, self.config.storage)
            for topic in self._topics.values():
                writer.add_topic(topic)
        elif isinstance(order, BagTopic):
            writer.add_topic(order)
            self._topics[order.name] = order
        else:
            writer.write(order.topic, order.stamp_ns, order.data)
            with self._wake:
                self._queued -= len(order.data)
                self._written[order.topic] += 1
                self._num_bytes += len(order.data)
        return writer

    def _finish(self, writer: BagWriter) -> None:
        status = self.status
        for note, counts in ((DROPPED_NOTE, status.dropped), (LOST_NOTE, status.lost)):
            if counts:
                writer.note(note, json.dumps(counts))  # who reads the bag must know that it has holes
        writer.close()

    def _give_up(self, reason: str) -> None:
        with self._wake:
            self._failure = reason
            self._dropped.update(order.topic for order in self._orders if isinstance(order, _Message))
            self._orders.clear()
            self._queued = 0
