import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from dexsim2real_description import DexSim2RealError
from dexsim2real_description.area import area_resize, centre_crop
from dexsim2real_description.camera import D435_COLOR


def grey(rows: list[list[int]]) -> np.ndarray:
    return np.repeat(np.array(rows, dtype=np.uint8)[..., None], 3, axis=-1)


def test_whole_factor_is_the_mean_rounded_half_up():
    # (1 + 2 + 3 + 4) / 4 = 2.5 -> 3; (10 + 10 + 10 + 11) / 4 = 10.25 -> 10
    image = grey([[1, 2, 10, 10], [3, 4, 10, 11]])
    assert area_resize(image, (1, 2))[..., 0].tolist() == [[3, 10]]


def test_fractional_factor_counts_border_pixels_by_their_covered_part():
    # 3 pixels to 2: the first output covers pixel 0 and half of pixel 1, so (2 * 10 + 1 * 40) / 3 = 20
    image = grey([[10, 40, 100]] * 3)
    assert area_resize(image, (2, 2))[0, :, 0].tolist() == [20, 80]


def test_wide_frames_lose_their_sides():
    image = grey([[9, 1, 2, 9]] * 2)
    assert area_resize(image, (2, 2))[..., 0].tolist() == [[1, 2], [1, 2]]


def test_an_image_of_the_right_size_passes_unchanged():
    image = np.random.default_rng(0).integers(0, 256, (2, 8, 8, 3), dtype=np.uint8)
    assert area_resize(image, (8, 8)) is image


@given(value=st.integers(0, 255), height=st.integers(4, 40), width=st.integers(4, 40))
def test_a_plain_image_keeps_its_colour(value: int, height: int, width: int):
    image = np.full((height, width, 3), value, dtype=np.uint8)
    assert (area_resize(image, (4, 3)) == value).all()


@given(seed=st.integers(0, 99), height=st.integers(7, 40), width=st.integers(7, 40))
def test_agrees_with_averaging_over_a_common_multiple(seed: int, height: int, width: int):
    image = np.random.default_rng(seed).integers(0, 256, (height, width, 3), dtype=np.uint8)
    rows, columns = centre_crop((height, width), (5, 7))
    top, left = (height - rows) // 2, (width - columns) // 2
    crop = image[top : top + rows, left : left + columns].astype(np.int64)
    fine = crop.repeat(5, axis=0).repeat(7, axis=1).reshape(5, rows, 7, columns, 3).sum(axis=(1, 3))
    expected = (fine + rows * columns // 2) // (rows * columns)
    assert np.abs(area_resize(image, (5, 7)).astype(int) - expected).max() == 0


def test_batch_equals_single():
    images = np.random.default_rng(1).integers(0, 256, (3, 2, 48, 64, 3), dtype=np.uint8)
    batch = area_resize(images, (14, 14))
    for i in range(3):
        assert np.array_equal(batch[i, 1], area_resize(images[i, 1], (14, 14)))


def test_crop_is_that_of_the_scaled_intrinsics():
    # 480 of 640 columns: the focal length in units of the image side must be the same
    assert centre_crop((480, 640), (112, 112)) == (480, 480)
    assert D435_COLOR.scaled(112, 112).fx / 112 == pytest.approx(D435_COLOR.fx / 480)


def test_too_small_an_image_is_refused():
    with pytest.raises(DexSim2RealError, match="64 x 48 pixels, smaller than the 112 x 112"):
        area_resize(np.zeros((48, 64, 3), dtype=np.uint8), (112, 112))
