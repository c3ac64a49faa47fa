"""The recorder and the replay node as processes, on real topics."""

import signal
import subprocess
import sys

import pytest

pytest.importorskip("rclpy", reason="needs the extra 'ros'")

from diagnostic_msgs.msg import DiagnosticArray
from rclpy.qos import QoSDurabilityPolicy, QoSProfile, QoSReliabilityPolicy
from rclpy.serialization import deserialize_message, serialize_message
from rosgraph_msgs.msg import Clock
from std_msgs.msg import String

from dexsim2real_audit.bag_writer import BagWriter
from dexsim2real_audit.recorder_node import trial_starts
from dexsim2real_description.bags import Bag, BagTopic
from dexsim2real_description.ros_node import QOS

DEEP = QoSProfile(depth=1000)
BEST_EFFORT = QoSProfile(depth=1000, reliability=QoSReliabilityPolicy.BEST_EFFORT)
LATCHED = QoSProfile(depth=1, durability=QoSDurabilityPolicy.TRANSIENT_LOCAL)


@pytest.fixture
def start(ros_environment):
    """Start a node with parameters."""
    processes = []

    def start_node(name, **parameters):
        arguments = [word for key, value in parameters.items() for word in ("-p", f"{key}:={value}")]
        command = [sys.executable, "-m", f"dexsim2real_audit.{name}_node", "--ros-args", *arguments]
        processes.append(subprocess.Popen(command, env=ros_environment, stderr=subprocess.PIPE, text=True))
        return processes[-1]

    yield start_node
    for process in processes:
        if process.poll() is None:
            process.kill()
            process.communicate()


def end(process):
    process.send_signal(signal.SIGINT)
    _, err = process.communicate(timeout=30)
    assert process.returncode == 0, err
    assert "Traceback" not in err


def padded(data):
    """As DDS delivers it between processes: with zeros to a multiple of four bytes."""
    return data + bytes(-len(data) % 4)


def recorder_values(listener):
    """A function that gives what the recorder says last on /diagnostics, as texts by key."""
    heard = listener.collect(DiagnosticArray, "/diagnostics", QOS["/diagnostics"])

    def latest():
        said = [status for message in heard for status in message.status if status.name == "recorder"]
        return {"state": said[-1].message, **{pair.key: pair.value for pair in said[-1].values}} if said else {}

    return latest


def texts(bag, topic):
    with Bag(bag) as opened:
        return [deserialize_message(data, String).data for _, _, data in opened.messages([topic])]


def test_what_is_published_is_in_the_bag_byte_by_byte(start, listener, tmp_path):
    node = listener.node
    publishers = {
        "/reliable": node.create_publisher(String, "/reliable", DEEP),
        "/fleeting": node.create_publisher(String, "/fleeting", BEST_EFFORT),
        "/latched": node.create_publisher(String, "/latched", LATCHED),
    }
    publishers["/latched"].publish(String(data="said before anyone listened"))
    recorder = start("recorder", out=tmp_path / "bag")
    listener.until(lambda: all(p.get_subscription_count() for p in publishers.values()))
    sent = [bytes(serialize_message(String(data=f"{i} " * i))) for i in range(100)]
    for data in sent:
        publishers["/reliable"].publish(data)
        publishers["/fleeting"].publish(data)
    said = recorder_values(listener)
    # The node also records /diagnostics, /rosout and the like.
    listener.until(lambda: int(said().get("messages", 0)) >= 201)
    assert said()["state"] == "recording"
    end(recorder)
    with Bag(tmp_path / "bag") as bag:
        for topic in ("/reliable", "/fleeting"):
            assert [data for _, _, data in bag.messages([topic])] == [padded(data) for data in sent]
        topics = bag.topics
        assert (topics["/fleeting"].reliable, topics["/reliable"].reliable) == (False, True)
        assert (topics["/latched"].latched, topics["/reliable"].latched) == (True, False)
    assert texts(tmp_path / "bag", "/latched") == ["said before anyone listened"]


def test_only_the_topics_that_were_asked_for(start, listener, tmp_path):
    publishers = [listener.node.create_publisher(String, name, DEEP) for name in ("/wanted", "/other")]
    said = recorder_values(listener)
    recorder = start("recorder", out=tmp_path / "bag", topics="['/wanted','/never']", storage="sqlite3")
    listener.until(lambda: publishers[0].get_subscription_count())
    publishers[0].publish(String(data="yes"))
    publishers[1].publish(String(data="no"))

    listener.until(lambda: said().get("messages") == "1")
    assert said()["missing"] == "/never"
    end(recorder)
    with Bag(tmp_path / "bag") as bag:
        assert list(bag.topics) == ["/wanted"]
    assert texts(tmp_path / "bag", "/wanted") == ["yes"]


def test_a_bag_per_trial(start, listener, tmp_path):
    event = listener.node.create_publisher(String, "/trial/event", QOS["/trial/event"])
    data = listener.node.create_publisher(String, "/data", DEEP)
    said = recorder_values(listener)
    recorder = start("recorder", out=tmp_path / "bags", split_trials=True, topics="['/trial/event','/data']")
    listener.until(lambda: event.get_subscription_count() and data.get_subscription_count())
    event.publish(String(data='{"trial": 1, "start": 12.5}'))
    listener.until(lambda: (tmp_path / "bags" / "trial_001").exists())
    event.publish(String(data='{"trial": 1, "outcome": "success"}'))
    event.publish(String(data='{"trial": 2, "start": 20.0}'))
    listener.until(lambda: (tmp_path / "bags" / "trial_002").exists())
    data.publish(String(data="in trial 2"))
    listener.until(lambda: said().get("messages") == "4")
    end(recorder)
    assert texts(tmp_path / "bags" / "trial_000", "/trial/event") == []
    first = texts(tmp_path / "bags" / "trial_001", "/trial/event")
    assert first == ['{"trial": 1, "start": 12.5}', '{"trial": 1, "outcome": "success"}']
    assert texts(tmp_path / "bags" / "trial_002", "/trial/event") == ['{"trial": 2, "start": 20.0}']
    assert texts(tmp_path / "bags" / "trial_002", "/data") == ["in trial 2"]


def test_which_events_begin_a_trial():
    def starts(text):
        return trial_starts(bytes(serialize_message(String(data=text))))

    assert starts('{"trial": 3}')
    assert not starts('{"trial": 3, "outcome": "failure"}')
    assert not starts("not JSON")
    assert not starts("[3]")
    assert not trial_starts(b"")


@pytest.mark.parametrize(
    ("node", "parameters", "message"),
    [
        ("recorder", {}, "needs the parameter 'out'"),
        ("recorder", {"out": "/proc/nowhere/bag"}, "cannot write /proc/nowhere/bag"),
        ("recorder", {"out": "bag", "storage": "zip"}, "unknown storage 'zip'. Valid: mcap, sqlite3"),
        ("replay", {}, "needs the parameter 'bag'"),
        ("replay", {"bag": "/no/such/bag"}, "no recording at /no/such/bag"),
    ],
)
def test_wrong_parameters_are_one_line(start, node, parameters, message):
    process = start(node, **parameters)
    _, err = process.communicate(timeout=30)
    assert process.returncode == 2
    assert err.startswith("error: ")
    assert message in err
    assert len(err.splitlines()) == 1


@pytest.fixture(params=["mcap", "sqlite3"])
def bag(tmp_path, request):
    with BagWriter(tmp_path / "bag", request.param) as writer:
        writer.add_topic(BagTopic("/reliable", "std_msgs/msg/String", 0, reliable=True, latched=False))
        writer.add_topic(BagTopic("/latched", "std_msgs/msg/String", 0, reliable=True, latched=True))
        writer.write("/latched", 10**9, bytes(serialize_message(String(data="once"))))
        for number in range(200):
            data = bytes(serialize_message(String(data=str(number))))
            writer.write("/reliable", 10**9 + number * 1_000_000, data)
    return tmp_path / "bag"


def test_replay_gives_the_same_bytes_and_ends(start, listener, bag):
    got = listener.collect(String, "/reliable", DEEP, raw=True)
    once = listener.collect(String, "/latched", LATCHED)
    clock = listener.collect(Clock, "/clock", QOS["/clock"])
    replay = start("replay", bag=bag, wait=True, clock=True)
    listener.until(lambda: len(got) == 200 and once)
    assert [bytes(data) for data in got] == [padded(serialize_message(String(data=str(n)))) for n in range(200)]
    assert once[0].data == "once"
    _, err = replay.communicate(timeout=30)
    assert replay.returncode == 0, err
    assert all(10**9 <= m.clock.sec * 10**9 + m.clock.nanosec < 1.2e9 for m in clock)
    assert clock


def test_replay_of_a_topic_that_is_not_there(start, bag):
    process = start("replay", bag=bag, topics="['/relable']")
    _, err = process.communicate(timeout=30)
    assert process.returncode == 2
    assert "'/relable'. Did you mean '/reliable'? Valid: /latched, /reliable" in err


def test_ctrl_c_ends_a_replay_that_waits(start, listener, bag):
    process = start("replay", bag=bag, wait=True)
    listener.until(lambda: "replay" in listener.node.get_node_names())
    end(process)
