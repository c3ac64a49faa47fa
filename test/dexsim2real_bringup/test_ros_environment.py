"""Which transport a process of the graph gets."""

import os
import subprocess
import sys

import pytest

from dexsim2real_bringup.ros_environment import FASTDDS_PROFILE, ros_environment, transport

PROFILE, RANGE = "FASTDDS_DEFAULT_PROFILES_FILE", "ROS_AUTOMATIC_DISCOVERY_RANGE"
TALKER = """
import pathlib, re, sys, time
import rclpy
from std_msgs.msg import String
rclpy.init()
node = rclpy.create_node(sys.argv[1])
print("shared memory:", bool(re.search("/dev/shm/fast", pathlib.Path("/proc/self/maps").read_text())))
heard = []
node.create_subscription(String, sys.argv[2], heard.append, 1)
publisher = node.create_publisher(String, sys.argv[1], 1)
limit, left = time.monotonic() + 60, 20
while left and time.monotonic() < limit:
    publisher.publish(String(data="hello"))
    rclpy.spin_once(node, timeout_sec=0.05)
    left -= bool(heard)
print("heard:", bool(heard))
"""


def test_what_the_user_has_set_stays():
    assert ros_environment({PROFILE: "mine"}) == {PROFILE: "mine", RANGE: "LOCALHOST"}
    assert transport(False, {RANGE: "SUBNET"}) == {PROFILE: str(FASTDDS_PROFILE), RANGE: "SUBNET"}
    assert transport(True, {}) == transport(True, {RANGE: "LOCALHOST"}) == ros_environment({})
    assert transport(False, ros_environment({})) == transport(False, {}) != ros_environment({})
    assert transport(True, transport(False, {})) == transport(True, {})  # what we have set ourselves is not the user's


def test_processes_without_images_use_no_shared_memory_and_are_heard_all_the_same(ros_environment):
    pytest.importorskip("rclpy", reason="needs the extra 'ros'")
    pairs = (("gate", "camera", False), ("robot", "gate", False), ("camera", "robot", True))
    processes = [
        subprocess.Popen(
            [sys.executable, "-c", TALKER, own, other],
            env={**os.environ, **transport(images)},
            stdout=subprocess.PIPE,
            text=True,
        )
        for own, other, images in pairs
    ]
    for process, (_, _, images) in zip(processes, pairs, strict=True):
        out, _ = process.communicate(timeout=90)
        assert out.splitlines() == [f"shared memory: {images}", "heard: True"]
