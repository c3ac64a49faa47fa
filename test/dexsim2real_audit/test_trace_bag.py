"""A trace written as the graph's messages is the trace that is read back."""

import numpy as np
import pytest

pytest.importorskip("rosbags", reason="needs the extra 'bag'")

from dexsim2real_audit import Channel, Trace, read_trace
from dexsim2real_audit.bag_writer import BagWriter
from dexsim2real_audit.trace import (
    ACTION,
    COMMAND,
    EFFORT,
    FRONT_IMAGE,
    OBJECTS,
    POSITION,
    TOUCH,
    VELOCITY,
)
from dexsim2real_audit.trace_bag import graph_messages, pictures, stamped
from dexsim2real_description import JOINTS, VENDOR_JOINTS
from dexsim2real_description.bags import BagTopic

RNG = np.random.default_rng(0)
STAMPS = 10**12 + np.arange(60, dtype=np.int64) * 8_333_333
JOINTED = (POSITION, VELOCITY, EFFORT, COMMAND, ACTION)


@pytest.fixture(scope="module")
def trace():
    channels = {name: Channel(STAMPS, RNG.normal(0, 1, (60, 23)), "", JOINTS) for name in JOINTED}
    channels[TOUCH] = Channel(STAMPS, RNG.normal(0, 1, (60, 4, 15, 3)).astype(np.float32), "N")
    channels[OBJECTS] = Channel(STAMPS, RNG.normal(0, 1, (60, 2, 7)), "")
    return Trace(channels, source="noise")


def written(path, messages):
    with BagWriter(path) as writer:
        for each in messages:
            writer.add_topic(BagTopic(each.topic, each.kind, 0, True, False))
            writer.write(each.topic, each.stamp, each.data)
    return read_trace(path)


def test_what_is_written_is_what_is_read(trace, tmp_path):
    read = written(tmp_path / "bag", graph_messages(trace))
    assert not read.problems
    for name in (POSITION, VELOCITY, EFFORT, COMMAND):
        np.testing.assert_array_equal(read[name].stamps, STAMPS)
        np.testing.assert_array_equal(read[name].values, trace[name].values)
        assert read[name].labels == JOINTS
    for name, rate in ((TOUCH, 100), (OBJECTS, 30), (ACTION, 30)):
        np.testing.assert_array_equal(read[name].values, trace[name].held(read[name].stamps))
        assert len(read[name].stamps) == pytest.approx(0.4917 * rate + 1, abs=1)


def test_only_what_is_asked_for_by_other_names(trace, tmp_path):
    names = [*VENDOR_JOINTS["panda"], *JOINTS[7:]]
    read = written(tmp_path / "bag", graph_messages(trace, names, [COMMAND]) + graph_messages(trace, names, [POSITION]))
    assert set(read.channels) == {POSITION, VELOCITY, EFFORT, COMMAND}
    np.testing.assert_array_equal(read[COMMAND].values, trace[COMMAND].values)


def test_pictures_and_other_stamps(tmp_path):
    messages = pictures("/front_camera/color/image_raw", [0, 10**9])
    moved = [type(each)(each.topic, each.kind, each.stamp, stamped(each.data, each.stamp + 5)) for each in messages]
    (state,) = graph_messages(Trace({POSITION: Channel(np.array([3]), np.zeros((1, 23)), "rad", JOINTS)}))
    read = written(tmp_path / "bag", [*moved, state])
    assert read[FRONT_IMAGE].stamps.tolist() == [5, 10**9 + 5]
