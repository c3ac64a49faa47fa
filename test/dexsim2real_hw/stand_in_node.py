"""A robot or a policy for the tests of the safety gate, as a process that can be killed.

python stand_in_node.py robot: joint states and touch; the joints are where the last command put them.
python stand_in_node.py policy: chunks that swing one joint, stamped and timed so that sample(t) is SWING at t.
"""

import sys
from array import array

import numpy as np
from builtin_interfaces.msg import Duration
from sensor_msgs.msg import JointState, PointCloud2, PointField
from trajectory_msgs.msg import JointTrajectory, JointTrajectoryPoint

from dexsim2real_description import JOINTS, make_cell
from dexsim2real_description.ros_node import QOS, GraphNode, run_node
from dexsim2real_description.touch_cloud import FIELDS, POINT_STEP, pack

HOME = np.array([0, 0, 0, -1.57, 0, 1.57, -0.785] + [0.1, 0.5, 0.5, 0.5] * 3 + [0.8, 0.3, 0.5, 0.5])
SWUNG = 5  # the wrist: the palm stays in its box


def swing(seconds):
    """Offset [rad] and velocity [rad/s] of the swung joint at a time [s] of the system's clock."""
    return 0.2 * np.sin(2.0 * seconds), 0.4 * np.cos(2.0 * seconds)


class Robot(GraphNode):
    def __init__(self):
        super().__init__("robot_stand_in")
        self.position = HOME.copy()
        self.joints = self.create_publisher(JointState, "/joint_states", QOS["/joint_states"])
        self.touch = self.create_publisher(PointCloud2, "/touch/points", QOS["/touch/points"])
        command = "/safety_gate/joint_command"
        self.create_subscription(JointTrajectory, command, self.take, QOS[command])
        self.create_timer(1 / 120, self.feel, clock=self.steady)
        self.create_timer(1 / 100, self.press, clock=self.steady)

    def take(self, message):
        self.position = np.array(message.points[0].positions)

    def feel(self):
        zero = array("d", bytes(8 * len(JOINTS)))
        message = JointState(name=list(JOINTS), position=array("d", self.position), velocity=zero, effort=zero)
        message.header.stamp = self.get_clock().now().to_msg()
        self.joints.publish(message)

    def press(self):
        layout = make_cell().touch
        fields = [PointField(name=f.name, offset=f.offset, datatype=f.datatype, count=f.count) for f in FIELDS]
        message = PointCloud2(height=1, width=4 * layout.num_taxels, fields=fields, point_step=POINT_STEP)
        message.row_step = message.width * POINT_STEP
        message.data = array("B", pack(np.zeros((4, layout.num_taxels, 3)), layout.positions))
        message.header.stamp = self.get_clock().now().to_msg()
        self.touch.publish(message)


class Policy(GraphNode):
    def __init__(self):
        super().__init__("policy_stand_in")
        self.chunks = self.create_publisher(JointTrajectory, "/policy/action_chunk", QOS["/policy/action_chunk"])
        self.create_timer(1 / 30, self.act, clock=self.steady)

    def act(self):
        now = self.get_clock().now()
        message = JointTrajectory(joint_names=list(JOINTS[::-1]))  # any order will do
        message.header.stamp = now.to_msg()
        for k in range(16):
            after = k * 33_000_000
            offset, speed = swing((now.nanoseconds + after) * 1e-9)
            position, velocity = HOME.copy(), np.zeros(len(JOINTS))
            position[SWUNG] += offset
            velocity[SWUNG] = speed
            point = JointTrajectoryPoint(positions=array("d", position[::-1]), velocities=array("d", velocity[::-1]))
            point.time_from_start = Duration(sec=0, nanosec=after)
            message.points.append(point)
        self.chunks.publish(message)


if __name__ == "__main__":
    sys.exit(run_node({"robot": Robot, "policy": Policy}[sys.argv[1]]))
