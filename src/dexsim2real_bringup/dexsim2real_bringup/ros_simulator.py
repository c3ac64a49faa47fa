"""A simulator behind the ROS graph, for a search: node /simulator with its parameters and reset, cameras, joints.

The simulated robot of this project is one, Isaac Sim with its ROS bridge another: only what the graph says is used.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray
from rclpy.parameter import Parameter
from rclpy.parameter_client import AsyncParameterClient
from trajectory_msgs.msg import JointTrajectory, JointTrajectoryPoint

from dexsim2real_bringup.graph_eyes import GraphEyes
from dexsim2real_bringup.ros_session import RosSession
from dexsim2real_description import CAMERAS, JOINTS, DexSim2RealError
from dexsim2real_description.area import Size
from dexsim2real_description.ros_node import QOS
from dexsim2real_dr.critics.critic import Array, Evidence
from dexsim2real_dr.simulator import Poses, Simulator

PATIENCE = 30.0
"""For the simulator to do what it is asked [s]."""
SEED = "seed"
"""Parameter of a simulator that can start the task from a seed; one without starts it as it does (Isaac Sim)."""
COMMANDS = "/safety_gate/joint_command"
PERIOD = 1 / 120
"""Between two commands [s]."""
SPEED = 0.5
"""On the way to a pose [rad/s]."""
ARRIVED = 0.01
"""Largest error of a joint in a pose [rad]."""


class RosSimulator(Simulator):
    """Sets parameters, resets, leads the robot to the pose where it is not there yet, and waits for new pictures."""

    def __init__(self, poses: Poses, names: Sequence[str], size: Size, stands: Array) -> None:
        """`stands` is where the robot stands in each pose [rad], shape (count, 23).

        Raises DexSim2RealError if the graph has no simulator, cameras or joints.
        """
        self.poses, self.size, self.names = poses, size, tuple(names)
        self._stands = stands
        self._session = RosSession("fm_dr", images=True)
        try:
            self._eyes = GraphEyes(self._session, PATIENCE)
            self._parameters = _Parameters(self._session)
            self._seeded = self._parameters.has(SEED)
            self._commands = self._session.node.create_publisher(JointTrajectory, COMMANDS, QOS[COMMANDS])
        except DexSim2RealError:
            self.close()
            raise

    @property
    def described(self) -> str:
        """As Simulator; pictures of other cameras are another search."""
        height, width = self.size
        seen = ", ".join(f"{w} x {h}" for h, w in self._eyes.sizes)
        starts = f"of seed {self.poses.seed}" if self._seeded else "of its own starts"
        return (
            f"{self.poses.task} over ROS, {self.poses.count} poses {starts}, cameras of {seen}, "
            f"{width} x {height} pixels"
        )

    def pictures(self, values: Array) -> Evidence:
        """As Simulator. Raises DexSim2RealError for what the simulator refuses, does not do, or does not show."""
        taken = [self._pose(k, values) for k in range(self.poses.count)]
        return Evidence(np.concatenate(taken), CAMERAS * self.poses.count)

    def close(self) -> None:
        """Leave the graph."""
        self._session.__exit__(None, None, None)

    def _pose(self, k: int, values: Array) -> NDArray[np.uint8]:
        """Both cameras' pictures of one pose, shape (2, H, W, 3)."""
        given = dict(zip(self.names, values.tolist(), strict=True))
        start = {SEED: self.poses.seed + k} if self._seeded else {}
        self._parameters.set({**start, **given})
        self._session.call("/simulator/reset", PATIENCE)
        self._lead(self._eyes.fresh_joints(), self._stands[k])
        return np.stack(self._eyes.look(self.size))

    def _lead(self, start: Array, goal: Array) -> None:
        """Command the robot along the straight way, unless it stands there already."""
        if np.abs(start - goal).max() < ARRIVED:
            return
        steps = int(np.abs(goal - start).max() / (SPEED * PERIOD)) + 1
        for share in np.linspace(0.0, 1.0, steps):
            self._command(start + share * (goal - start))
            self._session.spin(PERIOD)

        def arrived() -> bool:
            self._command(goal)
            return bool(np.abs(self._eyes.joints - goal).max() < ARRIVED)

        self._session.until(arrived, PATIENCE, "robot in its pose (is the gate disarmed, and the way free?)")

    def _command(self, position: Array) -> None:
        point = JointTrajectoryPoint(positions=position.tolist())
        message = JointTrajectory(joint_names=list(JOINTS), points=[point])
        message.header.stamp = self._session.node.get_clock().now().to_msg()
        self._commands.publish(message)


class _Parameters:
    """Of node /simulator."""

    def __init__(self, session: RosSession) -> None:
        self._session = session
        self._client: Any = AsyncParameterClient(session.node, "simulator")
        session.until(self._client.services_are_ready, PATIENCE, "node /simulator")

    def has(self, name: str) -> bool:
        """Whether there is one of this name."""
        future = self._client.get_parameter_types([name])
        self._session.until(future.done, PATIENCE, "answer of node /simulator about its parameters")
        return any(future.result().types)  # one that there is not has no type, or no answer

    def set(self, values: Mapping[str, float | int]) -> None:
        """All at once. Raises DexSim2RealError for one that is refused, with the simulator's reason."""
        future = self._client.set_parameters([Parameter(name, value=value) for name, value in values.items()])
        self._session.until(future.done, PATIENCE, "answer of node /simulator to its parameters")
        results = zip(values, future.result().results, strict=True)
        refused = [f"{name} ({result.reason})" for name, result in results if not result.successful]
        if refused:
            raise DexSim2RealError(
                f"the simulator refuses {'; '.join(refused)}; search parameters that it offers (a twin hides its own)"
            )
