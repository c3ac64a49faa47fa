import json
import signal
import subprocess
import sys

import pytest

pytest.importorskip("rosbags", reason="needs the extra 'bag'")

from dexsim2real_audit.bag_writer import BagWriter
from dexsim2real_bringup.cli import main
from dexsim2real_description.bags import Bag, BagTopic

TEXT = BagTopic("/text", "std_msgs/msg/String", 0, reliable=True, latched=False)
HELLO = b"\x00\x01\x00\x00\x06\x00\x00\x00hello\x00\x00\x00"


@pytest.fixture
def bag(tmp_path):
    with BagWriter(tmp_path / "bag") as writer:
        writer.add_topic(TEXT)
        for number in range(50):
            writer.write("/text", number * 1_000_000, HELLO)
    return tmp_path / "bag"


def run(environment, *words):
    command = [sys.executable, "-c", "import sys; from dexsim2real_bringup.cli import main; sys.exit(main())", *words]
    return subprocess.Popen(
        command, env=environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, errors="replace"
    )


def test_record_until_ctrl_c(ros_environment, listener, tmp_path):
    from std_msgs.msg import String

    publisher = listener.node.create_publisher(String, "/text", 10)
    process = run(ros_environment, "record", "--out", str(tmp_path / "new"), "--json", str(tmp_path / "table.json"))
    listener.until(publisher.get_subscription_count)
    publisher.publish(HELLO)
    listener.until(lambda: (tmp_path / "new" / "new.mcap").read_bytes().count(HELLO))
    process.send_signal(signal.SIGINT)
    out, err = process.communicate(timeout=30)
    assert process.returncode == 0, err
    assert "Recorded to" in out
    rows = {row["topic"]: row for row in json.loads((tmp_path / "table.json").read_text())["rows"]}
    assert rows["/text"] == {"topic": "/text", "type": "std_msgs/msg/String", "messages": 1, "dropped": 0, "lost": 0}
    with Bag(tmp_path / "new") as opened:
        assert [data for _, _, data in opened.messages(["/text"])] == [HELLO]


def test_record_for_a_while_of_a_topic_that_never_comes(ros_environment, tmp_path):
    process = run(ros_environment, "record", "--out", str(tmp_path / "new"), "--topics", "/never", "--duration", "0.5")
    _, err = process.communicate(timeout=30)
    assert process.returncode == 2
    assert err == "error: nothing was published on /never; topics there were: none of those asked for\n"


def test_replay_to_its_end(ros_environment, listener, bag):
    from std_msgs.msg import String

    got = listener.collect(String, "/text", 1000)
    process = run(ros_environment, "replay", str(bag), "--wait")
    listener.until(lambda: len(got) == 50)
    out, err = process.communicate(timeout=30)
    assert process.returncode == 0, err
    assert "replayed 50 messages of 0.0 s" in out
    assert {message.data for message in got} == {"hello"}


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["replay", "{tmp}/missing"], "no recording at"),
        (["replay", "{tmp}/bag", "--rate", "-2"], "rate is -2.0; expected 1 for the original timing"),
        (["recover", "{tmp}/missing"], "no recording at"),
        (["recover", "{tmp}/bag", "--out", "{tmp}/bag"], "exists already"),
    ],
)
def test_what_cannot_be_is_one_line(bag, tmp_path, capsys, words, message):
    assert main([word.format(tmp=tmp_path) for word in words]) == 2
    err = capsys.readouterr().err
    assert message in err
    assert len(err.splitlines()) == 1


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["record", "--out", "{tmp}/bag"], "bag exists already and is not overwritten; choose another name"),
        (["record", "--out", "/proc/nowhere/bag"], "cannot write /proc/nowhere/bag"),
        (["replay", "{tmp}/bag", "--topics", "/txt"], "'/txt'. Did you mean '/text'? Valid: /text"),
    ],
)
def test_what_a_node_refuses_is_one_line(ros_environment, bag, tmp_path, words, message):
    pytest.importorskip("rclpy", reason="needs the extra 'ros'")
    process = run(ros_environment, *[word.format(tmp=tmp_path) for word in words])
    _, err = process.communicate(timeout=30)
    assert process.returncode == 2
    assert message in err
    assert len(err.splitlines()) == 1


def test_recover_beside_the_old_one(bag, tmp_path, capsys):
    (bag / "metadata.yaml").unlink()
    assert main(["replay", str(bag)]) == 2
    assert f"dexsim2real recover {bag}" in capsys.readouterr().err
    assert main(["recover", str(bag)]) == 0
    assert "saved 50 messages, 0.0 s" in capsys.readouterr().out
    with Bag(tmp_path / "bag_recovered") as opened:
        assert opened.topics["/text"].count == 50
