import signal
import subprocess
import sys
import threading
import time

import pytest

pytest.importorskip("rosbags", reason="needs the extra 'bag'")

from dexsim2real_audit import recorder as module
from dexsim2real_audit.bag_recover import recover
from dexsim2real_audit.bag_writer import BagWriter
from dexsim2real_audit.recorder import Recorder, RecorderConfig
from dexsim2real_description import DexSim2RealError, UnknownNameError
from dexsim2real_description.bags import Bag, BagTopic

NOISE = BagTopic("/noise", "std_msgs/msg/ByteMultiArray", 0, reliable=False, latched=False)


def messages(bag):
    with Bag(bag) as opened:
        return list(opened.messages())


@pytest.mark.parametrize("storage", ["mcap", "sqlite3"])
def test_everything_is_there_in_order(tmp_path, storage):
    recorder = Recorder(tmp_path / "bag", RecorderConfig(storage=storage))
    recorder.add_topic(NOISE)
    for index in range(500):
        assert recorder.put("/noise", index, bytes([index % 256]) * index)
    status = recorder.close()
    assert messages(tmp_path / "bag") == [("/noise", i, bytes([i % 256]) * i) for i in range(500)]
    assert status.ok
    assert status.messages == {"/noise": 500}
    assert (status.num_bytes, status.queued_bytes) == (sum(range(500)), 0)
    assert recorder.close() == status
    with Bag(tmp_path / "bag") as bag:
        assert bag.notes == {}


class Gate:
    """A BagWriter whose writes wait until they are let go."""

    def __init__(self, monkeypatch):
        self.open = threading.Event()
        gate = self

        class Waiting(BagWriter):
            def write(self, topic, stamp_ns, data):
                gate.open.wait(30)
                super().write(topic, stamp_ns, data)

        monkeypatch.setattr(module, "BagWriter", Waiting)


def test_a_slow_disk_costs_messages_not_memory_and_says_so(tmp_path, monkeypatch):
    gate = Gate(monkeypatch)
    recorder = Recorder(tmp_path / "bag", RecorderConfig(queue_bytes=1000))
    recorder.add_topic(NOISE)
    assert [recorder.put("/noise", i, bytes(100)) for i in range(15)] == [True] * 10 + [False] * 5
    assert recorder.status.queued_bytes == 1000
    assert not recorder.status.ok
    assert recorder.status.text == "dropped 5 messages: the disk is too slow"
    gate.open.set()
    status = recorder.close()
    assert (status.messages, status.dropped) == ({"/noise": 10}, {"/noise": 5})
    assert not status.ok  # for good: the recording has a hole
    assert [stamp for _, stamp, _ in messages(tmp_path / "bag")] == list(range(10))
    with Bag(tmp_path / "bag") as bag:  # and the bag says so too
        assert bag.notes == {"dropped_messages": '{"/noise": 5}'}


def test_what_was_lost_on_the_way_is_known(tmp_path):
    recorder = Recorder(tmp_path / "bag")
    recorder.count_lost("/noise", 2)
    recorder.count_lost("/noise", 1)
    status = recorder.close()
    assert (status.ok, status.lost) == (False, {"/noise": 3})
    assert status.text == "3 messages were lost on the way: the machine is too busy"
    with Bag(tmp_path / "bag") as bag:
        assert bag.notes == {"lost_messages": '{"/noise": 3}'}


def test_a_disk_that_fails_is_a_state_and_the_rest_is_counted(tmp_path, monkeypatch):
    class Full(BagWriter):
        def write(self, topic, stamp_ns, data):
            if stamp_ns == 3:
                raise OSError(28, "No space left on device")
            super().write(topic, stamp_ns, data)

    monkeypatch.setattr(module, "BagWriter", Full)
    recorder = Recorder(tmp_path / "bag", RecorderConfig(flush_period_s=0.0))
    recorder.add_topic(NOISE)
    for index in range(6):
        recorder.put("/noise", index, b"x")
    limit = time.monotonic() + 20
    while recorder.status.failure is None and time.monotonic() < limit:
        time.sleep(0.001)
    assert not recorder.put("/noise", 6, b"x")
    status = recorder.close()
    assert "No space left on device" in status.text
    assert (status.messages, status.dropped) == ({"/noise": 3}, {"/noise": 4})
    assert recover(tmp_path / "bag", tmp_path / "saved") == 3


def test_one_bag_after_the_other(tmp_path):
    recorder = Recorder(tmp_path / "a")
    recorder.add_topic(NOISE)
    recorder.put("/noise", 2, b"one")
    recorder.next_bag(tmp_path / "b")
    recorder.put("/noise", 3, b"two")
    assert recorder.close().messages == {"/noise": 2}
    assert messages(tmp_path / "a") == [("/noise", 2, b"one")]
    assert messages(tmp_path / "b") == [("/noise", 3, b"two")]


def test_a_message_type_without_definition_is_refused_and_costs_nothing(tmp_path):
    with pytest.raises(UnknownNameError, match="message type of /other"):
        (recorder := Recorder(tmp_path / "bag")).add_topic(
            BagTopic("/other", "my_msgs/msg/Thing", 0, reliable=True, latched=False)
        )
    assert recorder.close().ok


def test_a_place_that_cannot_be_written(tmp_path):
    (tmp_path / "there").mkdir()
    with pytest.raises(DexSim2RealError, match="exists already"):
        Recorder(tmp_path / "there")
    (tmp_path / "file").touch()
    with pytest.raises(DexSim2RealError, match="cannot write"):
        Recorder(tmp_path / "file" / "bag")


WRITE_FOR_EVER = """
import sys, time
from pathlib import Path
from dexsim2real_audit import recorder as module
from dexsim2real_audit.bag_writer import BagWriter
from dexsim2real_description.bags import BagTopic

class Talking(BagWriter):
    last = -1
    def write(self, topic, stamp_ns, data):
        super().write(topic, stamp_ns, data)
        self.last = stamp_ns
    def flush(self):
        super().flush()
        print(self.last, flush=True)

module.BagWriter = Talking
recorder = module.Recorder(Path(sys.argv[1]), module.RecorderConfig(storage=sys.argv[2], flush_period_s=0.1))
recorder.add_topic(BagTopic("/noise", "std_msgs/msg/ByteMultiArray", 0, reliable=True, latched=False))
for number in range(10**9):
    recorder.put("/noise", number, number.to_bytes(8, "little") * 1000)
    time.sleep(0.001)
"""


@pytest.mark.parametrize("storage", ["mcap", "sqlite3"])
def test_sigkill_loses_nothing_from_before_the_last_flush(tmp_path, storage):
    command = [sys.executable, "-c", WRITE_FOR_EVER, tmp_path / "bag", storage]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
    flushed = [-1]
    while len(set(flushed)) < 5:
        flushed.append(int(process.stdout.readline()))
    process.send_signal(signal.SIGKILL)
    flushed += [int(line) for line in process.communicate()[0].splitlines()]
    with pytest.raises(DexSim2RealError, match=r"was cut off.*dexsim2real recover"):
        Bag(tmp_path / "bag")
    saved = recover(tmp_path / "bag", tmp_path / "saved")
    assert saved > flushed[-1] > flushed[0]
    assert messages(tmp_path / "saved") == [("/noise", i, i.to_bytes(8, "little") * 1000) for i in range(saved)]
