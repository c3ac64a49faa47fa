import numpy as np
import pytest

from dexsim2real_description import JOINTS
from dexsim2real_hw.gate import ActionChunk, ChunkPoint, GateConfig
from dexsim2real_hw.gate.chunk import joint_order, read_chunk
from dexsim2real_hw.gate.readings import RejectedError

NOW = 5_000_000_000
ROW = tuple(0.01 * i for i in range(23))


def chunk(joints=JOINTS, rows=(ROW,), times=None, velocities=((),) * 100, stamp=NOW):
    times = times or [0.1 * i for i in range(len(rows))]
    points = [ChunkPoint(round(t * 1e9), row, v) for t, row, v in zip(times, rows, velocities, strict=False)]
    return read_chunk(ActionChunk(stamp, joints, points), JOINTS, GateConfig())


def refused(**what):
    with pytest.raises(RejectedError) as caught:
        chunk(**what)
    return caught.value.reading


def test_joints_in_another_order_are_put_in_ours():
    knots = chunk(joints=JOINTS[::-1], rows=[ROW[::-1]], velocities=[ROW[::-1]])
    np.testing.assert_array_equal(knots.positions, [ROW])
    np.testing.assert_array_equal(knots.velocities, [ROW])


def test_times_are_counted_from_the_stamp():
    knots = chunk(rows=[ROW, ROW], times=[0.05, 0.2], stamp=NOW - 10_000_000)
    assert knots.times.tolist() == [NOW + 40_000_000, NOW + 190_000_000]
    assert knots.velocities is None


@pytest.mark.parametrize(
    ("names", "culprit", "right"),
    [
        (JOINTS[:-1], "missing thumb_joint_3", 22),
        ((*JOINTS, "arm_joint_8"), "unexpected arm_joint_8", 23),
        ((*JOINTS, JOINTS[3]), "unexpected arm_joint_4", 23),
        ((*JOINTS[:-1], JOINTS[0]), "missing thumb_joint_3", 22),
        ((), "missing arm_joint_1", 0),
        (tuple(f"panda_{name}" for name in JOINTS), "missing arm_joint_1", 0),
    ],
)
def test_other_joints_are_refused_by_name(names, culprit, right):
    with pytest.raises(RejectedError) as caught:
        joint_order(names, JOINTS)
    reading = caught.value.reading
    assert (reading.name, reading.where, reading.value, reading.bound) == ("joints", culprit, right, 23)


@pytest.mark.parametrize("bad", [np.nan, np.inf, -np.inf, 1e300, 1.1e6])
def test_a_number_that_no_joint_can_have_is_refused(bad):
    row = (*ROW[:-1], bad)
    assert refused(rows=[ROW, row]).name == "finite"
    assert refused(velocities=[row]).name == "finite"


def test_a_chunk_has_points_of_one_length_at_increasing_times():
    assert refused(rows=[]).name == "points"
    assert (refused(rows=[ROW] * 65).value, refused(rows=[ROW] * 65).bound) == (65, 64)
    assert refused(rows=[ROW, ROW[1:]]).where == "chunk point 1"
    assert refused(rows=[ROW, ROW], velocities=[ROW, ()]).name == "shape"
    assert refused(rows=[ROW], times=[-0.1]).value == -0.1
    assert refused(rows=[ROW, ROW], times=[0.1, 0.1]).name == "times"
    assert refused(rows=[ROW, ROW], times=[0.1, 5.1]).name == "horizon"
