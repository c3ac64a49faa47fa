"""Intrinsics, optical frames, depth figures."""

import numpy as np
import pytest

from dexsim2real_description import CAMERAS, make_cell
from dexsim2real_description import camera as module
from dexsim2real_description.camera import D435_COLOR, FRONT, WRIST, CameraMount, Intrinsics


def test_colour_field_of_view_is_the_d435s() -> None:
    # 2 atan(240 / 615) = 42.6 deg; the data sheet gives 42 deg
    assert D435_COLOR.fovy == pytest.approx(42.63, abs=0.01)
    assert (D435_COLOR.width, D435_COLOR.height) == (640, 480)
    assert 610 <= D435_COLOR.fx <= 620
    assert 315 <= D435_COLOR.cx <= 326
    assert 237 <= D435_COLOR.cy <= 250


def test_half_size_halves_everything() -> None:
    camera = Intrinsics(640, 480, 600.0, 610.0, 330.0, 250.0)
    assert camera.scaled(320, 240) == Intrinsics(320, 240, 300.0, 305.0, 165.0, 125.0)
    assert camera.scaled(640, 480) == camera


def test_a_square_image_is_the_centre_of_the_frame() -> None:
    square = Intrinsics(640, 480, 600.0, 600.0, 330.0, 250.0).scaled(240, 240)
    # scale 240 / 480; the principal point keeps its offset from the centre: 120 + 10 / 2, 120 + 10 / 2
    assert square == Intrinsics(240, 240, 300.0, 300.0, 125.0, 125.0)
    assert square.fovy == pytest.approx(Intrinsics(640, 480, 600.0, 600.0, 330.0, 250.0).fovy)


@pytest.mark.parametrize("mount", [FRONT, WRIST])
def test_optical_frame_looks_forward_with_the_image_upright(mount: CameraMount) -> None:
    right, down, forward = mount.rotation.T
    assert np.allclose(mount.rotation.T @ mount.rotation, np.eye(3), atol=1e-12)
    assert np.allclose(np.cross(right, down), forward)
    assert forward @ mount.forward == pytest.approx(np.linalg.norm(mount.forward))
    across = mount.up - forward * (forward @ mount.up)
    assert down @ across / np.linalg.norm(across) == pytest.approx(-1.0)


@pytest.mark.parametrize("height", [0.0, 0.45])
@pytest.mark.parametrize("side", [-0.25, 0.0, 0.3])
def test_front_camera_sees_the_work_area_and_the_hand_above_it(height: float, side: float) -> None:
    x, y, _ = make_cell().table.centre
    right, down, depth = FRONT.rotation.T @ (np.array([x, y + side, height]) - FRONT.xyz)
    assert 0 < FRONT.intrinsics.cx + FRONT.intrinsics.fx * right / depth < 640
    assert 0 < FRONT.intrinsics.cy + FRONT.intrinsics.fy * down / depth < 480


def test_wrist_camera_sits_on_the_palmar_side_and_looks_past_the_palm() -> None:
    cell = make_cell()
    palm = next(joint for joint in cell.joints if joint.child == "palm")
    assert WRIST.parent == palm.parent  # turned with the palm, which faces +x
    assert WRIST.xyz[0] > 0.0408 / 2 - 0.0093  # outside the palm's box
    assert WRIST.rotation[2, 2] > 0.9  # along the fingers


def test_names_and_frames() -> None:
    assert tuple(mount.name for mount in make_cell().cameras) == CAMERAS == ("front", "wrist")
    assert FRONT.frame == "front_camera_color_optical_frame"


def test_depth_noise_of_the_data_sheet() -> None:
    # FACTS 4.3: 0.94 mm at 0.5 m, 3.8 mm at 1 m, 15 mm at 2 m
    per_square_metre = module.DEPTH_SUBPIXEL / (module.DEPTH_FOCAL * module.DEPTH_BASELINE)
    assert per_square_metre * 0.25 == pytest.approx(0.94e-3, rel=0.01)
    assert per_square_metre == pytest.approx(3.8e-3, rel=0.01)
    assert module.DEPTH_RANGE == (0.11, 10.0)
