"""Mass properties and motion limits."""

import numpy as np
import pytest

from dexsim2real_description.model import Inertia, Limits, VelocityEnvelope, box_inertia


def test_inertia_tensor_is_symmetric_with_products_in_place() -> None:
    matrix = Inertia(1.0, (0.0, 0.0, 0.0), (1.0, 2.0, 3.0), (0.1, 0.2, 0.3)).matrix()
    assert matrix.tolist() == [[1.0, 0.1, 0.2], [0.1, 2.0, 0.3], [0.2, 0.3, 3.0]]


def test_box_inertia() -> None:
    # 12 kg, edges 1, 2, 3 m: Ixx = 12 (4 + 9) / 12 = 13, Iyy = 1 + 9 = 10, Izz = 1 + 4 = 5
    box = box_inertia(12.0, (1.0, 2.0, 3.0), (0.5, 0.0, 0.0))
    assert box.diagonal == (13.0, 10.0, 5.0)
    assert (box.mass, box.com, box.products) == (12.0, (0.5, 0.0, 0.0), (0.0, 0.0, 0.0))


def limits(envelope: VelocityEnvelope | None) -> Limits:
    """Two joints with a cap of 2 and 3 rad/s."""
    two = np.ones(2)
    return Limits(-two, two, np.array([2.0, 3.0]), two, two, two, envelope)


def test_without_an_envelope_the_caps_hold_everywhere() -> None:
    low, high = limits(None).velocity_bounds(np.zeros((5, 2)))
    assert np.array_equal(high, np.tile([2.0, 3.0], (5, 1)))
    assert np.array_equal(low, -high)


@pytest.mark.parametrize(
    ("q", "low", "high"),
    [
        # c = -0.5, k = 4, Q = +-1. At 0: -0.5 + sqrt(4) = 1.5 both ways, below the cap of 2.
        (0.0, -1.5, 1.5),
        # At 0.91: up -0.5 + sqrt(4 * 0.09) = 0.1; down -0.5 + sqrt(4 * 1.91) = 2.264, capped at 2.
        (0.91, -2.0, 0.1),
        # At and beyond the limit: no further, but back at full speed.
        (1.0, -2.0, 0.0),
        (1.3, -2.0, 0.0),
        (-1.3, 0.0, 2.0),
    ],
)
def test_envelope_shrinks_towards_the_position_limit(q: float, low: float, high: float) -> None:
    envelope = VelocityEnvelope(np.array([-0.5]), np.array([4.0]), np.array([1.0]), np.array([-1.0]))
    lows, highs = limits(envelope).velocity_bounds(np.array([q, q]))
    assert (lows[0], highs[0]) == pytest.approx((low, high))
    assert (lows[1], highs[1]) == (-3.0, 3.0)  # the second joint has no envelope
