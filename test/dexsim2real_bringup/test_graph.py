"""The live graph as data."""

import importlib.util
import inspect
from pathlib import Path

import pytest

from dexsim2real_bringup.graph import GUARDED, GraphOptions, NodeSpec, graph, parse_options
from dexsim2real_description import DexSim2RealError

REAL = GraphOptions(robot_ip="172.16.0.2", arm="fr3", front_serial="1", wrist_serial="2")
GRAPHS = {
    "sim": graph("sim", GraphOptions()),
    "twin": graph("real", GraphOptions(robot_ip="172.16.0.2", use_twin=True)),
    "real": graph("real", REAL),
    "replay": graph("replay", GraphOptions(bag="somewhere")),
    "record": graph("record", GraphOptions(out="somewhere")),
    "policy": graph("policy", GraphOptions(policy="somewhere")),
}
each_graph = pytest.mark.parametrize("nodes", GRAPHS.values(), ids=GRAPHS.keys())


def names(nodes):
    return [node.name for node in nodes]


def test_every_device_has_a_process_of_its_own_and_robot_comes_before_gate_before_policy():
    assert names(GRAPHS["sim"]) == ["simulator", "front_camera", "wrist_camera", "safety_gate", "policy", "markers"]
    assert names(GRAPHS["real"]) == [
        *("hardware", "front_camera", "wrist_camera", "touch", "safety_gate", "policy", "markers"),
    ]
    assert names(GRAPHS["replay"]) == ["replay", "safety_gate", "policy", "markers"]
    assert names(GRAPHS["record"]) == ["recorder"]
    assert names(GRAPHS["policy"]) == ["policy"]


def test_a_graph_can_run_without_a_policy():
    assert names(graph("sim", GraphOptions(policy="none"))) == [n for n in names(GRAPHS["sim"]) if n != "policy"]
    with pytest.raises(DexSim2RealError, match="a graph of nothing but a policy needs one"):
        graph("policy", GraphOptions(policy="none"))


def test_a_twin_stands_in_for_the_robot_and_nothing_else_changes():
    assert names(GRAPHS["twin"]) == names(GRAPHS["sim"])
    assert GRAPHS["twin"][0].parameters["twin"] == "0"


def test_a_graph_can_do_without_cameras():
    for mode in ("sim", "real"):
        blind = names(graph(mode, GraphOptions(robot_ip="172.16.0.2", cameras=False)))
        assert [name for name in names(GRAPHS[mode]) if "camera" not in name] == blind


@each_graph
def test_no_two_nodes_have_one_name(nodes):
    assert len(set(names(nodes))) == len(nodes)


def test_only_nodes_through_which_images_pass_use_shared_memory():
    with_images = {node.name for nodes in GRAPHS.values() for node in nodes if node.images}
    assert with_images == {"front_camera", "wrist_camera", "policy", "recorder", "replay"}


@each_graph
def test_every_node_has_a_module_that_runs_and_takes_its_parameters(nodes):
    pytest.importorskip("rclpy", reason="needs the extra 'ros'")
    for node in nodes:
        module = importlib.import_module(f"{node.package}.{node.executable}")
        assert callable(module.main)
        tables = [value for name, value in vars(module).items() if isinstance(value, dict)]
        known = {"use_sim_time"} | {key for table in tables for key in table}
        assert set(node.parameters) <= known, node.name
        assert "run_node(" in inspect.getsource(module.main)


@each_graph
def test_commands_reach_the_robot_only_through_the_gate(nodes):
    publishers = []
    for node in nodes:
        module = importlib.util.find_spec(f"{node.package}.{node.executable}")
        source = Path(module.origin).read_text()
        if '(JointTrajectory, "/safety_gate/joint_command")' in source:
            publishers.append(node.name)
    assert publishers in ([], ["safety_gate"])


@pytest.mark.parametrize(
    "topic", ["/policy/action_chunk", "/safety_gate/joint_command", "/safety_gate/stop", "/joint_states"]
)
@pytest.mark.parametrize("swap", [False, True])
def test_topics_of_the_gate_cannot_be_remapped(topic, swap):
    pair = ("/elsewhere", topic) if swap else (topic, "/elsewhere")
    with pytest.raises(DexSim2RealError, match="past the safety gate"):
        NodeSpec("package", "node", "name", remappings=dict([pair]))
    assert any(topic.startswith(guarded) for guarded in GUARDED)


def test_other_topics_can_be_remapped():
    assert NodeSpec("package", "node", "name", remappings={"/markers": "/drawn"}).remappings == {"/markers": "/drawn"}


def test_options_are_read_from_text_as_launch_gives_it():
    options = parse_options({"seed": "7", "difficulty": "0.5", "use_twin": "True", "twin": "7"})
    assert (options.seed, options.difficulty, options.use_twin, options.twin) == (7, 0.5, True, "7")
    assert parse_options({}) == GraphOptions()


@pytest.mark.parametrize(
    ("name", "text", "message"),
    [
        ("seed", "seven", "seed is 'seven', expected a int"),
        ("use_twin", "maybe", "use_twin is 'maybe', expected true or false"),
        ("difficulty", "", "difficulty is '', expected a float"),
    ],
)
def test_text_of_the_wrong_type_is_refused(name, text, message):
    with pytest.raises(DexSim2RealError, match=message):
        parse_options({name: text})


@pytest.mark.parametrize(("mode", "what"), [("real", "robot_ip"), ("replay", "bag"), ("record", "out")])
def test_what_a_graph_cannot_do_without_is_asked_for(mode, what):
    with pytest.raises(DexSim2RealError, match=what):
        graph(mode, GraphOptions())


def test_a_replay_plays_sensors_and_never_commands():
    topics = GRAPHS["replay"][0].parameters["topics"]
    assert "/joint_states" in topics and "/wrist_camera/color/image_raw" in topics
    assert not any(topic.startswith(("/safety_gate", "/policy")) for topic in topics)
    (blind, *_) = graph("replay", GraphOptions(bag="somewhere", cameras=False))
    assert blind.parameters["topics"] == ("/touch/points", "/joint_states")


def test_in_a_replay_every_other_node_goes_by_the_recordings_clock():
    player, *others = GRAPHS["replay"]
    assert player.parameters["clock"] is True
    assert all(node.parameters["use_sim_time"] is True for node in others)
    assert not any("use_sim_time" in node.parameters for name in ("sim", "real") for node in GRAPHS[name])
