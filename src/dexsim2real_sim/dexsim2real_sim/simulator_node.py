"""The simulated robot: offers what the real one offers, from nominal physics or from a twin.

With `speed` 1 it runs in real time and says if it cannot; with `speed` 0 it runs as fast as it can and publishes
/clock. Its parameters are those of the registry, except for a twin, whose parameters are hidden.
"""

from __future__ import annotations

import sys
from typing import Any

from builtin_interfaces.msg import Time
from geometry_msgs.msg import Point, Pose, PoseArray, Quaternion
from rcl_interfaces.msg import SetParametersResult
from rclpy.parameter import Parameter as RosParameter
from rosgraph_msgs.msg import Clock as ClockMessage
from sensor_msgs.msg import JointState, PointCloud2, PointField
from std_msgs.msg import Header, String
from std_srvs.srv import Trigger
from trajectory_msgs.msg import JointTrajectory

from dexsim2real_description import JOINTS, DexSim2RealError
from dexsim2real_description.ros_node import QOS, GraphNode, Health, qos_without_deadline, run_node
from dexsim2real_description.scheduling import ROBOT
from dexsim2real_description.stamps import nanoseconds, stamp_fields
from dexsim2real_description.touch_cloud import FIELDS, POINT_STEP, TOUCH_FRAME, pack
from dexsim2real_sim.live_clock import SCENE_RATE, TOUCH_RATE, Pace, Periodic
from dexsim2real_sim.live_parameters import CELL_PARAMETERS, make_live_cell
from dexsim2real_sim.live_scene import describe
from dexsim2real_sim.parameters import PARAMETERS
from dexsim2real_sim.plant import CONTROL_RATE

NODE_PARAMETERS: dict[str, Any] = {**CELL_PARAMETERS, "speed": 1.0}
"""Parameters of the node itself and their defaults."""

COMMANDS_KEPT = 20
"""Commands that may wait while a tick is computed: the gate sends two or three per tick."""


class SimulatorNode(GraphNode):
    """A LiveCell behind the topics and services of the robot."""

    def __init__(self) -> None:
        super().__init__("simulator")
        registry = {name: float(p.nominal) for name, p in PARAMETERS.items()}
        values = self.take_parameters({**NODE_PARAMETERS, **registry})
        if values["speed"] not in (0.0, 1.0):
            raise DexSim2RealError(f"speed is {values['speed']}, expected 1 (real time) or 0 (as fast as possible)")
        self._fast = values["speed"] == 0.0
        self.urgency = 0 if self._fast else ROBOT  # in real time it stands where the robot's node stands
        self._live = make_live_cell(values)
        self._offer_parameters({name: values[name] for name in registry})
        self._joints = self.create_publisher(JointState, "/joint_states", QOS["/joint_states"])
        self._touch = self.create_publisher(PointCloud2, "/touch/points", QOS["/touch/points"])
        self._objects = self.create_publisher(PoseArray, "/simulator/object_poses", QOS["/simulator/object_poses"])
        self._scenes = self.create_publisher(String, "/simulator/scene", QOS["/simulator/scene"])
        self._clock_out = self.create_publisher(ClockMessage, "/clock", QOS["/clock"])
        qos = qos_without_deadline("/safety_gate/joint_command")  # without commands the robot holds
        qos.depth = COMMANDS_KEPT
        self.create_subscription(JointTrajectory, "/safety_gate/joint_command", self._take_command, qos)
        self.create_service(Trigger, "/simulator/reset", self._reset)
        self._touch_due, self._scene_due = Periodic(TOUCH_RATE), Periodic(SCENE_RATE)
        self._commands, self._refused, self._breakdowns, self._last_command = 0, 0, 0, 0
        self._command_time = 0.0
        self._seed: int | None = None  # to start anew from
        self._pace = Pace(CONTROL_RATE)
        self.create_timer(0.0 if self._fast else 1 / CONTROL_RATE, self._run, clock=self.steady)

    def _offer_parameters(self, values: dict[str, float]) -> None:
        """Let a person change the registry's parameters, but hide those of a twin."""
        if self._live.is_twin:
            for name in values:
                self.undeclare_parameter(name)
        else:
            self._live.set_parameters(values)
        self.add_on_set_parameters_callback(self._change_parameters)

    def health(self) -> Health:
        """Real-time factor, ticks, commands taken and refused."""
        factor = self._pace.factor
        keeps_up = self._fast or factor > 0.98
        values = {
            "real_time_factor": f"{factor:.3f}",
            "ticks": self._live.ticks,
            "late_ticks": self._pace.late,
            "ticks_given_up": self._pace.given_up,
            "commands": self._commands,
            "commands_refused": self._refused,
            "last_command_ns": self._last_command,
            "physics_breakdowns": self._breakdowns,
        }
        return Health("running" if keeps_up else "cannot keep real time", keeps_up, values)

    def _run(self) -> None:
        if self._fast:
            self._tick(round(self._live.time * 1e9))
            return
        now = self.steady.now().nanoseconds
        ticks = self._pace.due(now)
        wall = self.get_clock().now().nanoseconds
        for left in reversed(range(ticks)):
            self._tick(wall - round(self._pace.lateness(now, left) * 1e9))

    def _tick(self, due_ns: int) -> None:
        """One control period from `due_ns` on."""
        end = due_ns * 1e-9 + 1 / CONTROL_RATE
        if not self._live.tick(end - self._command_time):
            self._breakdowns += 1
            self.get_logger().error("physics broke down; the cell was put back at its start")
        stamp = self._stamp()
        if self._fast:
            self._clock_out.publish(ClockMessage(clock=stamp))
        header = Header(stamp=stamp)
        readings = self._live.readings()
        self._joints.publish(
            JointState(
                header=header,
                name=list(JOINTS),
                position=readings.position[0].tolist(),
                velocity=readings.velocity[0].tolist(),
                effort=readings.torque[0].tolist(),
            )
        )
        if readings.touch is not None and self._touch_due(self._live.time):
            self._publish_touch(readings.touch[0], stamp)
        if self._scene_due(self._live.time):
            poses = [_pose(pose) for pose in self._live.object_poses().values()]
            self._objects.publish(PoseArray(header=Header(stamp=stamp, frame_id="world"), poses=poses))
            scene = describe(self._live, nanoseconds(stamp))
            self._scenes.publish(String(data=scene.text()))

    def _stamp(self) -> Time:
        """Now: the system's time, or the simulation's when it runs as fast as it can."""
        if not self._fast:
            return self.get_clock().now().to_msg()
        return Time(**stamp_fields(round(self._live.time * 1e9)))

    def _publish_touch(self, force: Any, stamp: Time) -> None:
        layout = self._live.cell.touch
        assert layout is not None  # noqa: S101  (a cell without touch gives no reading)
        count = force.shape[0] * force.shape[1]
        fields = [PointField(name=f.name, offset=f.offset, datatype=f.datatype, count=f.count) for f in FIELDS]
        self._touch.publish(
            PointCloud2(
                header=Header(stamp=stamp, frame_id=TOUCH_FRAME),
                height=1,
                width=count,
                fields=fields,
                point_step=POINT_STEP,
                row_step=POINT_STEP * count,
                data=pack(force, layout.positions),
                is_dense=True,
            )
        )

    def _take_command(self, message: JointTrajectory) -> None:
        """Take the last point; refuse what is not one finite position per known joint."""
        point = message.points[-1] if message.points else None
        if point is None or len(point.positions) != len(message.joint_names):
            self._refused += 1
            return
        try:
            self._live.command(
                dict(zip(message.joint_names, point.positions, strict=True)),
                dict(zip(message.joint_names, point.velocities, strict=False)),  # without velocities: hold
            )
        except DexSim2RealError as error:
            self._refused += 1
            self.get_logger().warning(str(error), throttle_duration_sec=1.0)
            return
        self._commands += 1
        self._last_command = nanoseconds(message.header.stamp)
        self._command_time = (self._last_command + nanoseconds(point.time_from_start)) * 1e-9

    def _reset(self, _: Trigger.Request, response: Trigger.Response) -> Trigger.Response:
        if self._seed is None:
            self._live.reset()
        else:
            self._live.rewind(self._seed)
            self._seed = None
        response.success, response.message = True, f"task {self._live.task.name} starts anew"
        return response

    def _change_parameters(self, changed: list[RosParameter[Any]]) -> SetParametersResult:
        """Registry parameters act at once, the seed at the next reset; others of the node only at its start."""
        fixed = [p.name for p in changed if p.name not in PARAMETERS and p.name != "seed"]
        if fixed:
            return SetParametersResult(successful=False, reason=f"{', '.join(fixed)}: set at start only")
        try:
            seeds = [_seed(p.value) for p in changed if p.name == "seed"]
            self._live.set_parameters({p.name: float(p.value) for p in changed if p.name != "seed"})
        except (DexSim2RealError, TypeError, ValueError) as error:
            return SetParametersResult(successful=False, reason=str(error))
        self._seed = seeds[-1] if seeds else self._seed
        return SetParametersResult(successful=True)


def _seed(value: object) -> int:
    if not isinstance(value, int) or value < 0:
        raise ValueError(f"seed is {value}; it must be a whole number, 0 or more")
    return value


def _pose(pose: Any) -> Pose:
    """Our w, x, y, z becomes x, y, z, w."""
    x, y, z, qw, qx, qy, qz = pose.tolist()
    return Pose(position=Point(x=x, y=y, z=z), orientation=Quaternion(x=qx, y=qy, z=qz, w=qw))


def main() -> int:
    """Entry point of the node."""
    return run_node(SimulatorNode)


if __name__ == "__main__":
    sys.exit(main())
