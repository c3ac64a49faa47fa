"""What the viewers are given to draw."""

import json
from pathlib import Path

import numpy as np
import pytest
import yaml

pytest.importorskip("rclpy", reason="needs the extra 'ros'")

from diagnostic_msgs.msg import DiagnosticStatus
from visualization_msgs.msg import Marker

from dexsim2real_bringup.graph import GraphOptions, graph
from dexsim2real_bringup.marker_node import TOPIC, gate_marker, touch_markers, workspace_marker
from dexsim2real_description import make_cell
from dexsim2real_description.hand import TIPS
from dexsim2real_description.ros_node import diagnostic_status
from dexsim2real_description.urdf import cell_urdf

RVIZ = Path(__file__).parents[2] / "src" / "dexsim2real_bringup" / "rviz"
CELL = make_cell()


def test_touch_is_dots_in_the_frame_of_each_tip():
    force = np.zeros((4, 15, 3))
    force[3, 2] = [0.0, 0.0, 2.0]
    markers = touch_markers(force, CELL.touch.positions, 2.0).markers
    assert [marker.header.frame_id for marker in markers] == list(TIPS)
    assert all(f'<link name="{tip}"' in cell_urdf(CELL) for tip in TIPS)
    assert [len(marker.points) for marker in markers] == [15] * 4
    full, rest = markers[3].colors[2], markers[0].colors[0]
    assert (full.r, full.g, full.b) == pytest.approx((1.0, 0.9, 0.0))
    assert (rest.r, rest.g, rest.b) == pytest.approx((0.1, 0.15, 0.5))


def test_the_gates_state_is_text_with_its_cause_and_the_tightest_margins():
    words = {"cause": "age touch: 0.2 s against 0.1 s", "margin jerk a": "5", "margin effort b": "0.5", "margin x": "9"}
    words |= {"margin y": "7", "fired": ""}
    marker = gate_marker(diagnostic_status("safety_gate", "stopped", DiagnosticStatus.ERROR, words))
    assert marker.type == Marker.TEXT_VIEW_FACING
    lines = ["STOPPED", "age touch: 0.2 s against 0.1 s", "effort b: 0.5 left", "jerk a: 5 left", "y: 7 left"]
    assert marker.text.split("\n") == lines
    assert marker.color.r > marker.color.g


def test_the_workspace_is_a_box_of_twelve_edges():
    marker = workspace_marker(np.array([[0.0, 0.0, 0.0], [1.0, 2.0, 3.0]]))
    ends = [(p.x, p.y, p.z) for p in marker.points]
    edges = {frozenset(pair) for pair in zip(ends[::2], ends[1::2], strict=True)}
    assert len(edges) == 12
    lengths = sorted(sum(abs(a - b) for a, b in zip(*edge, strict=True)) for edge in map(tuple, edges))
    assert lengths == [1.0] * 4 + [2.0] * 4 + [3.0] * 4


def test_both_viewers_show_topics_that_the_graph_has():
    rviz = yaml.safe_load((RVIZ / "operator.rviz").read_text())
    shown = {d["Topic"]["Value"] for d in rviz["Visualization Manager"]["Displays"] if "Topic" in d}
    images = {"/front_camera/color/image_raw", "/wrist_camera/color/image_raw"}
    assert shown == {*images, TOPIC}
    foxglove = (RVIZ / "operator.foxglove.json").read_text()
    assert all(f'"{topic}"' in foxglove for topic in (*images, TOPIC, "/safety_gate/state", "/safety_gate/stop"))
    layout = json.loads(foxglove)
    used = {word for word in foxglove.split('"') if "!" in word}
    assert used == set(layout["configById"])
    assert "markers" in {node.name for node in graph("sim", GraphOptions())}
