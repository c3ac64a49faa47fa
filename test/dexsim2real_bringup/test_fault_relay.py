"""Messages spoilt on their way."""

import array
import math

import pytest

pytest.importorskip("rclpy", reason="needs the extra 'ros'")

import numpy as np
from rclpy.serialization import deserialize_message, serialize_message
from sensor_msgs.msg import JointState, PointCloud2, PointField
from trajectory_msgs.msg import JointTrajectory, JointTrajectoryPoint

from dexsim2real_bringup.fault_relay import remappings, spoil
from dexsim2real_description.touch_cloud import FIELDS, POINT_STEP, pack, unpack


def spoilt(message):
    return deserialize_message(spoil(bytes(serialize_message(message)), type(message)), type(message))


def test_joint_states_and_chunks_keep_their_shape_and_lose_their_numbers():
    state = JointState(name=["a", "b"], position=[0.0, 1.0], velocity=[0.0, 0.0], effort=[0.0, 0.0])
    assert [math.isnan(x) for x in spoilt(state).position] == [True, True]
    chunk = JointTrajectory(joint_names=["a"], points=[JointTrajectoryPoint(positions=[1.0])] * 2)
    assert all(math.isnan(point.positions[0]) for point in spoilt(chunk).points)
    assert spoilt(chunk).joint_names == ["a"]


def test_touch_keeps_its_fingers():
    data = array.array("B", pack(np.ones((4, 2, 3)), np.zeros((2, 3))))
    fields = [PointField(name=f.name, offset=f.offset, datatype=f.datatype, count=f.count) for f in FIELDS]
    cloud = spoilt(PointCloud2(data=data, fields=fields, point_step=POINT_STEP, width=8, height=1))
    assert np.isnan(unpack(cloud.data, cloud.fields, cloud.point_step)).all()


def test_words_lead_topics_through_the_relay():
    assert remappings({"robot": ("/a", "/b")}) == {"robot": ["-r", "/a:=/undisturbed/a", "-r", "/b:=/undisturbed/b"]}
