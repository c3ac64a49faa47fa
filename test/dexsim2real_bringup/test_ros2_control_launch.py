"""The ros2_control launch file, where the real `launch` is installed."""

import importlib.util
from pathlib import Path

import pytest

launch = pytest.importorskip("launch", reason="needs a ROS installation, or launch and launch_ros on the path")
pytest.importorskip("launch_ros")
pytest.importorskip("xacro")

ROOT = Path(__file__).parents[2]
FILE = ROOT / "src" / "dexsim2real_bringup" / "launch" / "ros2_control.launch.py"


@pytest.fixture
def module(monkeypatch):
    spec = importlib.util.spec_from_file_location("ros2_control_launch", FILE)
    loaded = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(loaded)
    monkeypatch.setattr(loaded, "get_package_share_directory", lambda name: str(ROOT / "src" / name))
    return loaded


def started(module, **chosen):
    context = launch.LaunchContext()
    defaults = {name: default for name, (default, _) in module.ARGUMENTS.items()}
    context.launch_configurations.update({**defaults, **chosen})
    return [action.node_executable for action in module.nodes(context)]


COMMON = ["robot_state_publisher", "ros2_control_node", "spawner", "ros2_control_bridge_node"]


@pytest.mark.parametrize(("hardware", "more"), [("real", []), ("mock", []), ("twin", ["simulator_node"])])
def test_what_is_started(module, hardware, more):
    assert started(module, hardware=hardware, robot_ip="172.16.0.2") == COMMON + more


def test_every_argument_is_declared(module):
    description = module.generate_launch_description()
    declared = {entity.name for entity in description.entities if hasattr(entity, "default_value")}
    assert declared == set(module.ARGUMENTS)
