import json
from pathlib import Path

import numpy as np
import pytest
import yaml

from dexsim2real_audit import Channel, Trace
from dexsim2real_audit.bag_writer import BagWriter
from dexsim2real_audit.rollout import rollout_trace
from dexsim2real_audit.trace import COMMAND, EFFORT, POSITION, VELOCITY
from dexsim2real_audit.trace_bag import graph_messages, stamped
from dexsim2real_bringup.cli import main
from dexsim2real_description import JOINTS, VENDOR_JOINTS
from dexsim2real_description.bags import BagTopic
from dexsim2real_dr.identify.params_file import load_params, save_params
from dexsim2real_sim import load_randomization
from dexsim2real_sim.config import EnvConfig
from dexsim2real_sim.counterpart import Counterpart
from dexsim2real_sim.excitation import excitation

COLUMNS = ["time_s", *(f"{k}{i}_{u}" for k, u in (("q", "rad"), ("dq", "rad_s"), ("tau", "Nm")) for i in range(1, 8))]


@pytest.fixture
def csv(tmp_path):
    time = np.arange(0, 8, 0.005)
    phase = np.outer(time, np.arange(1, 8))
    tau = np.random.default_rng(0).normal(0, 1, phase.shape)
    table = np.column_stack([time, 0.5 * np.sin(phase), 0.5 * np.arange(1, 8) * np.cos(phase), tau])
    np.savetxt(tmp_path / "motion.csv", table, delimiter=",", header=",".join(COLUMNS), comments="")
    return tmp_path / "motion.csv"


def test_a_recording_becomes_parameters_and_a_report(csv, tmp_path, capsys):
    out = tmp_path / "robot_params.yaml"
    assert main(["identify", str(csv), "--out", str(out), "--json", str(tmp_path / "t.json")]) == 0
    assert "held out" in capsys.readouterr().out
    assert set(yaml.safe_load(out.read_text())["links"]) == {f"arm_link_{i}" for i in range(1, 8)}
    rows = json.loads((tmp_path / "t.json").read_text())["rows"]
    assert [(row["part"], row["model"]) for row in rows[3:]] == [
        ("held out", "maker's"),
        ("held out", "tuned"),
        ("held out", "published"),
    ]
    assert "What the data cannot tell" in (tmp_path / "robot_params.html").read_text()
    assert len(list((tmp_path / "robot_params_plots").glob("*.png"))) == 2


RECORDING = Path(__file__).parents[3] / "shared/data/panda_real/excitation_0_14s.csv"


@pytest.mark.skipif(not RECORDING.exists(), reason="the recording of a real Panda is not here")
def test_a_bag_of_the_real_panda_gives_what_its_table_gives(tmp_path):
    """With the maker's joint names and topic, as its driver records."""
    typesys = pytest.importorskip("rosbags.typesys")
    types = typesys.get_typestore(typesys.Stores.ROS2_KILTED)
    kind = "sensor_msgs/msg/JointState"
    names, joint_state = list(VENDOR_JOINTS["panda"]), types.types[kind]
    header, time = types.types["std_msgs/msg/Header"], types.types["builtin_interfaces/msg/Time"]
    with BagWriter(tmp_path / "bag") as writer:
        writer.add_topic(BagTopic("/franka/joint_states", kind, 0, True, False))
        for row in np.loadtxt(RECORDING, delimiter=",", skiprows=1):
            stamp = round(row[0] * 1e9)
            head = header(time(1000 + stamp // 10**9, stamp % 10**9), "")
            message = joint_state(head, names, row[1:8], row[8:15], row[15:22])
            writer.write("/franka/joint_states", stamp, bytes(types.serialize_cdr(message, kind)))
    tables, found = [], []
    for file, extra in ((RECORDING, []), (tmp_path / "bag", ["--joint-states", "/franka/joint_states"])):
        to = ["--out", str(tmp_path / "p.yaml"), "--json", str(tmp_path / "t.json")]
        assert main(["identify", str(file), *extra, *to]) == 0
        tables.append(json.loads((tmp_path / "t.json").read_text())["rows"])
        found.append(yaml.safe_load((tmp_path / "p.yaml").read_text()))
    assert tables[0] == tables[1]
    for section in ("links", "joints", "identifiability"):
        assert found[0][section] == found[1][section]


def test_wrong_columns_are_one_line_and_leave_nothing(tmp_path, capsys):
    (tmp_path / "bad.csv").write_text("t,q\n0,1\n")
    out = tmp_path / "robot_params.yaml"
    assert main(["identify", str(tmp_path / "bad.csv"), "--out", str(out)]) == 2
    error = capsys.readouterr().err
    assert error.count("\n") == 1
    assert "no column time_s" in error
    assert not out.exists()


def test_compliance_of_a_table(tmp_path):
    depth = np.linspace(0, 0.004, 100)
    table = np.column_stack([depth, 800 * depth])
    np.savetxt(tmp_path / "press.csv", table, delimiter=",", header="displacement_m,force_N", comments="")
    arguments = ["identify", str(tmp_path / "press.csv"), "--compliance", "--json", str(tmp_path / "t.json")]
    assert main(arguments) == 0
    rows = json.loads((tmp_path / "t.json").read_text())["rows"]
    assert [row["force [N]"] for row in rows] == [0.5, 1.0, 2.0]  # the press reaches 3.2 N
    assert rows[1]["stiffness [N/m]"] == pytest.approx(800, rel=0.05)


def test_delay_of_a_trace(tmp_path):
    time = np.arange(0, 5, 0.004)
    stamps = np.round(time * 1e9).astype(np.int64)
    command = 0.3 * np.sin(2 * np.pi * (0.3 * time + 0.4 * time**2))
    answer = np.interp(time - 0.04, time, command)
    channels = {
        name: Channel(stamps, values[:, None], "rad", ("arm_joint_1",))
        for name, values in ((COMMAND, command), (POSITION, answer))
    }
    Trace(channels).save(tmp_path / "a.npz")
    assert main(["identify", str(tmp_path / "a.npz"), "--delay", "--json", str(tmp_path / "t.json")]) == 0
    (row,) = json.loads((tmp_path / "t.json").read_text())["rows"]
    assert row["joint"] == "arm_joint_1"
    assert row["lag [ms]"] == pytest.approx(40, abs=3)


def test_a_hand_that_was_forgotten_is_said(tmp_path, csv, caplog):
    table = np.loadtxt(csv, delimiter=",", skiprows=1)
    stamps = np.round(table[:, 0] * 1e9).astype(np.int64)
    parts = dict(zip((POSITION, VELOCITY, EFFORT), np.split(table[:, 1:], 3, axis=1), strict=True))
    channels = {
        name: Channel(stamps, np.hstack([part, np.zeros((len(part), 16))]), "", JOINTS) for name, part in parts.items()
    }
    Trace(channels).save(tmp_path / "a.npz")
    assert main(["identify", str(tmp_path / "a.npz"), "--out", str(tmp_path / "p.yaml")]) == 0
    assert "say --hand" in caplog.text


def test_two_measurements_at_once(tmp_path, capsys):
    assert main(["identify", str(tmp_path), "--delay", "--compliance"]) == 2
    assert "one after the other" in capsys.readouterr().err


def test_autotune_of_a_bag_of_the_graph_finds_what_the_trace_gives(tmp_path):
    """All that the graph says, as the recorder writes it, the joint states from before the first command on."""
    pytest.importorskip("rosbags.typesys")
    motion, cell = excitation(), Counterpart(EnvConfig("pick_place", 1))
    cell.begin(["arm_delay", "hand_stiffness"], np.array([[0.04, 1.3]]), motion.start, seed=1)
    rest = np.tile(motion.commands[:1], (30, 1))
    trace = rollout_trace(cell, np.concatenate([rest, motion.commands[:250]]))
    told = trace[COMMAND].between(int(trace[COMMAND].stamps[20]), 10**12)
    trace = Trace({**trace.channels, COMMAND: told}, source="swing")
    trace.save(tmp_path / "swing.npz")
    with BagWriter(tmp_path / "bag") as writer:
        for each in graph_messages(trace):
            writer.add_topic(BagTopic(each.topic, each.kind, 0, True, False))
            writer.write(each.topic, 10**12 + each.stamp + 10**6, stamped(each.data, 10**12 + each.stamp))
    found = []
    for file in ("swing.npz", "bag"):
        out = tmp_path / f"{file}.yaml"
        few = ["--tune.candidates", "8", "--tune.rounds", "1"]
        assert main(["identify", str(tmp_path / file), "--autotune", "--out", str(out), *few]) == 0
        found.append(yaml.safe_load(out.read_text())["simulator"])
    assert found[0]["parameters"] == found[1]["parameters"]
    assert found[0]["tracking_error_rad"] == found[1]["tracking_error_rad"]


def coupled_swing():
    """A driver that is commanded, a joint that follows it, and one of our own names, over 6 s at 100 Hz."""
    time = np.arange(0, 6, 0.01)
    driver = 0.4 * np.sin(2 * np.pi * 0.5 * time)
    rng = np.random.default_rng(0)
    return time, driver, 0.8 * driver + 0.05 + rng.normal(0, 1e-3, len(time))


def test_couplings_of_a_table_whatever_its_joints_are_called(tmp_path):
    time, driver, driven = coupled_swing()
    table = np.column_stack([time, driver, driver, driven])
    header = "time_s,little_mcp_target_rad,little_mcp_rad,little_pip_rad"
    np.savetxt(tmp_path / "hand.csv", table, delimiter=",", header=header, comments="")
    out, tables = tmp_path / "robot_params.yaml", tmp_path / "t.json"
    words = ["identify", str(tmp_path / "hand.csv"), "--out", str(out), "--json", str(tables), "--couplings"]
    assert main(words) == 0
    (row,) = json.loads(tables.read_text())["rows"]
    assert (row["joint"], row["follows"]) == ("little_pip", "little_mcp")
    assert row["ratio"] == pytest.approx(0.8, abs=0.002)
    assert load_params(out).couplings["little_pip"].offset == pytest.approx(0.05, abs=0.001)
    assert main([*words, "little_mcp:little_pip"]) == 0
    assert set(load_params(out).couplings) == {"little_mcp"}
    assert load_params(out).couplings["little_mcp"].ratio == pytest.approx(1.25, abs=0.01)


def test_couplings_of_a_bag_with_joints_that_we_do_not_know(tmp_path):
    typesys = pytest.importorskip("rosbags.typesys")
    types = typesys.get_typestore(typesys.Stores.ROS2_KILTED)
    kind = "sensor_msgs/msg/JointState"
    joint_state, header = types.types[kind], types.types["std_msgs/msg/Header"]
    stamp = types.types["builtin_interfaces/msg/Time"]
    with BagWriter(tmp_path / "bag") as writer:
        writer.add_topic(BagTopic("/joint_states", kind, 0, True, False))
        for time, driver, driven in zip(*coupled_swing(), strict=True):
            ns = round(time * 1e9) + 10**12
            names, empty = ["pip", "index_joint_1"], np.empty(0)
            message = joint_state(
                header(stamp(ns // 10**9, ns % 10**9), ""), names, np.array([driven, driver]), empty, empty
            )
            writer.write("/joint_states", ns, bytes(types.serialize_cdr(message, kind)))
    out = tmp_path / "robot_params.yaml"
    assert main(["identify", str(tmp_path / "bag"), "--out", str(out), "--couplings", "pip:index_joint_1"]) == 0
    assert load_params(out).couplings["pip"].ratio == pytest.approx(0.8, abs=0.002)


def test_couplings_that_nobody_could_find_are_one_line(tmp_path, capsys):
    time, driver, _ = coupled_swing()
    table = np.column_stack([time, driver, driver])
    np.savetxt(tmp_path / "hand.csv", table, delimiter=",", header="time_s,a_target_rad,a_rad", comments="")
    out = tmp_path / "robot_params.yaml"
    for pairs, said in (([], "moved without a command"), (["b:a"], "'b'"), (["b"], "DRIVEN:DRIVER")):
        assert main(["identify", str(tmp_path / "hand.csv"), "--out", str(out), "--couplings", *pairs]) == 2
        error = capsys.readouterr().err
        assert error.count("\n") == 1
        assert said in error
        assert not out.exists()


def test_autotune_of_a_table_adds_to_the_file(tmp_path, capsys):
    """One joint of the arm, which follows 30 ms late; twice, the second time into the same file."""
    time = np.arange(0, 2.5, 0.01)
    target = 0.2 + 0.2 * np.sin(2 * np.pi * time**1.5)
    done = np.interp(time - 0.03, time, target)
    table = np.column_stack([time, target, done])
    header = "time_s,arm_joint_1_target_rad,arm_joint_1_rad"
    np.savetxt(tmp_path / "swing.csv", table, delimiter=",", header=header, comments="")
    out = tmp_path / "robot_params.yaml"
    few = ["--tune.candidates", "12", "--tune.rounds", "1"]
    words = ["identify", str(tmp_path / "swing.csv"), "--autotune", "--out", str(out), *few]
    assert main([*words, "--json", str(tmp_path / "t.json")]) == 0
    rows = json.loads((tmp_path / "t.json").read_text())["Tracking error"]
    assert [(row["part"], row["model"]) for row in rows] == [("arm", "nominal"), ("arm", "tuned")]
    assert rows[1]["held out"] < rows[0]["held out"]
    assert load_params(out).simulator["arm_delay"] == pytest.approx(0.03, abs=0.03)
    assert "--randomization" in capsys.readouterr().out
    assert load_randomization(tmp_path / "robot_params_randomization.yaml").task == "pick_place"
    assert "Tracking error" in (tmp_path / "robot_params.html").read_text()
    save_params(out, {**yaml.safe_load(out.read_text()), "arm": "fr3"})
    assert main(words) == 2
    assert "is of another arm than panda" in capsys.readouterr().err
