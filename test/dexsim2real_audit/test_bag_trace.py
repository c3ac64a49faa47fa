import json
from pathlib import Path

import numpy as np
import pytest

from dexsim2real_audit.bag_trace import Topics, read_trace
from dexsim2real_audit.bag_writer import BagWriter
from dexsim2real_audit.trace import ACTION, COMMAND, EFFORT, FRONT_IMAGE, OBJECTS, POSITION, TOUCH, VELOCITY
from dexsim2real_description import ARM_JOINTS, JOINTS, VENDOR_JOINTS, DexSim2RealError
from dexsim2real_description.bags import BagTopic
from dexsim2real_description.touch_cloud import FIELDS, POINT_STEP, pack

typesys = pytest.importorskip("rosbags.typesys")
TYPES = typesys.get_typestore(typesys.Stores.ROS2_KILTED)
START = 1_700_000_000_000_000_000
TICK = 10_000_000
FORCE = np.arange(4 * 15 * 3, dtype=np.float32).reshape(4, 15, 3)


def make(kind, **values):
    return TYPES.types[kind](**values)


def header(stamp):
    time = make("builtin_interfaces/msg/Time", sec=stamp // 10**9, nanosec=stamp % 10**9)
    return make("std_msgs/msg/Header", stamp=time, frame_id="")


def joint_state(stamp, value, names=JOINTS):
    n = len(names)
    return "sensor_msgs/msg/JointState", {
        "header": header(stamp),
        "name": list(names),
        "position": value + np.arange(n, dtype=float),
        "velocity": np.full(n, value),
        "effort": np.empty(0),
    }


def trajectory(stamp, value, names=JOINTS):
    point = make(
        "trajectory_msgs/msg/JointTrajectoryPoint",
        positions=np.full(len(names), value),
        velocities=np.empty(0),
        accelerations=np.empty(0),
        effort=np.empty(0),
        time_from_start=make("builtin_interfaces/msg/Duration", sec=0, nanosec=0),
    )
    return "trajectory_msgs/msg/JointTrajectory", {
        "header": header(stamp),
        "joint_names": list(names),
        "points": [point],
    }


def cloud(stamp, force):
    data = np.frombuffer(pack(force, np.zeros((15, 3))), np.uint8)
    return "sensor_msgs/msg/PointCloud2", {
        "header": header(stamp),
        "height": 1,
        "width": 60,
        "fields": [
            make("sensor_msgs/msg/PointField", name=f.name, offset=f.offset, datatype=f.datatype, count=1)
            for f in FIELDS
        ],
        "is_bigendian": False,
        "point_step": POINT_STEP,
        "row_step": POINT_STEP * 60,
        "data": data,
        "is_dense": True,
    }


def poses(stamp):
    pose = make(
        "geometry_msgs/msg/Pose",
        position=make("geometry_msgs/msg/Point", x=1.0, y=2.0, z=3.0),
        orientation=make("geometry_msgs/msg/Quaternion", x=0.1, y=0.2, z=0.3, w=0.9),
    )
    return "geometry_msgs/msg/PoseArray", {"header": header(stamp), "poses": [pose]}


def image(stamp):
    return "sensor_msgs/msg/Image", {
        "header": header(stamp),
        "height": 1,
        "width": 1,
        "encoding": "rgb8",
        "is_bigendian": 0,
        "step": 3,
        "data": np.zeros(3, np.uint8),
    }


def text(data):
    return "std_msgs/msg/String", {"data": data}


def gate(stamp, state):
    status = make(
        "diagnostic_msgs/msg/DiagnosticStatus",
        level=0,
        name="safety_gate",
        message=state,
        hardware_id="",
        values=[make("diagnostic_msgs/msg/KeyValue", key="margin", value="0.5")],
    )
    return "diagnostic_msgs/msg/DiagnosticArray", {"header": header(stamp), "status": [status]}


def write(path: Path, messages, storage="mcap", flush_every=10**9) -> Path:
    with BagWriter(path, storage) as writer:
        for number, (topic, received, (kind, values)) in enumerate(messages, 1):
            writer.add_topic(BagTopic(topic, kind, 0, True, False))
            writer.write(topic, received, bytes(TYPES.serialize_cdr(make(kind, **values), kind)))
            if number % flush_every == 0:
                writer.flush()
    return path


def everything():
    for i in range(20):
        stamp = START + i * TICK
        received = stamp + TICK // 5
        yield "/joint_states", received, joint_state(stamp, 0.1 * i)
        yield "/safety_gate/joint_command", received, trajectory(stamp, 0.2 * i)
        yield "/policy/action_chunk", received, trajectory(stamp, 0.3 * i)
        yield "/touch/points", received, cloud(stamp, FORCE * i)
        yield "/simulator/object_poses", received, poses(stamp)
        yield "/front_camera/color/image_raw", received, image(stamp)
        yield "/safety_gate/state", received, gate(stamp, "running" if i < 15 else "stopped")
    yield "/trial/event", START + 10 * TICK + TICK // 5, text(json.dumps({"trial": 7, "event": "start"}))
    yield "/rosout", START + 20 * TICK, text("chatter")


@pytest.mark.parametrize("storage", ["mcap", "sqlite3"])
def test_everything_of_a_good_recording(tmp_path, storage):
    trace = read_trace(write(tmp_path / "bag", everything(), storage))
    assert trace.problems == ()
    stamps = START + TICK * np.arange(20)
    for name in (POSITION, VELOCITY, COMMAND, ACTION, TOUCH, OBJECTS, FRONT_IMAGE):
        np.testing.assert_array_equal(trace[name].stamps, stamps)
    assert EFFORT not in trace  # the messages carried none
    assert trace[POSITION].labels == JOINTS
    np.testing.assert_allclose(trace[POSITION].values[3], 0.3 + np.arange(23))
    np.testing.assert_allclose(trace[VELOCITY].values[3], 0.3)
    np.testing.assert_allclose(trace[COMMAND].values[3], 0.6)
    np.testing.assert_allclose(trace[ACTION].values[3], 0.9)
    np.testing.assert_allclose(trace[TOUCH].values[3], FORCE * 3)
    np.testing.assert_allclose(trace[OBJECTS].values[0, 0], [1.0, 2.0, 3.0, 0.9, 0.1, 0.2, 0.3])  # w first
    assert list(trace[FRONT_IMAGE].values[:3]) == [0, 1, 2]


def test_events_are_on_the_clock_of_the_joints(tmp_path):
    trace = read_trace(write(tmp_path / "bag", everything()))
    kinds = [(event.kind, event.stamp - START) for event in trace.events]
    assert sorted(kinds) == [("gate", 0), ("gate", 15 * TICK), ("trial", 10 * TICK)]
    trial = next(event for event in trace.events if event.kind == "trial")
    assert trial.data == {"trial": 7, "event": "start"}
    stop = max(trace.events, key=lambda event: event.stamp)
    assert stop.data == {"state": "stopped", "level": 0, "margin": "0.5"}


@pytest.mark.parametrize("storage", ["mcap", "sqlite3"])
def test_a_cut_off_recording_is_read_as_far_as_it_goes(tmp_path, storage):
    bag = write(tmp_path / "bag", everything(), storage)
    (bag / "metadata.yaml").unlink()
    if storage == "mcap":
        file = next(bag.glob("*.mcap"))
        file.write_bytes(file.read_bytes()[:-300])  # the index at the end is gone
    trace = read_trace(bag)
    assert len(trace[POSITION].stamps) == 20
    assert any("cut off" in problem for problem in trace.problems)


def test_a_recording_cut_in_the_middle_of_its_messages(tmp_path):
    bag = write(tmp_path / "bag", everything(), flush_every=7)
    file = next(bag.glob("*.mcap"))
    content = file.read_bytes()
    file.write_bytes(content[: len(content) // 2])
    trace = read_trace(bag)
    assert 5 < len(trace[POSITION].stamps) < 15
    assert any("cut off" in problem for problem in trace.problems)
    file.write_bytes(content[:100])
    with pytest.raises(DexSim2RealError, match=r"joint\.position.*cut off"):
        read_trace(bag)


def test_missing_topics(tmp_path):
    only = [m for m in everything() if m[0] in ("/joint_states", "/rosout")]
    bag = write(tmp_path / "bag", only)
    assert [p for p in read_trace(bag).problems if "/touch/points" in p]
    with pytest.raises(DexSim2RealError, match=r"no usable touch.force; its topics are: /joint_states, /rosout"):
        read_trace(bag, need=(TOUCH,))


def test_no_recording_at_all(tmp_path):
    with pytest.raises(DexSim2RealError, match="no recording"):
        read_trace(tmp_path / "none")
    (tmp_path / "empty").mkdir()
    with pytest.raises(DexSim2RealError, match=r"no \.mcap"):
        read_trace(tmp_path / "empty")


def test_a_makers_joint_names_are_translated_and_said(tmp_path):
    names = VENDOR_JOINTS["panda"]
    bag = write(tmp_path / "bag", [("/joint_states", START + i, joint_state(START + i, 1.0, names)) for i in (0, 1)])
    trace = read_trace(bag)
    assert trace[POSITION].labels == ARM_JOINTS
    assert [p for p in trace.problems if "panda_joint1" in p]


def test_joints_in_another_order_and_unknown_ones(tmp_path):
    names = ("gripper", *reversed(ARM_JOINTS))
    trace = read_trace(write(tmp_path / "bag", [("/joint_states", START, joint_state(START, 0.0, names))]))
    np.testing.assert_allclose(trace[POSITION].values[0], [7, 6, 5, 4, 3, 2, 1])
    assert [p for p in trace.problems if "gripper" in p]


def test_only_unknown_joints_are_an_error_that_names_them(tmp_path):
    bag = write(tmp_path / "bag", [("/joint_states", START, joint_state(START, 0.0, ("left_wheel", "right_wheel")))])
    with pytest.raises(DexSim2RealError, match="left_wheel"):
        read_trace(bag)


def test_a_jump_of_the_clock_is_undone_and_said(tmp_path):
    def messages():
        for i in range(10):
            stamp = START + i * TICK
            yield "/joint_states", stamp, joint_state(stamp - (3600 * 10**9 if i >= 5 else 0), 0.0)

    trace = read_trace(write(tmp_path / "bag", messages()))
    np.testing.assert_array_equal(trace[POSITION].stamps, START + TICK * np.arange(10))
    assert [p for p in trace.problems if "jumped by -3600.000 s" in p]


def test_holes_that_the_recorder_noted_are_problems(tmp_path):
    with BagWriter(tmp_path / "bag") as writer:
        kind, values = joint_state(START, 0.0)
        writer.add_topic(BagTopic("/joint_states", kind, 0, True, False))
        writer.write("/joint_states", START, bytes(TYPES.serialize_cdr(make(kind, **values), kind)))
        writer.note("dropped_messages", '{"/joint_states": 7}')
    assert "/joint_states: 7 messages dropped by the recorder" in read_trace(tmp_path / "bag").problems


def test_bad_messages_are_left_out_and_counted(tmp_path):
    bag = write(
        tmp_path / "bag",
        [
            ("/joint_states", START, joint_state(START, 0.0)),
            ("/joint_states", START + 1, joint_state(START + 1, 0.0, ARM_JOINTS)),
            ("/trial/event", START + 2, text("not json")),
            ("/touch/points", START + 3, text("not a cloud")),
        ],
    )
    trace = read_trace(bag)
    assert len(trace[POSITION].stamps) == 1
    assert trace.events == ()
    said = " | ".join(trace.problems)
    assert "/joint_states: 1 messages" in said
    assert "/trial/event: 1 messages" in said
    assert "std_msgs/msg/String instead of sensor_msgs/msg/PointCloud2" in said


def test_truncated_messages_are_left_out(tmp_path):
    kind, values = joint_state(START, 0.0)
    whole = bytes(TYPES.serialize_cdr(make(kind, **values), kind))
    with BagWriter(tmp_path / "bag") as writer:
        writer.add_topic(BagTopic("/joint_states", kind, 0, True, False))
        writer.write("/joint_states", START, whole)
        writer.write("/joint_states", START + 1, whole[:40])
    trace = read_trace(tmp_path / "bag")
    assert len(trace[POSITION].stamps) == 1
    assert [p for p in trace.problems if "cannot be decoded" in p]


def test_values_that_are_not_finite_are_reported(tmp_path):
    trace = read_trace(write(tmp_path / "bag", [("/joint_states", START, joint_state(START, np.nan))]))
    assert [p for p in trace.problems if "not finite" in p]


def test_remapped_topics(tmp_path):
    bag = write(tmp_path / "bag", [("/franka/joint_states", START, joint_state(START, 0.0))])
    trace = read_trace(bag, topics=Topics(joint_states="/franka/joint_states"))
    assert POSITION in trace
