"""The D435's depth noise against its formula."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from dexsim2real_description.camera import DEPTH_BASELINE, DEPTH_FOCAL, DEPTH_SUBPIXEL
from dexsim2real_sim.depth import DISPARITY_STEP, EDGE_DROPOUT, measure_depth


def plane(distance, side=200):
    return np.full((side, side), distance, np.float32)


@pytest.mark.parametrize(("distance", "expected"), [(0.5, 0.94e-3), (1.0, 3.8e-3), (2.0, 15e-3)])
def test_rms_error_is_the_published_one(distance, expected):
    # FACTS 4.3: z^2 * 0.08 / (424 * 0.05); the step of 1/32 px adds (1/32)^2 / 12, 1 % at this noise
    error = measure_depth(plane(distance), DEPTH_SUBPIXEL, np.random.default_rng(0)) - distance
    assert np.sqrt(np.mean(error**2)) == pytest.approx(expected, rel=0.03)


def test_without_noise_values_are_on_the_disparity_grid():
    depth = np.linspace(0.3, 2.0, 1000, dtype=np.float32)[None].repeat(2, axis=0)
    measured = measure_depth(depth, 0.0, np.random.default_rng(0)).astype(np.float64)
    steps = DEPTH_FOCAL * DEPTH_BASELINE / measured / DISPARITY_STEP
    np.testing.assert_allclose(steps, np.rint(steps), atol=1e-3)
    assert np.abs(measured - depth).max() <= 2.0**2 / (DEPTH_FOCAL * DEPTH_BASELINE) * DISPARITY_STEP / 2 * 1.01


@pytest.mark.parametrize("distance", [0.05, 0.109, 10.5, 20.0])
def test_outside_the_range_there_is_no_value(distance):
    assert not measure_depth(plane(distance, 20), DEPTH_SUBPIXEL, np.random.default_rng(0)).any()


def test_edges_lose_their_share_and_nothing_else_does():
    depth = plane(1.0)
    depth[:, 100:] = 0.5
    measured = measure_depth(depth, DEPTH_SUBPIXEL, np.random.default_rng(0))
    edge = measured[:, 99:101] == 0
    assert edge.mean() == pytest.approx(EDGE_DROPOUT, abs=0.1)  # 400 pixels: standard error 2.5 %
    assert (np.delete(measured, (99, 100), axis=1) > 0).all()


def test_a_slope_is_no_edge():
    depth = np.linspace(0.5, 1.0, 200, dtype=np.float32)[:, None].repeat(50, axis=1)
    assert (measure_depth(depth, DEPTH_SUBPIXEL, np.random.default_rng(0)) > 0).all()


@given(st.floats(0.0, 100.0), st.floats(0.0, 1.0), st.integers(0, 2**32))
def test_every_value_is_a_hole_or_inside_the_range(distance, subpixel, seed):
    depth = np.full((4, 5), max(distance, 1e-3), np.float32)
    measured = measure_depth(depth, subpixel, np.random.default_rng(seed))
    assert measured.shape == depth.shape
    assert np.isfinite(measured).all()
    assert ((measured == 0) | ((measured >= 0.1099) & (measured <= 10.001))).all()
