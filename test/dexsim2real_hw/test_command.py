"""Commands from messages: order, and everything that is refused."""

from types import SimpleNamespace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from dexsim2real_description import JOINTS
from dexsim2real_hw.command import read_command
from dexsim2real_hw.errors import CommandError

NOW = 5_000_000_000


def message(names=JOINTS, positions=None, velocities=(), stamp_ns=0, points=1):
    positions = np.arange(len(names)) if positions is None else positions
    return SimpleNamespace(
        header=SimpleNamespace(stamp=SimpleNamespace(sec=stamp_ns // 10**9, nanosec=stamp_ns % 10**9)),
        joint_names=list(names),
        points=[SimpleNamespace(positions=list(positions), velocities=list(velocities))] * points,
    )


@given(st.permutations(range(23)))
def test_any_order_of_joints_comes_out_in_ours(order):
    names = [JOINTS[i] for i in order]
    position, velocity = read_command(message(names, order, [10.0 * i for i in order]), NOW, 0.1)
    assert position.tolist() == list(range(23))
    assert velocity.tolist() == [10.0 * i for i in range(23)]


def test_without_velocities_they_are_zero():
    assert not read_command(message(), NOW, 0.1)[1].any()


@pytest.mark.parametrize("age", [-0.09, 0.0, 0.09])
def test_a_fresh_stamp_is_taken(age):
    read_command(message(stamp_ns=NOW - int(age * 1e9)), NOW, 0.1)


@pytest.mark.parametrize(
    ("wrong", "reason"),
    [
        ({"names": (*JOINTS[:-1], "thumb_joint_9")}, "thumb_joint_9"),
        ({"names": JOINTS[1:]}, "without arm_joint_1"),
        ({"names": (*JOINTS, JOINTS[0])}, "names a joint twice"),
        ({"positions": [0.0] * 22}, "positions are not 23 finite numbers"),
        ({"positions": [float("nan")] * 23}, "positions are not 23 finite numbers"),
        ({"velocities": [float("inf")] * 23}, "velocities are not 23 finite numbers"),
        ({"velocities": [0.0]}, "velocities are not 23 finite numbers"),
        ({"points": 0}, "without a point"),
        ({"stamp_ns": NOW - 200_000_000}, "0.200 s before now"),
        ({"stamp_ns": NOW + 200_000_000}, "-0.200 s before now"),
    ],
)
def test_what_is_refused(wrong, reason):
    with pytest.raises(CommandError, match=reason):
        read_command(message(**wrong), NOW, 0.1)
