import sqlite3
from pathlib import Path

import pytest

from dexsim2real_description import DexSim2RealError, UnknownNameError
from dexsim2real_description.bags import Bag

rosbag2 = pytest.importorskip("rosbags.rosbag2")
typesys = pytest.importorskip("rosbags.typesys")
TYPES = typesys.get_typestore(typesys.Stores.ROS2_KILTED)


def string(text: str) -> bytes:
    String = TYPES.types["std_msgs/msg/String"]
    return bytes(TYPES.serialize_cdr(String(text), "std_msgs/msg/String"))


def write_bag(path: Path, storage: str) -> Path:
    with rosbag2.Writer(path, version=9, storage_plugin=rosbag2.StoragePlugin[storage]) as writer:
        one = writer.add_connection("/one", "std_msgs/msg/String", typestore=TYPES)
        two = writer.add_connection("/two", "std_msgs/msg/String", typestore=TYPES)
        writer.write(two, 30, string("c"))
        writer.write(one, 10, string("a"))
        writer.write(one, 20, string("b"))
    return path


@pytest.fixture
def mcap_bag(tmp_path):
    return write_bag(tmp_path / "bag", "MCAP")


@pytest.fixture
def sqlite_bag(tmp_path):
    return write_bag(tmp_path / "bag", "SQLITE3")


@pytest.fixture(params=["MCAP", "SQLITE3"])
def bag(tmp_path, request):
    return write_bag(tmp_path / "bag", request.param)


def test_messages_come_in_order_of_time_with_their_bytes(bag):
    with Bag(bag) as reader:
        assert list(reader.messages()) == [
            ("/one", 10, string("a")),
            ("/one", 20, string("b")),
            ("/two", 30, string("c")),
        ]
        assert [stamp for _, stamp, _ in reader.messages(["/one"])] == [10, 20]
        assert list(reader.messages([])) == []
        assert reader.span_ns == (10, 30)
        assert {name: topic.count for name, topic in reader.topics.items()} == {"/one": 2, "/two": 1}
        assert reader.topics["/one"].type == "std_msgs/msg/String"


def test_decoding(bag):
    with Bag(bag) as reader:
        assert reader.decode("/one", string("hello")).data == "hello"


def test_an_unknown_topic_lists_those_there_are(bag):
    with Bag(bag) as reader, pytest.raises(UnknownNameError, match=r"'/three'.*Valid: /one, /two"):
        list(reader.messages(["/one", "/three"]))


def test_what_is_no_bag(tmp_path):
    with pytest.raises(DexSim2RealError, match=r"no recording at"):
        Bag(tmp_path / "missing")
    with pytest.raises(DexSim2RealError, match=r"no metadata.yaml and no .mcap"):
        Bag(tmp_path)
    (tmp_path / "notes.txt").touch()
    with pytest.raises(DexSim2RealError, match=r"expected a bag folder"):
        Bag(tmp_path / "notes.txt")


def test_a_recording_without_metadata_says_how_to_mend_it(bag):
    (bag / "metadata.yaml").unlink()
    with pytest.raises(DexSim2RealError, match=r"was cut off.*dexsim2real recover"):
        Bag(bag)


def test_a_shortened_file_says_how_to_mend_it(bag):
    storage = next(file for file in bag.iterdir() if file.suffix != ".yaml")
    storage.write_bytes(storage.read_bytes()[: storage.stat().st_size // 2])
    with pytest.raises(DexSim2RealError, match=r"damaged.*dexsim2real recover"), Bag(bag) as reader:
        list(reader.messages())


def test_a_damaged_place_in_the_middle(mcap_bag):
    storage = mcap_bag / "bag.mcap"
    data = storage.read_bytes()
    at = data.index(string("b")) - 40  # the head of the second message
    storage.write_bytes(data[:at] + b"\xff" * 40 + data[at + 40 :])
    with pytest.raises(DexSim2RealError, match=r"damaged"), Bag(mcap_bag) as reader:
        list(reader.messages())


def test_fewer_messages_than_promised_is_an_error_not_a_short_answer(sqlite_bag):
    with sqlite3.connect(sqlite_bag / "bag.db3") as database:
        database.execute("DELETE FROM messages WHERE timestamp = 20")
    with pytest.raises(DexSim2RealError, match=r"2 of 3 messages are there"), Bag(sqlite_bag) as reader:
        list(reader.messages())
