import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from dexsim2real_audit.trace import COMMAND, POSITION, SCHEMA, Channel, Event, Trace
from dexsim2real_description import DexSim2RealError, UnknownNameError


def channel(stamps, values, labels=()):
    return Channel(np.array(stamps, np.int64), np.array(values, float), "rad", tuple(labels))


def test_linear_goes_straight_between_samples_and_is_unknown_outside():
    out = channel([0, 10, 30], [[0.0], [1.0], [5.0]]).linear(np.array([-1, 0, 5, 20, 30, 31]))
    np.testing.assert_allclose(out[:, 0], [np.nan, 0.0, 0.5, 3.0, 5.0, np.nan])  # 1 + (5 - 1) 10 / 20 = 3


def test_held_keeps_the_last_command():
    out = channel([0, 10], [[1.0], [2.0]]).held(np.array([-1, 0, 9, 10, 99]))
    np.testing.assert_allclose(out[:, 0], [np.nan, 1.0, 1.0, 2.0, 2.0])


def test_resampling_keeps_the_shape_of_touch():
    touch = Channel(np.array([0, 10]), np.arange(2 * 4 * 15 * 3, dtype=float).reshape(2, 4, 15, 3), "N")
    middle = touch.linear(np.array([5]))
    assert middle.shape == (1, 4, 15, 3)
    np.testing.assert_allclose(middle[0], (touch.values[0] + touch.values[1]) / 2)


@given(st.lists(st.integers(0, 10**15), min_size=2, max_size=20, unique=True))
def test_linear_returns_the_samples_themselves(stamps):
    values = np.arange(len(stamps), dtype=float)[:, None]
    record = channel(sorted(stamps), values)
    np.testing.assert_allclose(record.linear(record.stamps), values)
    np.testing.assert_allclose(record.held(record.stamps), values)


def test_an_empty_channel_is_unknown_everywhere():
    empty = channel([], np.empty((0, 2)))
    assert np.isnan(empty.linear(np.array([1]))).all()
    assert np.isnan(empty.held(np.array([1]))).all()


@pytest.mark.parametrize("stamps", [[0, 0], [1, 0]])
def test_stamps_must_increase(stamps):
    with pytest.raises(DexSim2RealError, match="increase"):
        channel(stamps, [[0.0], [0.0]])


def test_lengths_and_labels_must_fit():
    with pytest.raises(DexSim2RealError, match="2 stamps and 1 values"):
        channel([0, 1], [[0.0]])
    with pytest.raises(DexSim2RealError, match="1 columns and 2 labels"):
        channel([0], [[0.0]], ("a", "b"))


def test_columns_by_label():
    record = channel([0], [[1.0, 2.0, 3.0]], ("a", "b", "c"))
    np.testing.assert_array_equal(record.columns(("c", "a")), [[3.0, 1.0]])
    with pytest.raises(UnknownNameError, match="'d'"):
        record.columns(("d",))


@pytest.fixture
def trace():
    return Trace(
        {POSITION: channel([0, 10, 20], [[0.0], [1.0], [2.0]], ("a",)), COMMAND: channel([5, 25], [[0.0], [1.0]])},
        (Event(7, "trial", {"id": 3}),),
        ("touch was missing",),
        "somewhere",
        {"task": "pouring"},
    )


def test_span_grid_and_part(trace):
    assert trace.span == (0, 25)
    np.testing.assert_array_equal(trace.grid((POSITION, COMMAND), 2e8), [5, 10, 15, 20])
    part = trace.between(7, 20)
    assert list(part[POSITION].stamps) == [10]
    assert part.events == trace.events
    assert trace.between(8, 20).events == ()
    assert Trace({}).span == (0, 0)


def test_no_time_in_common():
    trace = Trace({"a": channel([0, 1], [[0.0], [0.0]]), "b": channel([5, 6], [[0.0], [0.0]])})
    with pytest.raises(DexSim2RealError, match="no time in common"):
        trace.grid(("a", "b"), 1.0)


def test_unknown_channel(trace):
    with pytest.raises(UnknownNameError, match=r"joint\.position"):
        trace["joint.positon"]


def test_save_and_load_give_the_same(trace, tmp_path):
    trace.save(tmp_path / "a.npz")
    loaded = Trace.load(tmp_path / "a.npz")
    for name, channel_ in trace.channels.items():
        np.testing.assert_array_equal(loaded[name].stamps, channel_.stamps)
        np.testing.assert_array_equal(loaded[name].values, channel_.values)
        assert (loaded[name].unit, loaded[name].labels) == (channel_.unit, channel_.labels)
    assert (loaded.events, loaded.problems, loaded.source, loaded.notes) == (
        trace.events,
        trace.problems,
        trace.source,
        trace.notes,
    )
    assert [file.name for file in tmp_path.iterdir()] == ["a.npz"]


def test_bad_files(tmp_path, trace):
    with pytest.raises(DexSim2RealError, match="cannot read"):
        Trace.load(tmp_path / "none.npz")
    (tmp_path / "text.npz").write_text("hello")
    with pytest.raises(DexSim2RealError, match="not a trace"):
        Trace.load(tmp_path / "text.npz")
    np.savez(tmp_path / "other.npz", a=np.zeros(3))
    with pytest.raises(DexSim2RealError, match="not a trace"):
        Trace.load(tmp_path / "other.npz")
    with pytest.raises(DexSim2RealError, match="cannot write"):
        trace.save(tmp_path / "text.npz" / "a.npz")


def test_a_newer_version_is_refused(tmp_path):
    np.savez(tmp_path / "new.npz", about=np.array(f'{{"schema": {SCHEMA + 1}}}'))
    with pytest.raises(DexSim2RealError, match="update"):
        Trace.load(tmp_path / "new.npz")


def test_pickled_content_is_refused(tmp_path):
    np.savez(tmp_path / "evil.npz", about=np.array([{"schema": 1}], dtype=object))
    with pytest.raises(DexSim2RealError, match="not a trace"):
        Trace.load(tmp_path / "evil.npz")
