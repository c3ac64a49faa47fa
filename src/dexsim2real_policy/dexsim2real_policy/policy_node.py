"""Runs a policy in the graph: sensors in, action chunks out to the safety gate."""

from __future__ import annotations

import json
import sys
from array import array
from collections.abc import Callable
from functools import partial
from typing import Any

from builtin_interfaces.msg import Duration, Time
from sensor_msgs.msg import Image, JointState, PointCloud2
from std_msgs.msg import String
from trajectory_msgs.msg import JointTrajectory, JointTrajectoryPoint

from dexsim2real_description import DexSim2RealError, make_cell
from dexsim2real_description.observation import ObservationSpec
from dexsim2real_description.ros_node import CHUNK_DEADLINE, QOS, GraphNode, Health, qos_without_deadline, run_node
from dexsim2real_description.stamps import nanoseconds, stamp_fields
from dexsim2real_description.touch_cloud import unpack
from dexsim2real_policy.choice import HOLD, choose_policy
from dexsim2real_policy.messages import JointReader, rgb_image
from dexsim2real_policy.pilot import Pilot, StampedChunk
from dexsim2real_policy.silence import Silence

CHUNKS = "/policy/action_chunk"
PARAMETERS: dict[str, Any] = {
    "artifact": HOLD,  # a policy folder, the name of a shipped policy, or "hold" to keep still
    "variant": "float32",  # or int8
    "threads": 1,
    "arm": "panda",
    "hand": "v4",
    "touch": "grid15",
    "rate": 30.0,  # [Hz] how often the graph's sensors allow an observation; the policy's rate must divide it
    "image_silence": 0.1,  # [s] without an image that make the policy give up: three periods of 30 Hz
}
"""Parameters of the node and their defaults."""
LOOK = 0.01
"""Between two looks for cameras that have fallen silent [s]."""


class PolicyNode(GraphNode):
    """Feeds the sensors to a pilot and publishes its chunks."""

    def __init__(self) -> None:
        super().__init__("policy")
        values = self.take_parameters(PARAMETERS)
        self._artifact = str(values["artifact"])
        cell = make_cell(*(values[name] for name in ("arm", "hand", "touch")))
        observation = ObservationSpec.of_cell(cell, rate=values["rate"])
        longest = CHUNK_DEADLINE.nanoseconds * 1e-9
        policy = choose_policy(self._artifact, cell, observation, longest, values["variant"], values["threads"])
        self._pilot = Pilot(policy)
        contract = self._pilot.contract
        self._joints = JointReader(contract.action.joints)
        self._complaint = ""
        self._unreadable = 0
        self._blind = ""
        self._silence = Silence(contract.observation.cameras, values["image_silence"], LOOK)
        self._publisher = self.create_publisher(JointTrajectory, CHUNKS, QOS[CHUNKS])
        self._listen(contract.observation)
        self.create_timer(1.0 / contract.observation.rate, self._step)
        self.create_timer(LOOK, self._look)

    def health(self) -> Health:
        """Whether the policy acts, how fast, and how old what it sees is."""
        pilot = self._pilot
        p50, p99 = pilot.timing_ms()
        problem, self._complaint = self._complaint or self._blind or pilot.problem, ""
        values = {
            "artifact": self._artifact,
            "task": pilot.contract.task,
            "chunks": pilot.chunks,
            "inference p50 [ms]": f"{p50:.2f}",
            "inference p99 [ms]": f"{p99:.2f}",
            "overruns": pilot.overruns,
            "refused as stale": pilot.refused,
            "unreadable messages": self._unreadable,
        }
        ages = {f"age of {name} [ms]": f"{age * 1e3:.1f}" for name, age in pilot.ages.items()}
        return Health(message=problem or "acting", ok=not problem, values={**values, **ages})

    def _listen(self, spec: ObservationSpec) -> None:
        """Subscribe to what the policy needs, and to the gate's commands."""
        self._subscribe(JointState, "/joint_states", self._joint_state)
        self._subscribe(JointTrajectory, "/safety_gate/joint_command", self._command)
        self._subscribe(String, "/trial/event", self._trial_event)
        if spec.touch_layout is not None:
            self._subscribe(PointCloud2, "/touch/points", self._touch)
        for name in spec.cameras:
            self._subscribe(Image, f"/{name}_camera/color/image_raw", partial(self._image, name))

    def _subscribe(self, kind: type, topic: str, callback: Callable[[Any], None]) -> None:
        """A message that cannot be read is counted and told on /diagnostics, and the node goes on."""

        def guarded(message: Any) -> None:
            try:
                callback(message)
            except (DexSim2RealError, ValueError) as error:
                self._unreadable += 1
                self._complaint = f"{topic}: {error}"

        latched = topic == "/trial/event"
        self.create_subscription(kind, topic, guarded, QOS[topic] if latched else qos_without_deadline(topic))

    def _joint_state(self, message: JointState) -> None:
        sample = self._joints.sample(message.name, message.position, message.velocity, message.effort)
        self._pilot.sensors.joints.put(nanoseconds(message.header.stamp), sample)

    def _command(self, message: JointTrajectory) -> None:
        if not message.points:
            raise DexSim2RealError("a joint command has no points")
        positions = self._joints.positions(message.joint_names, message.points[0].positions)
        self._pilot.sensors.command.put(nanoseconds(message.header.stamp), positions)

    def _touch(self, message: PointCloud2) -> None:
        if self._pilot.sensors.touch is not None:
            force = unpack(message.data, message.fields, message.point_step)
            self._pilot.sensors.touch.put(nanoseconds(message.header.stamp), force)

    def _image(self, camera: str, message: Image) -> None:
        self._silence.heard(camera)
        self._pilot.sensors.cameras[camera].put(nanoseconds(message.header.stamp), rgb_image(message))

    def _trial_event(self, message: String) -> None:
        event = json.loads(message.data)
        if isinstance(event, dict) and "outcome" not in event:  # a trial starts
            self._pilot.restart()

    def _look(self) -> None:
        """Tell the gate at once when a camera falls silent; it does not see the images, and a chunk lasts."""
        seeing = not self._blind
        silent = self._silence.look()
        self._blind = f"camera {silent}" if silent else ""
        if self._blind and seeing:
            self._refuse()

    def _refuse(self) -> None:
        """A chunk without points says that the policy cannot act, and in its frame why."""
        message = JointTrajectory(joint_names=list(self._pilot.contract.action.joints))
        message.header.stamp, message.header.frame_id = self.get_clock().now().to_msg(), self._blind
        self._publisher.publish(message)

    def _step(self) -> None:
        if self._blind:
            self._refuse()
            return
        try:
            stamped = self._pilot.step(self.get_clock().now().nanoseconds)
        except DexSim2RealError as error:
            self._complaint = str(error)
            return
        if stamped is not None:
            self._publisher.publish(chunk_message(stamped, list(self._pilot.contract.action.joints)))


def chunk_message(stamped: StampedChunk, joints: list[str]) -> JointTrajectory:
    """A chunk as trajectory_msgs/JointTrajectory: joint positions [rad] and times since the observation."""
    message = JointTrajectory(joint_names=joints)
    message.header.stamp = Time(**stamp_fields(stamped.stamp_ns))
    for seconds, row in zip(stamped.chunk.times, stamped.chunk.positions, strict=True):
        when = Duration(**stamp_fields(round(seconds * 1e9)))
        message.points.append(JointTrajectoryPoint(positions=array("d", row), time_from_start=when))
    return message


def main() -> int:
    """Entry point of the node."""
    return run_node(PolicyNode)


if __name__ == "__main__":
    sys.exit(main())
