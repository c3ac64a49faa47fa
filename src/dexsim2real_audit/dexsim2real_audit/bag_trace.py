"""From a rosbag2 recording (MCAP or sqlite3) to a trace, message by message, without ROS.

What is wrong with a recording is written into `Trace.problems`; only what makes it useless is an error.
"""

from __future__ import annotations

import logging
from collections.abc import Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Any

import numpy as np

from dexsim2real_audit import bag_samples as read
from dexsim2real_audit.bag_clock import to_source_time
from dexsim2real_audit.bag_notes import holes
from dexsim2real_audit.bag_recover import has_storage, readable_records, storage_files
from dexsim2real_audit.bag_samples import JointOrder, Samples
from dexsim2real_audit.cdr import JointMessages, TouchMessages, header_stamp, poses
from dexsim2real_audit.trace import (
    ACTION,
    COMMAND,
    EFFORT,
    FRONT_IMAGE,
    OBJECTS,
    POSITION,
    TOUCH,
    VELOCITY,
    WRIST_IMAGE,
    Channel,
    Event,
    Trace,
)
from dexsim2real_description import DexSim2RealError
from dexsim2real_description.bags import Bag, message_types

log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Topics:
    """Names of the topics in a recording; the defaults are those of the graph."""

    joint_states: str = "/joint_states"
    joint_command: str = "/safety_gate/joint_command"
    action_chunk: str = "/policy/action_chunk"
    touch: str = "/touch/points"
    object_poses: str = "/simulator/object_poses"
    front_image: str = "/front_camera/color/image_raw"
    wrist_image: str = "/wrist_camera/color/image_raw"
    trial_event: str = "/trial/event"
    gate_state: str = "/safety_gate/state"


_UNITS: dict[str, dict[str, str]] = {
    "joint_states": {POSITION: "rad", VELOCITY: "rad/s", EFFORT: "N m"},
    "joint_command": {COMMAND: "rad"},
    "action_chunk": {ACTION: "rad"},
    "touch": {TOUCH: "N"},
    "object_poses": {OBJECTS: "m, quaternion"},
    "front_image": {FRONT_IMAGE: "message"},
    "wrist_image": {WRIST_IMAGE: "message"},
    "trial_event": {},
    "gate_state": {},
}
"""Channels and units by role; events become none."""
_TYPES: dict[str, str] = {
    "joint_states": "sensor_msgs/msg/JointState",
    "joint_command": "trajectory_msgs/msg/JointTrajectory",
    "action_chunk": "trajectory_msgs/msg/JointTrajectory",
    "touch": "sensor_msgs/msg/PointCloud2",
    "object_poses": "geometry_msgs/msg/PoseArray",
    "front_image": "sensor_msgs/msg/Image",
    "wrist_image": "sensor_msgs/msg/Image",
    "trial_event": "std_msgs/msg/String",
    "gate_state": "diagnostic_msgs/msg/DiagnosticArray",
}
_JOINTED = {
    "joint_states": JointMessages.joint_state,
    "joint_command": JointMessages.trajectory,
    "action_chunk": JointMessages.trajectory,
}
_EVENTS = {"trial_event": read.read_event, "gate_state": read.read_gate}


def read_trace(
    bag: Path, need: Sequence[str] = (POSITION,), topics: Topics | None = None, other_joints: bool = False
) -> Trace:
    """Read a recording: a folder, or one .mcap or .db3 file, whole or cut off.

    `other_joints` keeps joints that are not of our cell, after ours. Images are kept by reference only, so memory
    grows with joints and touch, not with video. Raises DexSim2RealError if there is no recording, or if a channel in
    `need` has no sample; the message lists the topics that the recording has.
    """
    collector = _Collector(topics or Topics(), other_joints)
    _feed(bag, collector)
    trace = collector.trace(str(bag))
    missing = [name for name in need if name not in trace]
    if missing:
        raise DexSim2RealError(
            f"{bag} has no usable {', '.join(missing)}; its topics are: {', '.join(sorted(collector.seen)) or 'none'}"
            + "".join(f"; {problem}" for problem in trace.problems)
        )
    return trace


class _Collector:
    """Takes messages one by one and becomes a trace."""

    def __init__(self, topics: Topics, other_joints: bool = False) -> None:
        self.problems: list[str] = []
        self.seen: set[str] = set()
        self.wanted: dict[str, str] = {getattr(topics, f.name): f.name for f in fields(topics)}
        self._samples = {role: Samples(getattr(topics, role), units) for role, units in _UNITS.items()}
        self._orders = {role: JointOrder(other_joints) for role in _JOINTED}
        self._messages = {role: JointMessages() for role in _JOINTED}
        self._events: list[tuple[int, str, Mapping[str, Any]]] = []
        self._gate: Mapping[str, Any] = {}
        self._types = message_types()
        self._touch = TouchMessages(lambda data: self._types.deserialize_cdr(data, _TYPES["touch"]))

    def add(self, topic: str, kind: str, received: int, data: bytes) -> None:
        """Use one serialised message of type `kind`."""
        role = self.wanted.get(topic)
        if role is None:
            return
        samples = self._samples[role]
        if kind != _TYPES[role]:
            samples.refuse(f"of type {kind} instead of {_TYPES[role]}")
            return
        try:
            stamp = 0 if role == "trial_event" else header_stamp(data)
            message = self._decode(role, kind, data)
        except Exception as error:  # the decoder raises many kinds for bytes that are not the type
            log.debug("%s: %s", topic, error)
            samples.refuse("that cannot be decoded")
            return
        self._use(role, received, stamp, message)

    def _decode(self, role: str, kind: str, data: bytes) -> Any:
        if role in _JOINTED:
            return _JOINTED[role](self._messages[role], data)
        if role == "touch":
            return self._touch.forces(data)
        if role == "object_poses":
            return poses(data)
        return self._samples[role].count if role.endswith("image") else self._types.deserialize_cdr(data, kind)

    def _use(self, role: str, received: int, stamp: int, message: Any) -> None:
        samples = self._samples[role]
        if role in _EVENTS:
            self._use_event(role, received, _EVENTS[role](message))
            return
        if role in _JOINTED:
            values = self._orders[role].pick(*message)
        else:
            values = None if message is None else (message,)
        if values is None:
            samples.refuse("without what is expected in it")
        else:
            samples.add(received, stamp, values)

    def _use_event(self, role: str, received: int, event: Mapping[str, Any] | None) -> None:
        if event is None:
            self._samples[role].refuse("without what is expected in it")
        elif role == "trial_event":
            self._events.append((received, "trial", event))
        elif event["state"] != self._gate.get("state"):
            self._events.append((received, "gate", event))
            self._gate = event

    def trace(self, source: str) -> Trace:
        """What the messages amount to."""
        channels: dict[str, Channel] = {}
        for role, samples in self._samples.items():
            order = self._orders.get(role)
            found, problems = samples.channels(order.labels if order else ())
            channels |= found
            self.problems += [*problems, *(f"{role}: {problem}" for problem in (order.problems if order else ()))]
            if not found and role in ("joint_states", "joint_command", "touch"):
                self.problems.append(f"nothing usable on {samples.topic}")
        received, stamps = self._samples["joint_states"].clock()
        times = to_source_time(np.array([event[0] for event in self._events], np.int64), received, stamps)
        events = [Event(int(t), kind, data) for t, (_, kind, data) in zip(times, self._events, strict=True)]
        return Trace(channels, tuple(events), tuple(self.problems), source)


def _feed(bag: Path, collector: _Collector) -> None:
    """Give the collector every message it wants, as far as the recording can be read."""
    with ExitStack() as stack:
        try:
            opened = stack.enter_context(Bag(bag))
        except DexSim2RealError as error:
            if not has_storage(bag):
                raise
            log.debug("%s", error)
            _feed_remains(bag, collector)
            return
        kinds = {name: topic.type for name, topic in opened.topics.items()}
        collector.seen.update(kinds)
        collector.problems += holes(opened.notes)
        try:
            for name, stamp, data in opened.messages([name for name in kinds if name in collector.wanted]):
                collector.add(name, kinds[name], stamp, data)
        except DexSim2RealError as error:
            collector.problems.append(f"reading stopped early: {error}")


def _feed_remains(bag: Path, collector: _Collector) -> None:
    """The same for a recording that was cut off."""
    files = storage_files(bag)
    collector.problems.append("the recording was cut off or damaged; what is readable was read")
    for file in files:
        for topic, stamp, data in readable_records(file):
            collector.seen.add(topic.name)
            collector.add(topic.name, topic.type, stamp, data)
