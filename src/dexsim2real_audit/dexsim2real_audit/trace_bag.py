"""A trace as a recording of the graph: the messages that its nodes would have published, serialised, without ROS."""

from __future__ import annotations

import struct
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from dexsim2real_audit.bag_trace import Topics
from dexsim2real_audit.cdr import BODY
from dexsim2real_audit.trace import ACTION, COMMAND, EFFORT, OBJECTS, POSITION, TOUCH, VELOCITY, Channel, Trace
from dexsim2real_description import JOINTS
from dexsim2real_description.bags import message_types
from dexsim2real_description.stamps import stamp_fields
from dexsim2real_description.touch_cloud import FIELDS, POINT_STEP, pack

RATES = {TOUCH: 100.0, OBJECTS: 30.0, ACTION: 30.0}
"""Of the graph's topics where a trace may have other rates [Hz]."""
_TOPICS = Topics()


@dataclass(frozen=True)
class Message:
    """One serialised message."""

    topic: str
    kind: str
    stamp: int
    """Of its header [ns]."""
    data: bytes


def stamped(data: bytes, stamp: int) -> bytes:
    """A little-endian message that begins with a header, with another stamp [ns]."""
    seconds, nanoseconds = divmod(stamp, 1_000_000_000)
    return data[:BODY] + struct.pack("<iI", seconds, nanoseconds) + data[BODY + 8 :]


def graph_messages(trace: Trace, names: Sequence[str] = JOINTS, channels: Sequence[str] = ()) -> list[Message]:
    """What the graph would have said, in order of time, joints called `names`; of all channels if none is named.

    Position, velocity and effort of joints are one message: joint.position stands for them.
    """
    makers: dict[str, Callable[[Trace, Sequence[str]], Iterator[Message]]] = {
        POSITION: _joint_states,
        COMMAND: _commands,
        ACTION: _chunks,
        TOUCH: _touch,
        OBJECTS: _poses,
    }
    wanted = channels or [name for name in makers if name in trace]
    return sorted((each for name in wanted for each in makers[name](trace, names)), key=lambda each: each.stamp)


def pictures(topic: str, stamps: Sequence[int]) -> list[Message]:
    """Images of one pixel, as many as a camera would have taken."""
    kind = "sensor_msgs/msg/Image"
    pixel = {"height": 1, "width": 1, "encoding": "rgb8", "is_bigendian": 0, "step": 3, "data": np.zeros(3, np.uint8)}
    return [_message(topic, kind, stamp, pixel) for stamp in stamps]


def _joint_states(trace: Trace, names: Sequence[str]) -> Iterator[Message]:
    channels = [trace[name].values if name in trace else None for name in (POSITION, VELOCITY, EFFORT)]
    for i, stamp in enumerate(trace[POSITION].stamps.tolist()):
        rows = [np.empty(0) if values is None else values[i].astype(np.float64) for values in channels]
        content = dict(zip(("position", "velocity", "effort"), rows, strict=True))
        yield _message(_TOPICS.joint_states, "sensor_msgs/msg/JointState", stamp, {"name": list(names), **content})


def _commands(trace: Trace, names: Sequence[str]) -> Iterator[Message]:
    return _trajectories(_TOPICS.joint_command, trace[COMMAND], names)


def _chunks(trace: Trace, names: Sequence[str]) -> Iterator[Message]:
    return _trajectories(_TOPICS.action_chunk, _slower(trace[ACTION], RATES[ACTION]), names)


def _trajectories(topic: str, channel: Channel, names: Sequence[str]) -> Iterator[Message]:
    kind, none = "trajectory_msgs/msg/JointTrajectory", np.empty(0)
    for stamp, row in zip(channel.stamps.tolist(), channel.values, strict=True):
        point = _make(
            "trajectory_msgs/msg/JointTrajectoryPoint",
            positions=row.astype(np.float64),
            velocities=none,
            accelerations=none,
            effort=none,
            time_from_start=_make("builtin_interfaces/msg/Duration", sec=0, nanosec=0),
        )
        yield _message(topic, kind, stamp, {"joint_names": list(names), "points": [point]})


def _touch(trace: Trace, names: Sequence[str]) -> Iterator[Message]:
    channel = _slower(trace[TOUCH], RATES[TOUCH])
    kind, places = "sensor_msgs/msg/PointField", np.zeros((channel.values.shape[2], 3))
    points = channel.values.shape[1] * channel.values.shape[2]
    cloud = {
        "height": 1,
        "width": points,
        "fields": [_make(kind, name=f.name, offset=f.offset, datatype=f.datatype, count=1) for f in FIELDS],
        "is_bigendian": False,
        "point_step": POINT_STEP,
        "row_step": POINT_STEP * points,
        "is_dense": True,
    }
    for stamp, row in zip(channel.stamps.tolist(), channel.values, strict=True):
        data = np.frombuffer(pack(row.astype(np.float32), places), np.uint8)
        yield _message(_TOPICS.touch, "sensor_msgs/msg/PointCloud2", stamp, {**cloud, "data": data})


def _poses(trace: Trace, names: Sequence[str]) -> Iterator[Message]:
    channel = _slower(trace[OBJECTS], RATES[OBJECTS])
    for stamp, row in zip(channel.stamps.tolist(), channel.values, strict=True):
        poses = [_pose(pose) for pose in row]
        yield _message(_TOPICS.object_poses, "geometry_msgs/msg/PoseArray", stamp, {"poses": poses})


def _pose(row: NDArray[np.float64]) -> Any:
    x, y, z, w, *vector = row.tolist()
    turned = dict(zip("xyz", vector, strict=True))
    return _make(
        "geometry_msgs/msg/Pose",
        position=_make("geometry_msgs/msg/Point", x=x, y=y, z=z),
        orientation=_make("geometry_msgs/msg/Quaternion", w=w, **turned),
    )


def _slower(channel: Channel, rate: float) -> Channel:
    """The samples that a topic of this rate [Hz] would have had."""
    if len(channel.stamps) < 2:
        return channel
    wanted = np.arange(channel.stamps[0], channel.stamps[-1] + 1, round(1e9 / rate))
    chosen = np.unique(np.searchsorted(channel.stamps, wanted))
    return Channel(channel.stamps[chosen], channel.values[chosen], channel.unit, channel.labels)


def _message(topic: str, kind: str, stamp: int, content: dict[str, Any]) -> Message:
    time = _make("builtin_interfaces/msg/Time", **stamp_fields(stamp))
    header = _make("std_msgs/msg/Header", stamp=time, frame_id="")
    data = bytes(message_types().serialize_cdr(_make(kind, header=header, **content), kind))
    return Message(topic, kind, stamp, data)


def _make(kind: str, **values: Any) -> Any:
    return message_types().types[kind](**values)
