import hashlib
import sqlite3

import pytest

from dexsim2real_audit.bag_recover import recover
from dexsim2real_audit.bag_writer import BagWriter
from dexsim2real_description import DexSim2RealError, UnknownNameError
from dexsim2real_description.bags import Bag, BagTopic

pytest.importorskip("rosbags")
NOISE = BagTopic("/noise", "std_msgs/msg/ByteMultiArray", 0, reliable=False, latched=False)
EVENT = BagTopic("/event", "std_msgs/msg/String", 0, reliable=True, latched=True)


def payload(index: int, size: int = 1000) -> bytes:
    return (hashlib.sha256(str(index).encode()).digest() * (size // 32 + 1))[:size]


@pytest.fixture(params=["mcap", "sqlite3"])
def storage(request):
    return request.param


def test_bytes_times_and_profiles_are_kept(tmp_path, storage):
    with BagWriter(tmp_path / "bag", storage) as writer:
        writer.add_topic(NOISE)
        writer.add_topic(NOISE)
        writer.add_topic(EVENT)
        for index in range(2000):  # 2 MB: more than one chunk
            writer.write("/noise", 5 * index, payload(index))
        writer.write("/event", 3, b"\x00\x01\x00\x00hello")
    with Bag(tmp_path / "bag") as bag:
        read = list(bag.messages())
        assert read[1] == ("/event", 3, b"\x00\x01\x00\x00hello")
        assert [m for m in read if m[0] == "/noise"] == [("/noise", 5 * i, payload(i)) for i in range(2000)]
        assert (bag.topics["/noise"].reliable, bag.topics["/noise"].latched) == (False, False)
        assert (bag.topics["/event"].reliable, bag.topics["/event"].latched) == (True, True)


def test_metadata_is_what_rosbag2_of_jazzy_and_kilted_writes(tmp_path, storage):
    with BagWriter(tmp_path / "bag", storage) as writer:
        writer.add_topic(EVENT)
        writer.write("/event", 3, b"")
    text = (tmp_path / "bag" / "metadata.yaml").read_text()
    assert "version: 9" in text
    assert f"storage_identifier: {storage}" in text
    assert "durability: transient_local" in text
    assert "RIHS01_" in text


def test_a_topic_without_messages_is_in_the_bag(tmp_path, storage):
    with BagWriter(tmp_path / "bag", storage) as writer:
        writer.add_topic(EVENT)
    with Bag(tmp_path / "bag") as bag:
        assert bag.topics["/event"].count == 0
        assert bag.span_ns == (0, 0)


def test_what_was_flushed_can_be_read_without_closing(tmp_path, storage):
    writer = BagWriter(tmp_path / "bag", storage)
    writer.add_topic(NOISE)
    for index in range(10):
        writer.write("/noise", index, payload(index))
    writer.flush()
    writer.flush()  # nothing new: must not write an empty chunk
    writer.write("/noise", 10, payload(10))
    assert recover(tmp_path / "bag", tmp_path / "saved") == 10
    with Bag(tmp_path / "saved") as bag:
        assert list(bag.messages()) == [("/noise", i, payload(i)) for i in range(10)]
        assert bag.topics["/noise"].reliable is False
    writer.close()


def test_bad_places_and_types(tmp_path):
    (tmp_path / "there").mkdir()
    with pytest.raises(DexSim2RealError, match=r"exists already.*another name"):
        BagWriter(tmp_path / "there")
    (tmp_path / "file").touch()
    with pytest.raises(DexSim2RealError, match=r"cannot write .*Not a directory"):
        BagWriter(tmp_path / "file" / "bag")
    with pytest.raises(UnknownNameError, match=r"'zip'.*Valid: mcap, sqlite3"):
        BagWriter(tmp_path / "bag", "zip")
    with (
        BagWriter(tmp_path / "bag") as writer,
        pytest.raises(UnknownNameError, match=r"Did you mean 'std_msgs/msg/Stri"),
    ):
        writer.add_topic(BagTopic("/x", "std_msgs/msg/Strin", 0, reliable=True, latched=False))


def test_recover_of_a_whole_a_cut_and_a_spoiled_file(tmp_path, caplog):
    with BagWriter(tmp_path / "bag") as writer:
        writer.add_topic(NOISE)
        for index in range(30):
            writer.write("/noise", index, payload(index))
            if index % 10 == 9:
                writer.flush()
    assert recover(tmp_path / "bag", tmp_path / "whole") == 30
    whole = (tmp_path / "bag" / "bag.mcap").read_bytes()

    def saved(data: bytes, name: str) -> int:
        cut = tmp_path / f"{name}.mcap"
        cut.write_bytes(data)
        return recover(cut, tmp_path / name)

    third = whole.index(payload(25))
    assert saved(whole[:third], "cut") == 20  # the last whole chunk ends with message 19
    second = whole.index(payload(15))
    at = whole.rindex(payload(9), 0, second) + 1000  # the record header that follows the first chunk
    assert saved(whole[:at] + b"\xff" * 40 + whole[at + 40 :], "spoiled") == 10
    assert "unreadable place" in caplog.text


def test_recover_leaves_nothing_behind_when_it_cannot(tmp_path):
    (tmp_path / "empty.mcap").write_bytes(b"")
    (tmp_path / "folder").mkdir()
    for bag, message in [
        (tmp_path / "empty.mcap", "no readable message"),
        (tmp_path / "folder", "no .mcap or .db3 file"),
        (tmp_path / "missing", "no recording at"),
    ]:
        with pytest.raises(DexSim2RealError, match=message):
            recover(bag, tmp_path / "out")
    with pytest.raises(DexSim2RealError, match=r"exists already"):
        recover(tmp_path / "empty.mcap", tmp_path / "folder")
    assert sorted(path.name for path in tmp_path.iterdir()) == ["empty.mcap", "folder"]


def test_recover_of_several_files_keeps_them_all(tmp_path):
    for name in ("a", "b"):
        with BagWriter(tmp_path / name) as writer:
            writer.add_topic(NOISE)
            writer.write("/noise", 1, payload(1))
    (tmp_path / "both").mkdir()
    for name in ("a", "b"):
        (tmp_path / name / f"{name}.mcap").rename(tmp_path / "both" / f"{name}.mcap")
    assert recover(tmp_path / "both", tmp_path / "saved") == 2


def test_recover_rolls_back_the_unfinished_transaction(tmp_path):
    writer = BagWriter(tmp_path / "bag", "sqlite3")
    writer.add_topic(EVENT)
    writer.write("/event", 1, b"kept")
    writer.flush()
    writer.write("/event", 2, b"lost")
    with sqlite3.connect(tmp_path / "bag" / "bag.db3") as database:
        assert database.execute("SELECT count(*) FROM messages").fetchone() == (1,)
    assert recover(tmp_path / "bag", tmp_path / "saved") == 1
    writer.close()
