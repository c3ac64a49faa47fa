"""What every driver checks before it sends."""

import numpy as np
import pytest

from dexsim2real_description import make_cell
from dexsim2real_hw.allegro.config import AllegroConfig
from dexsim2real_hw.allegro.driver import allegro_hand
from dexsim2real_hw.driver import clamped, limits_of
from dexsim2real_hw.errors import CommandError, HardwareError

FEATURES = allegro_hand(AllegroConfig(interface="standin")).features


def test_a_target_inside_the_limits_passes_unchanged():
    target, velocity = np.full(16, 0.3), np.full(16, -1.0)
    assert [x.tolist() for x in clamped(FEATURES, target, velocity)] == [target.tolist(), velocity.tolist()]


def test_without_velocity_the_target_is_to_rest_at():
    assert not clamped(FEATURES, np.full(16, 0.3), None)[1].any()


def test_targets_are_clamped_to_the_limits():
    position, velocity = clamped(FEATURES, np.full(16, 9.0), np.full(16, 99.0))
    assert (position == FEATURES.limits.upper).all()
    assert (velocity == FEATURES.limits.velocity).all()


@pytest.mark.parametrize("bad", [np.zeros(15), np.zeros((16, 1)), np.zeros(23)])
def test_a_wrong_number_of_joints_is_refused(bad):
    with pytest.raises(CommandError, match=r"expected \(16,\)"):
        clamped(FEATURES, bad, None)


@pytest.mark.parametrize("number", [np.nan, np.inf, -np.inf])
def test_numbers_that_are_not_finite_are_refused_by_name(number):
    target = np.zeros(16)
    target[5] = number
    with pytest.raises(CommandError, match="middle_joint_1"):
        clamped(FEATURES, target, None)
    with pytest.raises(CommandError, match="velocity"):
        clamped(FEATURES, np.zeros(16), target)


def test_limits_of_some_joints():
    whole = make_cell(arm="fr3").limits
    arm, hand = limits_of(whole, slice(0, 7)), limits_of(whole, slice(-16, None))
    assert arm.envelope is whole.envelope
    assert hand.envelope is None
    assert np.concatenate([arm.velocity, hand.velocity]).tolist() == whole.velocity.tolist()


def test_asking_a_driver_that_is_not_connected():
    driver = allegro_hand(AllegroConfig(interface="standin"))
    for ask in (driver.state, driver.recover, lambda: driver.send(np.zeros(16))):
        with pytest.raises(HardwareError, match="call connect first"):
            ask()
    driver.disconnect()  # nothing to do
