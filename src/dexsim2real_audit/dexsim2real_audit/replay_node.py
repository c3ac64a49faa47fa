"""Publishes a recording again: the original bytes at the original times."""

from __future__ import annotations

import signal
import sys
import threading
import time
from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from builtin_interfaces.msg import Time
from rclpy.publisher import Publisher
from rosgraph_msgs.msg import Clock

from dexsim2real_audit.replay import check_rate, choose, paced
from dexsim2real_audit.ros_types_node import message_class, profile
from dexsim2real_description import DexSim2RealError
from dexsim2real_description.bags import Bag, BagTopic
from dexsim2real_description.ros_node import QOS, GraphNode, Health, run_node
from dexsim2real_description.stamps import stamp_fields

PARAMETERS: dict[str, Any] = {
    "bag": "",
    "topics": [""],  # all topics
    "rate": 1.0,
    "clock": False,
    "wait": False,
}
"""Parameters of the node and their defaults."""
_CLOCK_PERIOD_NS = 4_000_000
"""Of /clock, where messages come that often: half a tick of the safety gate."""


@dataclass(frozen=True)
class ReplayOptions:
    """What is played back, and how."""

    bag: Path
    topics: tuple[str, ...] = ()
    """Only these; all if empty."""
    rate: float = 1.0
    """2 is twice as fast; 0 does not wait, and then subscribers lose what they cannot take."""
    clock: bool = False
    """Also publish the recording's time on /clock, for nodes with use_sim_time."""
    wait: bool = False
    """Begin once every topic has a subscriber, rather than after a second in which subscribers can connect."""


class ReplayNode(GraphNode):
    """Publishes the messages in a thread, and ends the process after the last one."""

    def __init__(
        self,
        options: ReplayOptions | None = None,
        report: Callable[[Mapping[str, int]], None] | None = None,
    ) -> None:
        super().__init__("replay")
        self.options = options or self._options_from_parameters()
        check_rate(self.options.rate)
        self.published: Counter[str] = Counter()
        """Messages so far, by topic."""
        self._report = report
        self._failure: DexSim2RealError | None = None
        self._stop = threading.Event()
        with Bag(self.options.bag) as bag:
            self.topics = choose(bag, self.options.topics or None)
            """What is played back, by name."""
        self._raw = {name: self._publisher(topic) for name, topic in self.topics.items()}
        self._clock_publisher = self.create_publisher(Clock, "/clock", QOS["/clock"]) if self.options.clock else None
        self._clock_ns = 0
        self._thread = threading.Thread(target=self._run, name="replay", daemon=True)
        self._thread.start()
        self.create_timer(0.2, self._watch, clock=self.steady)

    def health(self) -> Health:
        """How far it is."""
        total = sum(topic.count for topic in self.topics.values())
        return Health("replaying", True, {"published": sum(self.published.values()), "of": total})

    def at_exit(self) -> None:
        """Stop publishing."""
        self._stop.set()
        self._thread.join()

    def _options_from_parameters(self) -> ReplayOptions:
        values = self.take_parameters(PARAMETERS)
        if not values["bag"]:
            raise DexSim2RealError("the replay needs the parameter 'bag', a recording")
        topics = tuple(name for name in values["topics"] if name)
        return ReplayOptions(Path(values["bag"]), topics, values["rate"], values["clock"], values["wait"])

    def _publisher(self, topic: BagTopic) -> Publisher[Any]:
        # Known topics are offered as the graph offers them, deadlines included, so that its nodes listen.
        qos = QOS.get(topic.name) or profile(topic)
        return self.create_publisher(message_class(topic.type), topic.name, qos)

    def _run(self) -> None:
        try:
            self._wait_for_subscribers()
            with Bag(self.options.bag) as bag:  # sqlite3 wants to be opened by the thread that reads
                for topic, stamp, data in paced(bag.messages(list(self.topics)), self.options.rate, self._pause):
                    if self._stop.is_set():
                        return
                    self._tell_time(stamp)
                    self._raw[topic].publish(data)
                    self.published[topic] += 1
            self._stop.wait(0.2)  # the last messages are still on their way
        except DexSim2RealError as error:
            self._failure = error

    def _wait_for_subscribers(self) -> None:
        begin = time.monotonic() + 1.0
        while not self._stop.is_set():
            if self.options.wait:
                if all(publisher.get_subscription_count() for publisher in self._raw.values()):
                    return
            elif time.monotonic() >= begin:
                return
            self._stop.wait(0.01)

    def _pause(self, seconds: float) -> None:
        self._stop.wait(seconds)

    def _tell_time(self, stamp: int) -> None:
        if self._clock_publisher is not None and stamp - self._clock_ns >= _CLOCK_PERIOD_NS:
            self._clock_ns = stamp
            self._clock_publisher.publish(Clock(clock=Time(**stamp_fields(stamp))))

    def _watch(self) -> None:
        """Tell how far it is, and end the process when the thread has ended."""
        if self._report is not None:
            self._report(self.published)
        if self._thread.is_alive():
            return
        if self._failure is not None:
            raise self._failure
        signal.raise_signal(signal.SIGINT)


def main() -> int:
    """Entry point of the node."""
    return run_node(ReplayNode)


if __name__ == "__main__":
    sys.exit(main())
