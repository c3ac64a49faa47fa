"""Touch layouts: the grid on its capsule, the curved tip as published."""

import numpy as np
import pytest

from dexsim2real_description import DexSim2RealError, UnknownNameError, touch_layout
from dexsim2real_description.hand import SKIN_LENGTH, SKIN_RADIUS
from dexsim2real_description.touch import TOUCH_LAYOUTS, TouchLayout

LAYOUTS = pytest.mark.parametrize("layout", TOUCH_LAYOUTS.values(), ids=TOUCH_LAYOUTS)


def axis_points(layout: TouchLayout) -> np.ndarray:
    """Nearest point of the capsule's axis to each taxel, shape (T, 3)."""
    z = np.clip(layout.positions[:, 2], 0.0, SKIN_LENGTH)
    return np.stack([np.zeros_like(z), np.zeros_like(z), z], axis=1)


def test_layouts_and_their_sizes() -> None:
    sizes = {name: layout.num_taxels for name, layout in TOUCH_LAYOUTS.items()}
    assert sizes == {"grid15": 15, "uSCuAH": 30, "XR23AHRCPP": 30}
    assert next(iter(TOUCH_LAYOUTS)) == "grid15"
    assert touch_layout("uSCuAH") is TOUCH_LAYOUTS["uSCuAH"]


def test_unknown_layout_lists_the_valid_ones() -> None:
    with pytest.raises(UnknownNameError, match=r"touch layout 'grid16'.*'grid15'\? Valid: XR23AHRCPP, grid15, uSCuAH"):
        touch_layout("grid16")


@LAYOUTS
def test_normals_are_unit_and_outward(layout: TouchLayout) -> None:
    assert np.allclose(np.linalg.norm(layout.normals, axis=1), 1.0)
    outward = layout.positions - axis_points(layout)
    outward /= np.linalg.norm(outward, axis=1, keepdims=True)
    assert (np.sum(outward * layout.normals, axis=1) > np.cos(np.radians(20))).all()


@LAYOUTS
def test_frames_are_right_handed_with_z_outward_and_x_towards_the_end(layout: TouchLayout) -> None:
    frames = layout.frames
    assert np.allclose(frames.transpose(0, 2, 1) @ frames, np.eye(3), atol=1e-12)
    assert np.allclose(np.linalg.det(frames), 1.0)
    assert np.allclose(frames[:, :, 2], layout.normals)
    assert (frames[:, 2, 0] >= 0).all()


def test_a_taxel_at_the_very_end_has_a_frame_too() -> None:
    layout = TouchLayout("end", np.zeros((1, 3)), np.array([[0.0, 0.0, 1.0]]))
    assert np.allclose(layout.frames[0], [[-1, 0, 0], [0, -1, 0], [0, 0, 1]])


@pytest.mark.parametrize(("name", "tolerance"), [("grid15", 1e-12), ("uSCuAH", 1.7e-3)])
def test_taxels_lie_on_the_capsule_that_stands_for_the_tip(name: str, tolerance: float) -> None:
    layout = touch_layout(name)
    distance = np.linalg.norm(layout.positions - axis_points(layout), axis=1) - SKIN_RADIUS
    assert np.abs(distance).max() < tolerance


def test_grid_has_the_real_parts_pitch_along_the_surface() -> None:
    grid = touch_layout("grid15").positions.reshape(5, 3, 3)
    # on the straight part neighbours along the finger are 4.8 mm apart
    assert np.allclose(np.diff(grid[:3, :, 2], axis=0), 0.0048)
    # across, 4.8 mm of arc on 12.7 mm: a chord of 2 * 12.7 * sin(4.8 / 12.7 / 2) = 4.771 mm
    chords = np.linalg.norm(np.diff(grid[:3], axis=1), axis=2)
    assert np.allclose(chords, 4.7715e-3, atol=1e-6)


def test_grid_is_symmetric_and_palmar() -> None:
    grid = touch_layout("grid15").positions.reshape(5, 3, 3)
    assert np.allclose(grid[:, 1, 1], 0.0)
    assert np.allclose(grid[:, 0], grid[:, 2] * [1, -1, 1])
    assert (grid[:, :, 0] > 0).all()
    assert (np.diff(grid[:, 1, 2]) > 0).all()  # rows run from the base to the end


PUBLISHED = {  # taxel: x, y, z [mm] in the sensor frame, normal (FACTS 3.5)
    1: (10.1, 30.6, 12.54, 0.866, 0.500, 0),
    5: (14.3, 3.8, 12.54, 1, 0, 0),
    9: (11.5, 3.8, 20.0, 0.766, 0, 0.643),
    10: (3.7, 33.8, 17.3, 0.324, 0.743, 0.585),
    15: (3.9, 3.8, 25.74, 0.309, 0, 0.951),
    16: (-3.7, 33.8, 17.3, -0.324, 0.743, 0.585),
    21: (-3.9, 3.8, 25.74, -0.309, 0, 0.951),
    22: (-9.8, 23.0, 20.0, -0.754, 0.133, 0.643),
    25: (-11.5, 3.8, 20.0, -0.766, 0, 0.643),
    26: (-10.1, 30.6, 12.54, -0.866, 0.500, 0),
    30: (-14.3, 3.8, 12.54, -1, 0, 0),
}


@pytest.mark.parametrize("taxel", PUBLISHED)
def test_curved_tip_as_published(taxel: int) -> None:
    x, y, z, nx, ny, nz = PUBLISHED[taxel]
    layout = touch_layout("uSCuAH")
    # the mount turns the sensor's z, x, y into the tip's x, y, z and sets it 13 mm behind the finger axis
    assert layout.positions[taxel - 1] == pytest.approx([(z - 13) / 1000, x / 1000, y / 1000])
    assert layout.normals[taxel - 1] == pytest.approx([nz, nx, ny], abs=1e-3)


def test_curved_tip_is_its_own_mirror_image() -> None:
    layout = touch_layout("uSCuAH")
    mirror = [*range(15, 21), *range(21, 25), *range(25, 30)]  # taxels 16 to 30
    source = [*range(9, 15), *range(5, 9), *range(5)]  # taxels 10 to 15, 6 to 9, 1 to 5
    assert np.allclose(layout.positions[mirror], layout.positions[source] * [1, -1, 1])
    assert np.allclose(layout.normals[mirror], layout.normals[source] * [1, -1, 1])
    assert len(np.unique(layout.positions.round(6), axis=0)) == 30


def test_curved_tip_against_the_makers_rotations() -> None:
    # XELA's description gives rotations instead: taxel 6 turns 50 deg about y, then 10 deg about z (fixed axes)
    ry, rz = np.radians([50, 10])
    normal = [np.sin(ry) * np.cos(rz), np.sin(ry) * np.sin(rz), np.cos(ry)]
    assert touch_layout("uSCuAH").normals[5] == pytest.approx([normal[2], normal[0], normal[1]], abs=1e-3)


def test_tips_of_a_whole_hand_stand_where_the_maker_lists_them() -> None:
    layout, tip = touch_layout("XR23AHRCPP"), touch_layout("uSCuAH")
    assert np.array_equal(layout.positions, tip.positions)
    assert np.array_equal(layout.frames, tip.frames)
    forces = np.random.default_rng(0).uniform(0.1, 1.0, (5, 4, 30, 3))
    listed = layout.whole_hand(forces)
    assert listed.shape == (5, 368, 3)
    # the maker's map: index tip's taxel 2 is number 62, the thumb's first is 4, the ring finger's last ends the list
    assert np.array_equal(listed[:, [62, 4, 367]], forces[:, [0, 3, 2], [1, 0, 29]])
    assert np.count_nonzero(listed.any(axis=(0, 2))) == 120  # palm and phalanges read zero


def test_tips_by_themselves_have_no_place_in_a_hand() -> None:
    with pytest.raises(DexSim2RealError, match="'uSCuAH' is no part.*XR23AHRCPP"):
        touch_layout("uSCuAH").whole_hand(np.zeros((4, 30, 3)))
