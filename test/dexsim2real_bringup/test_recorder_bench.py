"""The recorder at the graph's full rates: 56 MB/s. Reliable streams, so that a busy machine cannot lose any."""

import pytest

pytest.importorskip("rclpy", reason="needs the extra 'ros'")
pytest.importorskip("rosbags", reason="needs the extra 'bag'")

from dexsim2real_bringup.recorder_bench import StreamResult, _compare, run_killed, run_whole

pytestmark = pytest.mark.usefixtures("ros_environment")


def test_every_message_is_in_the_bag_byte_by_byte(tmp_path):
    result = run_whole(tmp_path / "run", 2.0, reliable=True)
    assert {stream.topic: stream.sent for stream in result.streams} == {
        "/front_camera/color/image_raw": 60,
        "/wrist_camera/color/image_raw": 60,
        "/touch/points": 200,
        "/joint_states": 240,
    }
    for stream in result.streams:
        assert stream == StreamResult(stream.topic, stream.sent, stream.sent, identical=True, reported=0, lost_s=0.0)
    assert result.megabytes > 110


def test_after_a_sigkill_the_beginning_is_there_byte_by_byte(tmp_path):
    result = run_killed(tmp_path / "run", 1.0, reliable=True)
    assert any(stream.kept for stream in result.streams)
    for stream in result.streams:
        assert stream.kept < stream.sent
        assert stream.identical


def test_what_is_lost_on_the_way_is_counted_to_the_message(tmp_path):
    result = run_whole(tmp_path / "run", 5.0, frozen_s=1.5)
    assert sum(stream.reported for stream in result.streams) > 0
    for stream in result.streams:
        assert stream.sent - stream.kept == stream.reported


SENT = [(0, "a"), (10**9, "b"), (2 * 10**9, "c")]


def test_what_counts_as_lost():
    assert _compare("/t", SENT, ["a", "b", "c"], None) == StreamResult(
        "/t", 3, 3, identical=True, reported=0, lost_s=0.0
    )
    assert _compare("/t", SENT, ["a", "c"], None) == StreamResult("/t", 3, 2, identical=False, reported=0, lost_s=1.0)
    assert _compare("/t", SENT, ["a", "b", "x"], None).identical is False
    killed = _compare("/t", SENT, ["a"], round(1.25e9))
    assert killed == StreamResult("/t", 3, 1, identical=True, reported=0, lost_s=0.25)
    assert _compare("/t", SENT, ["b"], round(1.25e9)).identical is False  # a hole before the kill
