"""Draws for RViz and Foxglove what they cannot draw themselves: touch on the fingertips, the gate's state and limits.

Markers are given in the frames of the robot's links, so a viewer that knows the robot places them.
"""

from __future__ import annotations

import sys
from typing import Any

import numpy as np
from diagnostic_msgs.msg import DiagnosticArray, DiagnosticStatus
from geometry_msgs.msg import Point, Pose, Vector3
from numpy.typing import NDArray
from sensor_msgs.msg import PointCloud2
from std_msgs.msg import ColorRGBA, Header
from visualization_msgs.msg import Marker, MarkerArray

from dexsim2real_description import DexSim2RealError, make_cell
from dexsim2real_description.hand import TIPS
from dexsim2real_description.ros_node import GraphNode, Health, qos_without_deadline, run_node
from dexsim2real_description.touch_cloud import unpack
from dexsim2real_hw.gate import GateConfig

PARAMETERS: dict[str, Any] = {"arm": "panda", "hand": "v4", "touch": "grid15", "full_force": 2.0}
"""Parameters of the node and their defaults; a taxel with `full_force` [N] has the last colour."""

TOPIC = "/markers"
TOUCH_RATE = 15.0
"""[Hz]"""
WORLD = "world"
TAXEL = 0.004
"""Diameter of a taxel's dot [m]."""
TEXT_HEIGHT = 0.04
"""[m]"""
_LEVEL_COLORS = {
    DiagnosticStatus.OK: (0.3, 0.9, 0.4),
    DiagnosticStatus.WARN: (1.0, 0.75, 0.2),
    DiagnosticStatus.ERROR: (1.0, 0.3, 0.25),
}
_TIGHTEST = 3
"""Margins that the text shows."""


class MarkerNode(GraphNode):
    """Keeps the newest touch and gate state, and publishes them as markers."""

    def __init__(self) -> None:
        super().__init__("markers")
        values = self.take_parameters(PARAMETERS)
        self._layout = make_cell(values["arm"], values["hand"], values["touch"]).touch
        self._full = values["full_force"]
        if not self._full > 0:
            raise DexSim2RealError(f"parameter 'full_force' is {self._full}, expected a positive number of newtons")
        self._force: NDArray[np.float32] | None = None
        self._problem = ""
        self._publisher = self.create_publisher(MarkerArray, TOPIC, 5)
        qos = qos_without_deadline
        self.create_subscription(PointCloud2, "/touch/points", self._touch, qos("/touch/points"))
        self.create_subscription(DiagnosticArray, "/safety_gate/state", self._gate, qos("/safety_gate/state"))
        self.create_timer(1 / TOUCH_RATE, self._publish_touch, clock=self.steady)
        self.create_timer(1.0, self._publish_workspace, clock=self.steady)

    def health(self) -> Health:
        """What it could not read, if anything."""
        return Health(self._problem or "running", not self._problem)

    def _touch(self, message: PointCloud2) -> None:
        try:
            self._force, self._problem = unpack(message.data, message.fields, message.point_step), ""
        except (DexSim2RealError, ValueError) as error:
            self._problem = f"/touch/points: {error}"

    def _gate(self, message: DiagnosticArray) -> None:
        self._publisher.publish(MarkerArray(markers=[gate_marker(status) for status in message.status]))

    def _publish_touch(self) -> None:
        if self._force is not None and self._layout is not None:
            self._publisher.publish(touch_markers(self._force, self._layout.positions, self._full))
            self._force = None

    def _publish_workspace(self) -> None:
        config = GateConfig()
        corners = np.array([config.workspace_lower, config.workspace_upper])
        self._publisher.publish(MarkerArray(markers=[workspace_marker(corners)]))


def touch_markers(force: NDArray[np.floating], positions: NDArray[np.floating], full: float) -> MarkerArray:
    """One list of dots per finger, in the frame of its tip: forces [N], shape (4, T, 3), at (T, 3) [m].

    The colour goes from dark blue at rest over red to yellow at `full` newtons.
    """
    points = [Point(x=float(x), y=float(y), z=float(z)) for x, y, z in positions]
    markers = []
    for number, tip in enumerate(TIPS):
        share = np.clip(np.linalg.norm(force[number], axis=1) / full, 0.0, 1.0)
        dots = _marker("touch", number, tip, Marker.SPHERE_LIST)
        dots.scale = Vector3(x=TAXEL, y=TAXEL, z=TAXEL)
        dots.points, dots.colors = points, [_heat(float(s)) for s in share]
        markers.append(dots)
    return MarkerArray(markers=markers)


def gate_marker(status: DiagnosticStatus) -> Marker:
    """The gate's state as text above the table: what it does, why, and what is nearest to its limit."""
    values = {pair.key: pair.value for pair in status.values}
    lines = [status.message.upper()]
    lines += [values[key] for key in ("cause", "fired", "rejected") if values.get(key)]
    margins = {k.removeprefix("margin "): float(v) for k, v in values.items() if k.startswith("margin ")}
    lines += [f"{name}: {margins[name]:.3g} left" for name in sorted(margins, key=margins.__getitem__)[:_TIGHTEST]]
    marker = _marker("safety_gate", 0, WORLD, Marker.TEXT_VIEW_FACING)
    marker.text, marker.scale.z = "\n".join(lines), TEXT_HEIGHT
    marker.pose.position = Point(x=0.55, y=0.0, z=1.15)
    red, green, blue = _LEVEL_COLORS.get(status.level, _LEVEL_COLORS[DiagnosticStatus.ERROR])
    marker.color = ColorRGBA(r=red, g=green, b=blue, a=1.0)
    return marker


def workspace_marker(corners: NDArray[np.floating]) -> Marker:
    """The box that the palm may not leave, shape (2, 3) [m], as its twelve edges."""
    marker = _marker("workspace", 0, WORLD, Marker.LINE_LIST)
    marker.scale.x = 0.003
    marker.color = ColorRGBA(r=0.4, g=0.7, b=1.0, a=0.8)
    for axis in range(3):
        for first in (0, 1):
            for second in (0, 1):
                for end in (0, 1):
                    pick = np.insert([first, second], axis, end)
                    marker.points.append(Point(**{name: float(corners[pick[i], i]) for i, name in enumerate("xyz")}))
    return marker


def _marker(namespace: str, number: int, frame: str, kind: int) -> Marker:
    marker = Marker(header=Header(frame_id=frame), ns=namespace, id=number, type=kind, action=Marker.ADD, pose=Pose())
    marker.pose.orientation.w = 1.0
    marker.frame_locked = True
    return marker


def _heat(share: float) -> ColorRGBA:
    red, green = min(1.0, 2 * share), max(0.0, 2 * share - 1)
    return ColorRGBA(r=0.1 + 0.9 * red, g=0.15 + 0.75 * green, b=0.5 * (1 - red), a=1.0)


def main() -> int:
    """Entry point of the node."""
    return run_node(MarkerNode)


if __name__ == "__main__":
    sys.exit(main())
