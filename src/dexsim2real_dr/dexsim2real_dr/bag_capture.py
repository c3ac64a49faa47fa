"""Reference pictures from a recording, spread evenly over it, with where the robot stood in each."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from dexsim2real_audit.bag_trace import read_trace
from dexsim2real_audit.trace import FRONT_IMAGE, POSITION, WRIST_IMAGE, Trace
from dexsim2real_description import CAMERAS, JOINTS
from dexsim2real_description.bags import Bag
from dexsim2real_dr.critics.critic import Array, Evidence
from dexsim2real_dr.errors import SearchError
from dexsim2real_dr.simulator import Poses
from dexsim2real_policy.messages import rgb_image

Stamps = NDArray[np.int64]
CHANNELS = dict(zip(CAMERAS, (FRONT_IMAGE, WRIST_IMAGE), strict=True))


def bag_capture(bag: Path, task: str, count: int) -> tuple[Poses, Evidence]:
    """`count` pictures of each camera, from the first to the last moment that both cameras and the joints have.

    Raises DexSim2RealError for a recording that cannot be read or lacks images of a camera, or joints.
    """
    trace = read_trace(bag, need=(POSITION, *CHANNELS.values()))
    heard = [trace[name].stamps for name in (POSITION, *CHANNELS.values())]
    times = np.linspace(max(s[0] for s in heard), min(s[-1] for s in heard), count).astype(np.int64)
    shown = [images_at(bag, trace, camera, times) for camera in CAMERAS]
    images = np.stack([image for pose in zip(*shown, strict=True) for image in pose])
    poses = Poses(task, count, joints=tuple(map(tuple, _joints(trace, times).tolist())))
    return poses, Evidence(images, CAMERAS * count)


def images_at(bag: Path, trace: Trace, camera: str, times: Stamps) -> NDArray[np.uint8]:
    """The image of a camera next to each time [ns], shape (T, H, W, 3). Raises DexSim2RealError if one is not RGB."""
    channel = trace[CHANNELS[camera]]
    nearest = np.abs(channel.stamps[:, None] - times).argmin(axis=0)
    wanted = channel.values[nearest].astype(int).tolist()
    found = _messages(bag, f"/{camera}_camera/color/image_raw", set(wanted))
    return np.stack([found[number] for number in wanted])


def _messages(bag: Path, topic: str, numbers: set[int]) -> dict[int, NDArray[np.uint8]]:
    """The images with these numbers in the recording."""
    with Bag(bag) as opened:
        stream = enumerate(opened.messages([topic]))
        return {i: rgb_image(opened.decode(name, data)).copy() for i, (name, _, data) in stream if i in numbers}


def _joints(trace: Trace, times: Stamps) -> Array:
    """Positions of all joints [rad], shape (T, 23)."""
    channel = trace[POSITION]
    if missing := [joint for joint in JOINTS if joint not in channel.labels]:
        raise SearchError(f"{trace.source} has no positions of {', '.join(missing)}; record the whole robot")
    return channel.linear(times)[:, [channel.labels.index(joint) for joint in JOINTS]]
