import numpy as np
import pytest

from dexsim2real_audit.rollout import PERIOD
from dexsim2real_audit.trace import COMMAND, OBJECTS, POSITION, TOUCH, Channel, Trace
from dexsim2real_audit.windows import WindowConfig, find_windows
from dexsim2real_description import JOINTS, DexSim2RealError

RATE = 120


def recording(moves, seconds, press=(), leap=None, joints=JOINTS):
    """Commands that rest but for `moves` (begin, end) [s], in which they swing; fingers press during `press`."""
    times = np.arange(round(seconds * RATE)) / RATE
    stamps = PERIOD * np.arange(1, len(times) + 1, dtype=np.int64)
    commands = np.zeros((len(times), len(joints)))
    for begin, end in moves:
        inside = (times >= begin) & (times < end)
        commands[inside] = 0.2 * np.sin(2 * np.pi * (times[inside, None] - begin))
    touch = np.zeros((len(times), 4, 15, 3))
    for begin, end in press:
        touch[(times >= begin) & (times < end), 3, 0, 2] = 1.0
    poses = np.tile([0.5, 0.0, 0.05, 1.0, 0.0, 0.0, 0.0], (len(times), 1, 1))
    if leap is not None:
        poses[times >= leap, 0, 0] = 0.9
    return Trace(
        {
            COMMAND: Channel(stamps, commands, "rad", joints),
            POSITION: Channel(stamps, commands + 0.01, "rad", joints),
            TOUCH: Channel(stamps, touch, "N"),
            OBJECTS: Channel(stamps, poses, "m, quaternion"),
        },
        source="test",
    )


def begins(windows):
    return [round(window.stamps[0] / 1e9, 2) for window in windows]


def test_a_window_begins_at_the_end_of_a_rest():
    windows, problems = find_windows(recording([(1.0, 3.0), (5.0, 7.0)], 8), ("object",), {"object": "apple"})
    assert begins(windows) == pytest.approx([1.0, 5.0], abs=0.03)
    assert not problems
    start = windows[0].start
    np.testing.assert_allclose(start.joints, 0.01, atol=2e-3)
    np.testing.assert_allclose(start.targets, 0.0, atol=2e-3)
    np.testing.assert_allclose(start.poses["object"][:3], [0.5, 0.0, 0.05])
    assert start.objects == {"object": "apple"}


def test_none_begins_while_a_finger_presses():
    windows, _ = find_windows(recording([(1.0, 3.0), (5.0, 7.0)], 8, press=[(0.0, 2.0)]), ("object",), {})
    assert begins(windows) == pytest.approx([5.0], abs=0.03)


def test_none_goes_on_after_something_was_put_elsewhere():
    windows, _ = find_windows(recording([(1.0, 4.0)], 8, leap=2.5), ("object",), {})
    assert windows[0].stamps[-1] / 1e9 == pytest.approx(2.5, abs=0.02)


def test_a_robot_that_never_rests_is_replayed_from_the_beginning_and_that_is_said():
    windows, problems = find_windows(recording([(0.0, 3.0)], 3, press=[(0.0, 3.0)]), ("object",), {})
    assert begins(windows) == [pytest.approx(0.01, abs=0.02)]
    assert "never rests" in problems[0]


def test_more_windows_than_asked_for_are_thinned_out_evenly():
    moves = [(1.0 + 4 * i, 3.0 + 4 * i) for i in range(9)]
    windows, problems = find_windows(recording(moves, 38), ("object",), {}, WindowConfig(longest=2.0, total=6.0))
    assert begins(windows) == pytest.approx([1.0, 17.0, 33.0], abs=0.03)
    assert "3 of 9" in problems[0]


def test_a_robot_that_never_moves_is_no_audit():
    with pytest.raises(DexSim2RealError, match="told to move"):
        find_windows(recording([], 4), ("object",), {})


def test_commands_of_all_joints_are_needed():
    with pytest.raises(DexSim2RealError, match="no commands of "):
        find_windows(recording([(1.0, 3.0)], 4, joints=JOINTS[:7]), ("object",), {})
