import numpy as np
import pytest

from dexsim2real_audit.slip import find_slips

STAMPS = np.arange(0, 2_000_000_000, 10_000_000, dtype=np.int64)


def forces(normal=2.0, shear=0.5):
    """Two taxels per finger share the force; only the index presses."""
    force = np.zeros((len(STAMPS), 4, 2, 3))
    force[:, 0, :, 2] = normal / 2
    force[:, 0, :, 0] = shear / 2
    return force


def test_a_steady_grasp_does_not_slip():
    slip = find_slips(STAMPS, forces())
    assert slip.events == ((), (), (), ())
    assert slip.contact == (pytest.approx(1.99), 0, 0, 0)
    assert slip.rate == 0.0


def test_slow_changes_are_no_slip():
    force = forces()
    force[:, 0, :, 0] = np.linspace(0, 0.8, len(STAMPS))[:, None]
    assert find_slips(STAMPS, force).rate == 0.0


def test_two_drops_of_shear_are_two_slips():
    force = forces(shear=1.5)
    force[80:, 0, :, 0] = 0.3  # from 1.5 to 0.6 N: 0.9 N of 2 N
    force[150:, 0, :, 1] = 0.5
    slip = find_slips(STAMPS, force)
    assert slip.events[0] == (800_000_000, 1_500_000_000)
    assert slip.rate == pytest.approx(2 / 1.99)


def test_letting_go_is_no_slip():
    force = forces(shear=1.5)
    force[100:] = 0.0
    assert find_slips(STAMPS, force).events[0] == ()


def test_no_contact_at_all():
    assert find_slips(STAMPS, np.zeros((len(STAMPS), 4, 15, 3))).rate == 0.0
