"""What a camera's sensor makes of light."""

import numpy as np
import pytest

from dexsim2real_sim.render_response import Grain, exposed, respond


@pytest.mark.parametrize("size", [(480, 640), (37, 45), (1, 1)])
def test_band_by_band_gives_what_the_formula_gives(size):
    rng = np.random.default_rng(0)
    image = rng.integers(0, 256, (*size, 3), dtype=np.uint8)[::-1]  # upside down, as it is read from OpenGL
    grain, gains = Grain(*size).draw(rng), np.array([1.2, 1.0, 0.9])
    light = image.astype(np.float32) * gains.astype(np.float32) + np.float32(2.5) * grain
    np.testing.assert_array_equal(respond(image, gains, 2.5, grain), np.clip(light + 0.5, 0, 255).astype(np.uint8))


def test_nothing_to_do_is_nothing_done():
    image = np.full((4, 4, 3), 7, np.uint8)
    assert respond(image, np.ones(3), 0.0, np.zeros((4, 4, 3), np.float32)) is image


def test_values_are_cut_and_truncated():
    image = np.array([[[0, 100, 200]]], np.uint8)
    assert exposed(image, np.array([[9.0, 0.999, 2.0]], np.float32)).tolist() == [[[0, 99, 255]]]
    assert exposed(image, np.ones((1, 3), np.float32), offset=-50.0).tolist() == [[[0, 50, 150]]]
