"""The launch files with the real `launch`, against the processes that `dexsim2real up` starts."""

import importlib.util
import itertools
import sys
from dataclasses import fields
from pathlib import Path

import pytest
import yaml

pytest.importorskip("launch", reason="needs a ROS installation, or launch and launch_ros on the path")
pytest.importorskip("launch_ros", reason="needs a ROS installation, or launch and launch_ros on the path")

from launch import LaunchContext
from launch.actions import DeclareLaunchArgument, ExecuteProcess, RegisterEventHandler
from launch.launch_description_sources import PythonLaunchDescriptionSource
from launch.utilities import perform_substitutions
from launch_ros.actions import Node

from dexsim2real_bringup.graph import GraphOptions, graph
from dexsim2real_bringup.processes import command
from dexsim2real_bringup.ros_environment import transport
from dexsim2real_description import DexSim2RealError

FOLDER = Path(__file__).parents[2] / "src" / "dexsim2real_bringup" / "launch"
GRAPHS = {
    "sim": {},
    "real": {"robot_ip": "172.16.0.2", "arm": "fr3", "xela": "ws://10.0.0.2:5000"},
    "replay": {"bag": "a bag"},
    "record": {"out": "a folder"},
    "policy": {"policy": "a folder"},
}
each_graph = pytest.mark.parametrize("mode", GRAPHS)


def visit(mode, **arguments):
    """The context and the actions after the launch file's nodes have been made."""
    context = LaunchContext()
    context.launch_configurations.update({name: str(value) for name, value in arguments.items()})
    source = PythonLaunchDescriptionSource(str(FOLDER / f"{mode}.launch.py"))
    found = []
    for entity in source.get_launch_description(context).entities:
        found.append(entity)
        found += entity.visit(context) or []
    return context, found


@pytest.fixture
def words(monkeypatch):
    """Gives the command line that `launch` would start a node with, without its executable."""
    lines = []

    def note(action, context):
        lines.append([perform_substitutions(context, word) for word in action.cmd[1:]])

    monkeypatch.setattr(ExecuteProcess, "execute", note)

    def of(node, context):
        node.execute(context)
        return lines[-1]

    return of


def given(line):
    """Name, parameters and remappings on a command line; a parameters file is read."""
    name, parameters, remappings = None, {}, {}
    for flag, word in itertools.pairwise(line):
        old, _, new = word.partition(":=")
        if flag == "-r" and old == "__node":
            name = new
        elif flag == "-r":
            remappings[old] = new
        elif flag == "-p":
            parameters[old] = yaml.safe_load(new)
        elif flag == "--params-file":
            text = Path(word).read_text().replace("!!python/tuple", "")  # a tag that ROS passes over
            (block,) = yaml.safe_load(text).values()
            parameters |= block["ros__parameters"]
    return name, parameters, remappings


@each_graph
def test_launch_and_up_start_the_same_nodes_names_parameters_and_remappings(mode, words):
    context, found = visit(mode, **GRAPHS[mode])
    launched = [action for action in found if isinstance(action, Node)]
    specs = graph(mode, GraphOptions(**GRAPHS[mode]))
    assert [(a.node_package, a.node_executable) for a in launched] == [(s.package, s.executable) for s in specs]
    for action, spec in zip(launched, specs, strict=True):
        line = command(spec)
        assert given(words(action, context)) == given(line[line.index("--ros-args") :]), spec.name
        prefix = perform_substitutions(context, action.process_description.prefix)
        assert prefix.split() == line[: line.index(sys.executable)], spec.name
        assert environment_of(action, context) == transport(spec.images)


@each_graph
def test_every_option_is_an_argument_with_the_same_default(mode):
    _, found = visit(mode, **GRAPHS[mode])
    declared = {action.name: action for action in found if isinstance(action, DeclareLaunchArgument)}
    assert set(declared) == {option.name for option in fields(GraphOptions)}
    for option in fields(GraphOptions):
        (default,) = declared[option.name].default_value or [None]
        assert (default.text if default else "") == str(option.default)


def environment_of(action, context):
    """What is set for the process of this action alone."""
    pairs = action.process_description.additional_env
    return {perform_substitutions(context, name): perform_substitutions(context, value) for name, value in pairs}


def test_when_a_node_ends_the_graph_ends():
    _, found = visit("sim")
    nodes = [action for action in found if isinstance(action, Node)]
    assert len([action for action in found if isinstance(action, RegisterEventHandler)]) == len(nodes) > 0


def test_a_wrong_argument_is_one_error():
    with pytest.raises(DexSim2RealError, match="seed is 'seven'"):
        visit("sim", seed="seven")


def test_every_launch_file_can_be_read():
    for path in FOLDER.glob("*.launch.py"):
        spec = importlib.util.spec_from_file_location(path.name.replace(".", "_"), path)
        module = importlib.util.module_from_spec(spec)
        spec.loader.exec_module(module)
        assert module.generate_launch_description().entities
