"""The audit as a command: on a bag that is as it should be, and on everything that is not."""

import json
import sqlite3

import numpy as np
import pytest

from dexsim2real_audit.bag_writer import BagWriter
from dexsim2real_audit.excitation import excitation
from dexsim2real_audit.ledger import Ledger
from dexsim2real_audit.rollout import rollout_traces
from dexsim2real_audit.trace import COMMAND, EFFORT, OBJECTS, POSITION, TOUCH, VELOCITY
from dexsim2real_bringup.cli import main
from dexsim2real_description import JOINTS, VENDOR_JOINTS
from dexsim2real_description.bags import BagTopic
from dexsim2real_description.touch_cloud import FIELDS, POINT_STEP, pack
from dexsim2real_sim.config import EnvConfig
from dexsim2real_sim.counterpart import Counterpart

typesys = pytest.importorskip("rosbags.typesys")
TYPES = typesys.get_typestore(typesys.Stores.ROS2_KILTED)
START = 1_700_000_000_000_000_000
TICKS = 230
"""Of the motion: at rest, then all joints swing."""
FEW = ("--cells", "24", "--alpha", "0.1", "--no-causes")


def make(kind, **values):
    return TYPES.types[kind](**values)


def header(stamp):
    time = make("builtin_interfaces/msg/Time", sec=stamp // 10**9, nanosec=stamp % 10**9)
    return make("std_msgs/msg/Header", stamp=time, frame_id="")


def joint_state(trace, i, stamp, names):
    values = {
        kind: trace[name].values[i] for kind, name in zip(("position", "velocity", "effort"), JOINTED, strict=True)
    }
    return "sensor_msgs/msg/JointState", {"header": header(stamp), "name": list(names), **values}


JOINTED = (POSITION, VELOCITY, EFFORT)


def joint_command(trace, i, stamp, names):
    empty = np.empty(0)
    point = make(
        "trajectory_msgs/msg/JointTrajectoryPoint",
        positions=trace[COMMAND].values[i],
        velocities=empty,
        accelerations=empty,
        effort=empty,
        time_from_start=make("builtin_interfaces/msg/Duration", sec=0, nanosec=0),
    )
    content = {"header": header(stamp), "joint_names": list(names), "points": [point]}
    return "trajectory_msgs/msg/JointTrajectory", content


def touch(trace, i, stamp, names):
    kind = "sensor_msgs/msg/PointField"
    points = 4 * trace[TOUCH].values.shape[2]
    return "sensor_msgs/msg/PointCloud2", {
        "header": header(stamp),
        "height": 1,
        "width": points,
        "fields": [make(kind, name=f.name, offset=f.offset, datatype=f.datatype, count=1) for f in FIELDS],
        "is_bigendian": False,
        "point_step": POINT_STEP,
        "row_step": POINT_STEP * points,
        "data": np.frombuffer(pack(trace[TOUCH].values[i].astype(np.float32), np.zeros((points // 4, 3))), np.uint8),
        "is_dense": True,
    }


def object_poses(trace, i, stamp, names):
    x, y, z, w, *vector = trace[OBJECTS].values[i, 0].tolist()
    pose = make(
        "geometry_msgs/msg/Pose",
        position=make("geometry_msgs/msg/Point", x=x, y=y, z=z),
        orientation=make("geometry_msgs/msg/Quaternion", w=w, **dict(zip("xyz", vector, strict=True))),
    )
    return "geometry_msgs/msg/PoseArray", {"header": header(stamp), "poses": [pose]}


TOPICS = {
    "/joint_states": joint_state,
    "/safety_gate/joint_command": joint_command,
    "/touch/points": touch,
    "/simulator/object_poses": object_poses,
}


def write(path, trace, names=JOINTS, topics=TOPICS, stamps=None):
    """The trace as a bag with the graph's topics; `stamps` instead of its own, where sources say other times."""
    with BagWriter(path) as writer:
        for i, stamp in enumerate(trace[POSITION].stamps.tolist()):
            said = stamp if stamps is None else int(stamps[i])
            for topic in topics:
                kind, content = TOPICS[topic](trace, i, START + said, names)
                writer.add_topic(BagTopic(topic, kind, 0, True, False))
                writer.write(topic, START + stamp + 10**6, bytes(TYPES.serialize_cdr(make(kind, **content), kind)))
            if i % 20 == 19:
                writer.flush()
    return path


@pytest.fixture(scope="module")
def trace():
    motion, cell = excitation(), Counterpart(EnvConfig("pick_place", 1))
    cell.begin((), None, motion.start)
    return rollout_traces(cell, motion.commands[:TICKS])[0]


def audit(bag, folder, *more):
    words = ("--task", "pick_place", "--objects", "soup_can", "--ledger", str(folder / "ledger.db"))
    return main(["audit", str(bag), *words, "--out", str(folder / "out"), *FEW, *more])


def rounds(folder):
    ledger = Ledger(folder / "ledger.db")
    try:
        return ledger.rounds()
    finally:
        ledger.close()


def test_a_good_bag_by_its_makers_joint_names(trace, tmp_path, capsys):
    names = [*VENDOR_JOINTS["panda"], *JOINTS[7:]]
    bag = write(tmp_path / "bag", trace, names)
    assert audit(bag, tmp_path, "--json", str(tmp_path / "t.json")) == 0
    told = json.loads((tmp_path / "t.json").read_text())
    assert [row["channel"] for row in told["Channels"]] == [
        "joint.position",
        "joint.effort",
        "touch.net",
        "object.position",
        "object.rotation",
    ]
    assert told["Time"][-1]["step"] == "all"
    assert "note: joint_states: joints panda_joint1.. were read as arm_joint_1.." in capsys.readouterr().out
    (entry,) = rounds(tmp_path)
    assert entry.task == "pick_place"
    assert (tmp_path / "out/audit.html").exists()


def test_a_bag_cut_in_the_middle_is_audited_as_far_as_it_goes(trace, tmp_path, capsys):
    bag = write(tmp_path / "bag", trace)
    (file,) = bag.glob("*.mcap")
    file.write_bytes(file.read_bytes()[: int(0.9 * file.stat().st_size)])
    (bag / "metadata.yaml").unlink()
    assert audit(bag, tmp_path) == 0
    assert "note: the recording was cut off or damaged" in capsys.readouterr().out
    assert len(rounds(tmp_path)) == 1


def test_time_that_runs_backwards_is_left_out_and_said(trace, tmp_path, capsys):
    stamps = trace[POSITION].stamps.copy()
    stamps[100:110] -= 10**8
    bag = write(tmp_path / "bag", trace, stamps=stamps)
    assert audit(bag, tmp_path) == 0
    assert "out of order" in capsys.readouterr().out
    assert len(rounds(tmp_path)) == 1


@pytest.mark.parametrize("missing", ["/joint_states", "/safety_gate/joint_command"])
def test_a_bag_without_a_needed_topic_is_one_line(trace, tmp_path, capsys, missing):
    bag = write(tmp_path / "bag", trace, topics=[topic for topic in TOPICS if topic != missing])
    refused(bag, tmp_path, capsys, f"nothing usable on {missing}")


def test_joints_that_nobody_knows_are_one_line(trace, tmp_path, capsys):
    bag = write(tmp_path / "bag", trace, names=[f"elbow_{i}" for i in range(23)])
    refused(bag, tmp_path, capsys, "has no usable joint.position")


def test_no_bag_and_no_task_are_one_line(tmp_path, capsys):
    refused(tmp_path / "none", tmp_path, capsys, "none")
    (tmp_path / "empty").mkdir()
    refused(tmp_path / "empty", tmp_path, capsys, "empty")


def refused(bag, folder, capsys, said):
    """One line, and neither an entry nor a report."""
    capsys.readouterr()
    assert audit(bag, folder) == 2
    error = capsys.readouterr().err
    assert error.count("\n") == 1
    assert said in error
    assert not rounds(folder)
    assert not (folder / "out").exists()


def test_a_ledger_from_a_newer_program_is_left_alone(trace, tmp_path, capsys):
    bag = write(tmp_path / "bag", trace)
    Ledger(tmp_path / "ledger.db").close()
    with sqlite3.connect(tmp_path / "ledger.db") as database:
        database.execute("UPDATE ledger_version SET version = 99")
    before = (tmp_path / "ledger.db").read_bytes()
    assert audit(bag, tmp_path) == 2
    error = capsys.readouterr().err
    assert error.count("\n") == 1
    assert "update" in error
    assert (tmp_path / "ledger.db").read_bytes() == before


def test_a_folder_that_cannot_be_written_leaves_the_ledger_empty(trace, tmp_path, capsys):
    bag = write(tmp_path / "bag", trace)
    (tmp_path / "out").write_text("a file")
    assert audit(bag, tmp_path) == 2
    assert "cannot write to" in capsys.readouterr().err
    assert not rounds(tmp_path)
