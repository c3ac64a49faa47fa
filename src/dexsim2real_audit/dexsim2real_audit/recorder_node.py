"""Records topics to a bag: raw subscriptions, so that not one byte changes and nothing is decoded."""

from __future__ import annotations

import json
import signal
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Any

from rclpy.event_handler import QoSMessageLostInfo, SubscriptionEventCallbacks
from rclpy.qos import QoSDurabilityPolicy, QoSReliabilityPolicy

from dexsim2real_audit.recorder import Recorder, RecorderConfig, RecorderStatus
from dexsim2real_audit.ros_types_node import message_class, profile
from dexsim2real_description import DexSim2RealError
from dexsim2real_description.bags import BagTopic
from dexsim2real_description.ros_node import GraphNode, Health, run_node

TRIAL_TOPIC = "/trial/event"
_LOOK_PERIOD = 0.2
"""Between two looks for new topics [s]."""

PARAMETERS: dict[str, Any] = {
    "out": "",
    "topics": [""],  # all topics
    "storage": "mcap",
    "split_trials": False,
    "duration": 0.0,  # [s], 0 until stopped
}
"""Parameters of the node and their defaults."""


@dataclass(frozen=True)
class RecordOptions:
    """What is recorded."""

    out: Path
    """The bag's folder; with `split_trials`, the folder of the bags."""
    topics: tuple[str, ...] = ()
    """Only these; all if empty."""
    split_trials: bool = False
    """Begin a new bag with every trial."""
    duration: float = 0.0
    """[s]; 0 until stopped."""
    recorder: RecorderConfig = field(default_factory=RecorderConfig)


class RecorderNode(GraphNode):
    """Finds topics as they appear, subscribes to each, and hands what comes to a Recorder."""

    def __init__(
        self, options: RecordOptions | None = None, report: Callable[[RecorderStatus], None] | None = None
    ) -> None:
        super().__init__("recorder")
        self.options = options or self._options_from_parameters()
        self._report = report
        self.types: dict[str, str] = {}
        """Type of every topic that is recorded, by its name."""
        self.unrecordable: dict[str, str] = {}
        """Why a topic is not recorded, by its name."""
        self._bags = 0
        self.recorder = Recorder(self._bag_path(), self.options.recorder)
        self.create_timer(_LOOK_PERIOD, self._look, clock=self.steady)
        if self.options.duration > 0:
            self.create_timer(self.options.duration, lambda: signal.raise_signal(signal.SIGINT), clock=self.steady)
        self._look()

    @property
    def missing(self) -> list[str]:
        """Topics that were asked for and have not appeared."""
        return [name for name in self.options.topics if name not in self.types]

    def health(self) -> Health:
        """State of the recording, counters, and what is missing."""
        status = self.recorder.status
        values: dict[str, object] = {
            "messages": sum(status.messages.values()),
            "dropped": sum(status.dropped.values()),
            "lost": sum(status.lost.values()),
            "bytes": status.num_bytes,
            "queued_bytes": status.queued_bytes,
            "topics": len(self.types),
        }
        for key, names in (("missing", self.missing), ("unrecordable", self.unrecordable)):
            if names:
                values[key] = ", ".join(names)
        return Health(status.text, status.ok, values)

    def at_exit(self) -> None:
        """End the bag."""
        status = self.recorder.close()
        if not status.ok:
            self.get_logger().error(status.text)

    def _options_from_parameters(self) -> RecordOptions:
        values = self.take_parameters(PARAMETERS)
        if not values["out"]:
            raise DexSim2RealError("the recorder needs the parameter 'out', the folder of the new bag")
        return RecordOptions(
            Path(values["out"]),
            tuple(name for name in values["topics"] if name),
            values["split_trials"],
            values["duration"],
            RecorderConfig(storage=values["storage"]),
        )

    def _bag_path(self) -> Path:
        if not self.options.split_trials:
            return self.options.out
        self._bags += 1
        return self.options.out / f"trial_{self._bags - 1:03d}"  # 000 is what came before the first trial

    def _look(self) -> None:
        """Subscribe to topics that are new."""
        for name, types in self.get_topic_names_and_types():
            wanted = name in self.options.topics if self.options.topics else True
            if wanted and name not in self.types and name not in self.unrecordable:
                self._begin(name, types)
        if self._report is not None:
            self._report(self.recorder.status)

    def _begin(self, name: str, types: list[str]) -> None:
        publishers = self.get_publishers_info_by_topic(name)
        if not publishers:
            return  # only subscribers so far: what will be offered is not known
        offered = [publisher.qos_profile for publisher in publishers]
        topic = BagTopic(
            name,
            types[0],
            0,
            reliable=all(qos.reliability == QoSReliabilityPolicy.RELIABLE for qos in offered),
            latched=all(qos.durability == QoSDurabilityPolicy.TRANSIENT_LOCAL for qos in offered),
        )
        try:
            cls = message_class(topic.type)
            self.recorder.add_topic(topic)
        except DexSim2RealError as error:
            self.unrecordable[name] = str(error)
            self.get_logger().error(f"{name} is not recorded: {error}")
            return
        self.types[name] = topic.type
        events = SubscriptionEventCallbacks(message_lost=partial(self._lost, name))
        self.create_subscription(cls, name, partial(self._keep, name), profile(topic), raw=True, event_callbacks=events)

    def _lost(self, topic: str, event: QoSMessageLostInfo) -> None:
        self.recorder.count_lost(topic, event.total_count_change)

    def _keep(self, topic: str, data: bytes) -> None:
        if self.options.split_trials and topic == TRIAL_TOPIC and trial_starts(data):
            self.recorder.next_bag(self._bag_path())
        self.recorder.put(topic, time.time_ns(), data)


def trial_starts(data: bytes) -> bool:
    """Whether a serialised std_msgs/String on /trial/event begins a trial: a JSON object without an outcome."""
    size = int.from_bytes(data[4:8], "little")  # after the 4 bytes that say "CDR, little endian"
    try:
        event = json.loads(data[8 : 8 + size].rstrip(b"\x00"))
    except ValueError:
        return False
    return isinstance(event, dict) and "outcome" not in event


def main() -> int:
    """Entry point of the node."""
    return run_node(RecorderNode)


if __name__ == "__main__":
    sys.exit(main())
