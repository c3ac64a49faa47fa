"""For launch_test: the simulated graph, by both launch files that start it. Run by test_launch_graph.py."""

import unittest
from pathlib import Path

import launch_testing
import launch_testing.actions
import launch_testing.asserts
import rclpy
from launch import LaunchDescription
from launch.actions import IncludeLaunchDescription
from launch.launch_description_sources import PythonLaunchDescriptionSource
from sensor_msgs.msg import JointState

from dexsim2real_bringup.graph import GraphOptions, graph
from dexsim2real_bringup.ros_session import RosSession
from dexsim2real_description.ros_node import qos_without_deadline

FOLDER = Path(__file__).parents[2] / "src" / "dexsim2real_bringup" / "launch"
ARGUMENTS = {"sim": {}, "real": {"use_twin": "true", "robot_ip": "172.16.0.2"}}
PATIENCE = 60.0
"""[s]"""


@launch_testing.parametrize("mode", list(ARGUMENTS))
def generate_test_description(mode):
    source = PythonLaunchDescriptionSource(str(FOLDER / f"{mode}.launch.py"))
    included = IncludeLaunchDescription(source, launch_arguments=ARGUMENTS[mode].items())
    return LaunchDescription([included, launch_testing.actions.ReadyToTest()])


class TestGraph(unittest.TestCase):
    def test_all_nodes_are_there_and_joint_states_flow(self):
        expected = {node.name for node in graph("sim", GraphOptions())}
        joints = []
        with RosSession("launch_test") as session:
            qos = qos_without_deadline("/joint_states")
            session.node.create_subscription(JointState, "/joint_states", joints.append, qos)
            session.until(lambda: len(joints) > 100, PATIENCE, "flow of joint states")
            session.until(lambda: expected <= set(session.node.get_node_names()), PATIENCE, f"nodes {expected}")
        assert len(joints[-1].name) == 23
        assert not rclpy.ok()


@launch_testing.post_shutdown_test()
class TestEnd(unittest.TestCase):
    def test_every_node_ended_cleanly(self, proc_info):
        assert len(proc_info.process_names()) == len(graph("sim", GraphOptions()))
        launch_testing.asserts.assertExitCodes(proc_info)
