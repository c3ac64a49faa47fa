import pytest
from hypothesis import given
from hypothesis import strategies as st

pytest.importorskip("rosbags", reason="needs the extra 'bag'")

from rosbags.typesys import Stores, get_typestore

from dexsim2real_audit.bag_writer import BagWriter
from dexsim2real_audit.replay import check_rate, choose, feed, paced
from dexsim2real_description import DexSim2RealError, UnknownNameError
from dexsim2real_description.bags import Bag, BagTopic

TYPES = get_typestore(Stores.ROS2_KILTED)
MS = 1_000_000


def string(text):
    return bytes(TYPES.serialize_cdr(TYPES.types["std_msgs/msg/String"](text), "std_msgs/msg/String"))


@pytest.fixture
def bag(tmp_path):
    with BagWriter(tmp_path / "bag") as writer:
        for name in ("/one", "/two"):
            writer.add_topic(BagTopic(name, "std_msgs/msg/String", 0, reliable=True, latched=False))
        writer.write("/one", 0, string("a"))
        writer.write("/two", 1, string("b"))
        writer.write("/one", 2, string("c"))
    return tmp_path / "bag"


class Time:
    """A clock that only sleeping moves, and that wakes up late."""

    def __init__(self, late=0.0):
        self.now, self.late, self.waits = 100.0, late, []

    def sleep(self, seconds):
        self.waits.append(seconds)
        self.now += seconds + self.late


def due_times(stamps, rate, time):
    messages = [("/t", stamp, b"") for stamp in stamps]
    return [time.now - 100.0 for _ in paced(messages, rate, time.sleep, lambda: time.now)]


def test_original_intervals():
    assert due_times([5 * MS, 25 * MS, 26 * MS], 1.0, Time()) == pytest.approx([0.0, 0.020, 0.021])


def test_four_times_as_fast():
    assert due_times([0, 20 * MS, 40 * MS], 4.0, Time()) == pytest.approx([0.0, 0.005, 0.010])


def test_as_fast_as_possible_never_waits():
    time = Time()
    due_times([0, 10**12], 0.0, time)
    assert time.waits == []


@given(st.lists(st.integers(0, 10**9), min_size=2, max_size=30), st.floats(0, 0.1), st.floats(0.1, 10))
def test_lateness_does_not_add_up(gaps, late, rate):
    stamps = [sum(gaps[:i]) for i in range(len(gaps))]
    for stamp, at in zip(stamps, due_times(stamps, rate, Time(late)), strict=True):
        assert -1e-6 <= at - stamp * 1e-9 / rate <= late + 1e-6


@pytest.mark.parametrize("rate", [-1.0, float("nan"), float("inf")])
def test_rates_that_mean_nothing(rate):
    with pytest.raises(DexSim2RealError, match="expected 1 for the original timing"):
        check_rate(rate)


def test_feeding_consumers_in_order(bag):
    got = []
    count = feed(bag, {"/one": lambda m: got.append(("one", m.data)), "/two": lambda m: got.append(("two", m.data))})
    assert got == [("one", "a"), ("two", "b"), ("one", "c")]
    assert count == 3
    got.clear()
    assert feed(bag, {"/two": lambda m: got.append(m.data)}, rate=1000.0) == 1
    assert got == ["b"]


def test_choosing_topics(bag):
    with Bag(bag) as opened:
        assert list(choose(opened, None)) == ["/one", "/two"]
        assert list(choose(opened, ["/two"])) == ["/two"]
        with pytest.raises(UnknownNameError, match=r"'/tow'.*Did you mean '/two'"):
            choose(opened, ["/tow"])
    with pytest.raises(UnknownNameError, match="Valid: /one, /two"):
        feed(bag, {"/three": print})
