import struct

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from dexsim2real_description import DexSim2RealError, touch_layout
from dexsim2real_description.touch_cloud import FIELDS, POINT_STEP, CloudField, pack, unpack

POSITIONS = touch_layout("grid15").positions


@given(taxels=st.integers(1, 40), seed=st.integers(0, 2**32 - 1))
def test_what_is_packed_is_unpacked(taxels, seed):
    force = np.random.default_rng(seed).normal(size=(4, taxels, 3)).astype(np.float32)
    assert np.array_equal(unpack(pack(force, np.zeros((taxels, 3))), FIELDS, POINT_STEP), force)


def test_bytes_of_one_point_are_where_the_fields_say():
    force = np.zeros((4, 15, 3))
    force[2, 7] = [0.5, -0.25, 4.0]
    point = pack(force, POSITIONS)[(2 * 15 + 7) * 28 :][:28]
    *position, fx, fy, fz, finger, taxel = struct.unpack("<6fBB2x", point)
    assert position == pytest.approx(POSITIONS[7], abs=1e-7)
    assert (fx, fy, fz, finger, taxel) == (0.5, -0.25, 4.0, 2, 7)


def test_any_order_of_points_and_fields_and_more_fields():
    force = np.random.default_rng(0).normal(size=(4, 15, 3)).astype(np.float32)
    points = np.frombuffer(pack(force, POSITIONS), np.uint8).reshape(60, 28)
    shuffled = points[np.random.default_rng(1).permutation(60)]
    wider = np.concatenate([np.zeros((60, 4), np.uint8), shuffled], axis=1)
    fields = [CloudField(f.name, f.offset + 4, f.datatype) for f in reversed(FIELDS)] + [CloudField("rgb", 0, 6)]
    assert np.array_equal(unpack(wider.tobytes(), fields, 32), force)


def test_nan_passes_so_that_the_gate_can_see_it():
    force = np.full((4, 15, 3), np.nan)
    assert np.isnan(unpack(pack(force, POSITIONS), FIELDS, POINT_STEP)).all()


@pytest.mark.parametrize(
    ("force", "positions", "message"),
    [
        (np.zeros((3, 15, 3)), POSITIONS, r"shape \(3, 15, 3\), expected \(4, T, 3\)"),
        (np.zeros((4, 30, 3)), POSITIONS, r"shape \(15, 3\), expected \(30, 3\)"),
    ],
)
def test_wrong_shapes_are_refused(force, positions, message):
    with pytest.raises(DexSim2RealError, match=message):
        pack(force, positions)


def test_clouds_of_something_else_are_refused():
    good = pack(np.zeros((4, 15, 3)), POSITIONS)
    with pytest.raises(DexSim2RealError, match="no field 'taxel'"):
        unpack(good, FIELDS[:-1], POINT_STEP)
    with pytest.raises(DexSim2RealError, match="'x' has type code 8, expected 7"):
        unpack(good, (CloudField("x", 0, 8), *FIELDS[1:]), POINT_STEP)
    with pytest.raises(DexSim2RealError, match="end at byte 26 of a point of 24 bytes"):
        unpack(good, FIELDS, 24)
    with pytest.raises(DexSim2RealError, match="0 bytes"):
        unpack(b"", FIELDS, POINT_STEP)
    with pytest.raises(DexSim2RealError, match="59 points is not every taxel"):
        unpack(good[:-28], FIELDS, POINT_STEP)
    with pytest.raises(DexSim2RealError, match="exactly once"):
        unpack(good[:28] * 60, FIELDS, POINT_STEP)
    with pytest.raises(DexSim2RealError, match="exactly once"):  # finger 200
        unpack(good[:24] + bytes([200]) + good[25:], FIELDS, POINT_STEP)
