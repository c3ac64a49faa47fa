"""What every node of the graph shares: quality of service by topic, health messages, and the main loop.

Executor, clock and exit follow what was measured with these wheels: the events executor stepped by `spin_once`
(its `spin` burns a core and ignores signals), our own signal flag (rclpy's handlers close the context under a
running callback), then the node's exit hook while it can still publish.
"""

from __future__ import annotations

import gc
import signal
import sys
import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

import rclpy
from diagnostic_msgs.msg import DiagnosticArray, DiagnosticStatus, KeyValue
from rclpy.clock import Clock
from rclpy.clock_type import ClockType
from rclpy.duration import Duration
from rclpy.executors import Executor, SingleThreadedExecutor
from rclpy.impl.implementation_singleton import rclpy_implementation
from rclpy.node import Node
from rclpy.qos import QoSDurabilityPolicy, QoSLivelinessPolicy, QoSProfile, QoSReliabilityPolicy
from rclpy.signals import SignalHandlerOptions

from dexsim2real_description.errors import DexSim2RealError, UnknownNameError
from dexsim2real_description.scheduling import become_urgent

USER_ERROR = 2
"""Exit status of a node that says in one line what the user should change."""

DEADLINE = Duration(nanoseconds=50_000_000)
"""Offered between two joint states and between two commands: six periods of 120 Hz."""
CHUNK_DEADLINE = Duration(nanoseconds=150_000_000)
"""Offered between two action chunks: a policy at 10 Hz with half a period to spare."""
LEASE = Duration(nanoseconds=200_000_000)
"""A publisher whose process is gone is reported not alive after this."""
HANG = 30
"""A main loop that stands still for so long is stuck inside the middleware, where no signal reaches Python [s]."""
FAREWELL = 60
"""The same when a node goes: its last word, such as the rest of a recording, and the end of the middleware [s]."""


def _qos(
    depth: int,
    *,
    reliable: bool = True,
    latched: bool = False,
    deadline: Duration | None = None,
    alive: bool = False,
) -> QoSProfile:
    profile = QoSProfile(
        depth=depth,
        reliability=QoSReliabilityPolicy.RELIABLE if reliable else QoSReliabilityPolicy.BEST_EFFORT,
        durability=QoSDurabilityPolicy.TRANSIENT_LOCAL if latched else QoSDurabilityPolicy.VOLATILE,
    )
    if deadline is not None:
        profile.deadline = deadline
    if alive:
        profile.liveliness = QoSLivelinessPolicy.AUTOMATIC
        profile.liveliness_lease_duration = LEASE
    return profile


_CAMERA = _qos(2, reliable=False)
QOS: dict[str, QoSProfile] = {
    "/front_camera/color/image_raw": _CAMERA,
    "/front_camera/color/camera_info": _CAMERA,
    "/wrist_camera/color/image_raw": _CAMERA,
    "/wrist_camera/color/camera_info": _CAMERA,
    "/touch/points": _qos(5, reliable=False),
    "/joint_states": _qos(5, deadline=DEADLINE),
    "/policy/action_chunk": _qos(1, deadline=CHUNK_DEADLINE, alive=True),
    "/safety_gate/joint_command": _qos(1, deadline=DEADLINE, alive=True),
    "/safety_gate/state": _qos(1, latched=True),
    "/diagnostics": _qos(10),
    "/trial/event": _qos(10, latched=True),
    "/simulator/object_poses": _qos(5),
    "/simulator/scene": _qos(1, reliable=False),
    "/clock": _qos(1, reliable=False),
}
"""Quality of service of every topic of the graph, for its publisher and its subscribers alike.

A subscriber that must not be refused by a publisher with a slower deadline asks for `qos_without_deadline`.
"""


def qos_without_deadline(topic: str) -> QoSProfile:
    """The profile of `topic` for a listener to which silence is no fault (recorder, console, viewer)."""
    own = QOS[topic]
    return QoSProfile(depth=own.depth, reliability=own.reliability, durability=own.durability)


@dataclass(frozen=True)
class Health:
    """What a node says of itself on /diagnostics once a second."""

    message: str = "running"
    ok: bool = True
    values: Mapping[str, object] = field(default_factory=dict)


class GraphNode(Node):
    """A node that reports its health at 1 Hz and has a last word before it goes."""

    urgency = 0
    """Real-time priority to ask for, 1 to 99; 0 for ordinary scheduling."""

    def __init__(self, name: str) -> None:
        super().__init__(name)
        self.steady = Clock(clock_type=ClockType.STEADY_TIME)
        self.middleware_errors = 0
        """Messages that the middleware refused to take or to give."""
        self._diagnostics = self.create_publisher(DiagnosticArray, "/diagnostics", QOS["/diagnostics"])
        self.create_timer(1.0, self._report_health, clock=self.steady)

    def take_parameters(self, defaults: Mapping[str, Any]) -> dict[str, Any]:
        """Declare parameters with these defaults, which also say their types, and return their values.

        An int is taken where a float is expected. Raises DexSim2RealError for a value of another type, and
        UnknownNameError for a parameter that was given and that the node does not have.
        """
        given = self._parameter_overrides
        own = {"use_sim_time", "start_type_description_service"}  # every node has these
        for name in given:
            if name not in defaults and name not in own and not name.startswith("qos_overrides."):
                raise UnknownNameError(f"parameter of node {self.get_name()!r}", name, defaults)
        values = {}
        for name, default in defaults.items():
            value = given[name].value if name in given else default
            if isinstance(default, float) and type(value) is int:
                value = float(value)
            if type(value) is not type(default):
                hint = " (put text that looks like a number in quotes)" if isinstance(default, str) else ""
                raise DexSim2RealError(
                    f"parameter {name!r} of node {self.get_name()!r} is {value!r}, expected a value like "
                    f"{default!r}{hint}"
                )
            values[name] = self.declare_parameter(name, value, ignore_override=True).value
        return values

    def health(self) -> Health:
        """What /diagnostics says of this node; override it."""
        return Health()

    def at_exit(self) -> None:
        """Called once, before the node is destroyed: it can still publish. Override it."""

    def _report_health(self) -> None:
        health = self.health()
        message = DiagnosticArray()
        message.header.stamp = self.get_clock().now().to_msg()
        message.status = [
            diagnostic_status(
                self.get_name(),
                health.message,
                DiagnosticStatus.OK if health.ok else DiagnosticStatus.ERROR,
                {**health.values, "middleware errors": self.middleware_errors},
            )
        ]
        self._diagnostics.publish(message)


def diagnostic_status(name: str, message: str, level: bytes, values: Mapping[str, object]) -> DiagnosticStatus:
    """A status with `values` as text."""
    pairs = [KeyValue(key=key, value=str(value)) for key, value in values.items()]
    return DiagnosticStatus(level=level, name=name, message=message, values=pairs)


def make_executor() -> Executor:
    """The events executor, or the single-threaded one where this rclpy has none; never a multi-threaded one."""
    try:
        from rclpy.experimental.events_executor import EventsExecutor  # younger than Jazzy
    except ImportError:
        return SingleThreadedExecutor()
    return EventsExecutor()


def run_node(make_node: Callable[[], GraphNode]) -> int:
    """Run one node until SIGINT or SIGTERM; returns the exit status of the process.

    0 after a signal, 2 after a DexSim2RealError, whose line goes to standard error. Any other exception leaves
    this function after the node has had its `at_exit`. A node that hangs is ended by the kernel: a peer that was killed
    can leave a lock in shared memory on which the middleware waits for ever. It holds the interpreter's lock meanwhile,
    so that neither a signal's handler nor a thread of ours would run.
    """
    stopping = threading.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: stopping.set())
    try:
        _init()
        _spin(make_node(), stopping)
    except DexSim2RealError as error:
        sys.stderr.write(f"error: {' '.join(str(error).split())}\n")
        return USER_ERROR
    finally:
        rclpy.try_shutdown()
        signal.alarm(0)
    return 0


def _init() -> None:
    try:
        rclpy.init(signal_handler_options=SignalHandlerOptions.NO)
    except (rclpy_implementation.RCLError, rclpy_implementation.UnknownROSArgsError) as error:
        raise DexSim2RealError(f"{error}; check what follows --ros-args") from error


def _spin(node: GraphNode, stopping: threading.Event) -> None:
    executor = make_executor()
    executor.add_node(node)
    gc.collect()
    gc.freeze()  # what is there now stays: later collections have next to nothing to look at
    if node.urgency:
        become_urgent(node.urgency)
    try:
        while not stopping.is_set() and rclpy.ok():
            signal.alarm(HANG)
            _spin_once(node, executor)
    finally:
        signal.alarm(FAREWELL)
        if rclpy.ok():
            node.at_exit()
        executor.shutdown()
        node.destroy_node()
        gc.unfreeze()


def _spin_once(node: GraphNode, executor: Executor) -> None:
    """Handle what comes. A message that the middleware cannot pass on is lost and counted; it ends no node."""
    try:
        executor.spin_once(timeout_sec=0.1)
    except rclpy_implementation.RCLError as error:
        node.middleware_errors += 1
        node.get_logger().error(str(error), throttle_duration_sec=1.0)
