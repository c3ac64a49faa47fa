import struct

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from dexsim2real_audit.cdr import JointMessages, TouchMessages, header_stamp, poses
from dexsim2real_description import DexSim2RealError
from dexsim2real_description.touch_cloud import FIELDS, POINT_STEP, pack

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


def cloud(forces, order, frame="tips", little=True, extra=b""):
    """A PointCloud2 with the points in this order, and padding after it as a middleware may add it."""
    fields = [TYPES.types["sensor_msgs/msg/PointField"](f.name, f.offset, f.datatype, f.count) for f in FIELDS]
    points = np.frombuffer(pack(forces, np.zeros((forces.shape[1], 3))), np.uint8).reshape(-1, POINT_STEP)[order]
    content = (1, len(points), fields, False, POINT_STEP, points.size, points.ravel(), True)
    return encode("sensor_msgs/msg/PointCloud2", little, head(frame, 9), *content) + extra


@given(st.lists(st.tuples(st.integers(1, 4), st.integers(0, 3), st.text(max_size=3), st.booleans()), max_size=6))
def test_touch_as_the_general_decoder_reads_it_whatever_came_before(messages):
    reader = TouchMessages(lambda data: TYPES.deserialize_cdr(data, "sensor_msgs/msg/PointCloud2"))
    for taxels, shuffle, frame, little in [each for message in messages for each in (message, message)]:
        rng = np.random.default_rng(shuffle)
        forces = rng.normal(0, 1, (4, taxels, 3)).astype(np.float32)
        data = cloud(forces, rng.permutation(4 * taxels), frame, little, bytes(shuffle))
        np.testing.assert_array_equal(reader.forces(data), forces)


def test_a_cloud_that_names_a_taxel_twice_is_refused_the_second_time_too():
    reader = TouchMessages(lambda data: TYPES.deserialize_cdr(data, "sensor_msgs/msg/PointCloud2"))
    forces = np.ones((4, 2, 3), np.float32)
    reader.forces(cloud(forces, np.arange(8)))
    for _ in range(2):
        with pytest.raises(DexSim2RealError, match="exactly once"):
            reader.forces(cloud(forces, np.array([0, 0, 2, 3, 4, 5, 6, 7])))


@given(st.text(max_size=5), st.lists(st.lists(st.floats(-9, 9), min_size=7, max_size=7), max_size=3), st.booleans())
def test_poses_as_they_were_written(frame, rows, little):
    point, quaternion = (TYPES.types[f"geometry_msgs/msg/{kind}"] for kind in ("Point", "Quaternion"))
    sent = [TYPES.types["geometry_msgs/msg/Pose"](point(*row[:3]), quaternion(*row[4:], row[3])) for row in rows]
    found = poses(encode("geometry_msgs/msg/PoseArray", little, head(frame, 3), sent))
    assert found is None if not rows else found.tolist() == rows
