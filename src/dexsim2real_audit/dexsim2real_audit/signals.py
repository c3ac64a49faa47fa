"""What of a trace is compared: joints, net force of each finger, poses of objects, as even arrays."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

from dexsim2real_audit.trace import EFFORT, OBJECTS, POSITION, TOUCH, Channel, Stamps, Trace
from dexsim2real_description import FINGERS, JOINTS
from dexsim2real_sim.quaternions import inverse, multiply

Array = NDArray[np.float64]
Signals = dict[str, Array]
"""Channels by name: (T, D) for one trace, (N, T, D) for a family."""

NET, PLACE, TURN = "touch.net", "object.position", "object.rotation"
FLOORS: Mapping[str, float] = {POSITION: 1e-3, EFFORT: 0.02, NET: 0.05, PLACE: 1e-3, TURN: 0.01}
"""Differences that never matter: twice the noise of joints and torques, of a finger's sum of taxels (0.0038 N times
sqrt(15) taxels, FACTS 3.6), a millimetre and half a degree [rad, N m, N, m, rad]."""


def signals_of(trace: Trace, stamps: Stamps, bodies: Sequence[str]) -> Signals:
    """The comparable channels of a trace at `stamps` [ns], NaN where nothing was recorded, each shape (T, D)."""
    found: Signals = {}
    for name in (POSITION, EFFORT):
        if name in trace:
            found[name] = _all_joints(trace[name], stamps)
    if TOUCH in trace:
        touch = trace[TOUCH]
        net = Channel(touch.stamps, touch.values.sum(axis=2).reshape(len(touch.stamps), -1), "N")
        found[NET] = net.linear(stamps)
    if OBJECTS in trace and trace[OBJECTS].values.shape[1] == len(bodies):
        found |= object_signals(_poses(trace[OBJECTS], stamps))
    return found


def object_signals(poses: Array, first: Array | None = None) -> Signals:
    """Places [m] and turns since `first`, or since the first pose [rad], (..., T, 3 K), of poses (..., T, K, 7)."""
    origin = poses[..., :1, :, 3:] if first is None else first[..., None, :, 3:]
    turn = rotation_vector(multiply(poses[..., 3:], inverse(origin)))
    shape = (*poses.shape[:-2], -1)
    return {PLACE: poses[..., :3].reshape(shape), TURN: turn.reshape(shape)}


def rotation_vector(quaternion: Array) -> Array:
    """Axis times angle, at most pi [rad], shape (..., 3), of unit quaternions w, x, y, z (..., 4)."""
    upright = quaternion * np.where(quaternion[..., :1] < 0, -1.0, 1.0)
    sine = np.linalg.norm(upright[..., 1:], axis=-1, keepdims=True)
    angle = 2 * np.arctan2(sine, upright[..., :1])
    return np.asarray(upright[..., 1:] * np.where(sine > 1e-9, angle / np.maximum(sine, 1e-9), 2.0))


def labels_of(name: str, bodies: Sequence[str]) -> tuple[str, ...]:
    """What the columns of a channel are."""
    if name == NET:
        return tuple(f"{finger} {axis}" for finger in FINGERS for axis in "xyz")
    if name in (PLACE, TURN):
        return tuple(f"{body} {axis}" for body in bodies for axis in "xyz")
    return JOINTS


def _all_joints(channel: Channel, stamps: Stamps) -> Array:
    """Columns of all 23 joints; those that were not recorded are NaN, shape (T, 23)."""
    out = np.full((len(stamps), len(JOINTS)), np.nan)
    out[:, [JOINTS.index(label) for label in channel.labels]] = channel.linear(stamps)
    return out


def _poses(channel: Channel, stamps: Stamps) -> Array:
    """Poses at `stamps`, quaternions renormalised, shape (T, K, 7)."""
    values = channel.values.copy()
    flips = np.cumprod(np.where(np.sum(values[1:, :, 3:] * values[:-1, :, 3:], axis=-1) < 0, -1, 1), axis=0)
    values[1:, :, 3:] *= flips[..., None]
    poses = Channel(channel.stamps, values, channel.unit).linear(stamps)
    poses[..., 3:] /= np.linalg.norm(poses[..., 3:], axis=-1, keepdims=True)
    return poses
