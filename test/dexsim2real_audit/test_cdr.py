import struct

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from dexsim2real_audit.cdr import JointMessages, header_stamp

typesys = pytest.importorskip("rosbags.typesys")
TYPES = typesys.get_typestore(typesys.Stores.ROS2_KILTED)
names = st.lists(st.text(max_size=9), max_size=5)
arrays = st.lists(st.floats(allow_nan=False), max_size=5).map(lambda v: np.array(v, float))


def head(frame, stamp):
    time = TYPES.types["builtin_interfaces/msg/Time"](stamp // 10**9, stamp % 10**9)
    return TYPES.types["std_msgs/msg/Header"](time, frame)


def encode(kind, little, *values):
    return bytes(TYPES.serialize_cdr(TYPES.types[kind](*values), kind, little_endian=little))


def point(positions):
    duration = TYPES.types["builtin_interfaces/msg/Duration"](1, 2)
    empty = np.empty(0)
    return TYPES.types["trajectory_msgs/msg/JointTrajectoryPoint"](positions, positions, empty, empty, duration)


@given(st.text(max_size=5), st.integers(0, 2**31 * 10**9 - 1), names, arrays, arrays, arrays, st.booleans())
def test_joint_states_as_the_general_decoder_reads_them(frame, stamp, joints, q, dq, tau, little):
    data = encode("sensor_msgs/msg/JointState", little, head(frame, stamp), joints, q, dq, tau)
    assert header_stamp(data) == stamp
    found, values = JointMessages().joint_state(data)
    assert found == tuple(joints)
    for a, b in zip(values, (q, dq, tau), strict=True):
        np.testing.assert_array_equal(a, b)


@given(st.text(max_size=5), names, st.lists(arrays, max_size=3), st.booleans())
def test_trajectories_as_the_general_decoder_reads_them(frame, joints, points, little):
    kind = "trajectory_msgs/msg/JointTrajectory"
    data = encode(kind, little, head(frame, 5), joints, [point(p) for p in points])
    found, values = JointMessages().trajectory(data)
    assert found == tuple(joints)
    assert len(values) == min(len(points), 1)
    if points:
        np.testing.assert_array_equal(values[0], points[0])


@given(st.lists(st.tuples(st.text(max_size=4), names, arrays, st.booleans()), max_size=6))
def test_names_are_remembered_only_while_they_are_the_same(messages):
    reader = JointMessages()
    for frame, joints, q, little in messages:
        data = encode("sensor_msgs/msg/JointState", little, head(frame, 7), joints, q, q, q)
        found, values = reader.joint_state(data)
        assert found == tuple(joints)
        np.testing.assert_array_equal(values[2], q)


@given(st.integers(0, 100))
def test_cut_messages_are_errors(size):
    q = np.ones(3)
    data = encode("sensor_msgs/msg/JointState", True, head("base", 7), ["a", "b", "c"], q, q, q)
    assert len(data) > 100
    with pytest.raises((ValueError, struct.error, IndexError)):
        JointMessages().joint_state(data[:size])
