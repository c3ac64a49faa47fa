import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dexsim2real_description import Limits, make_cell
from dexsim2real_hw.gate.braking import Braking

ONE = np.ones(1)


def one_joint(period=0.01):
    limits = Limits(-ONE, ONE, velocity=ONE, acceleration=10 * ONE, jerk=1000 * ONE, effort=ONE)
    return Braking(limits, period, ("elbow",))


def test_the_last_place_to_brake_from_is_where_the_sum_says():
    # Speed 1, no acceleration next, then -10 rad/s^2 at once (jerk allows 10 per tick of 10 ms):
    # 1.0 + 0.9 + ... + 0.1 = 5.5 rad/s in ticks of 10 ms is 0.055 rad.
    braking = one_joint()
    for place, safe in ((1 - 0.055, True), (1 - 0.0549, False)):
        assert braking.safe(place * ONE, ONE, 0 * ONE)[0] == safe
        assert braking.safe(-place * ONE, -ONE, 0 * ONE)[0] == safe  # the other side is the mirror image


def test_an_acceleration_that_jerk_cannot_undo_in_time_is_unsafe():
    # 0.9 rad/s and +10 next gives 1.0; the tick after can have 0, so 1.0 is the top: safe. 0.91 is not.
    braking = one_joint()
    assert braking.safe(0 * ONE, 0.9 * ONE, 10 * ONE)[0]
    assert not braking.safe(0 * ONE, 0.91 * ONE, 10 * ONE)[0]


def test_the_nearest_safe_acceleration_is_at_the_edge():
    # At full speed with room to spare only a = 0 keeps the speed limit; halving 15 seven times leaves 0.12.
    braking = one_joint()
    chosen = braking.nearest_safe(np.array([0]), 0 * ONE, ONE, 5 * ONE, -10 * ONE, 10 * ONE)
    assert -0.12 <= chosen[0] <= 0
    assert braking.safe(0 * ONE, ONE, chosen)[0]


def brute_force(limits, period, p, v, a, joint):
    """Brakes one joint in both directions with plain floats, for as long as it takes."""
    for sign, edge in ((1, limits.upper[joint]), (-1, limits.lower[joint])):
        pos, vel, acc = p, v, sign * a
        for _ in range(3000):
            vel += sign * acc * period
            pos += vel * period
            row = np.zeros((1, len(limits.velocity)))
            row[0, joint] = pos
            slowest, fastest = (bound[0, joint] for bound in limits.velocity_bounds(row))
            fast = vel > fastest + 1e-9 if sign > 0 else vel < slowest - 1e-9
            if fast or sign * (pos - edge) > 1e-9:
                return False
            if sign * vel <= 0 and acc <= 0:
                break
            acc = max(acc - limits.jerk[joint] * period, -limits.acceleration[joint])
    return True


@pytest.mark.parametrize("arm", ["panda", "fr3"])
@settings(max_examples=150, deadline=None, derandomize=True)
@given(seed=st.integers(0, 2**32 - 1), rate=st.sampled_from([120.0, 250.0]), near=st.booleans())
def test_safe_is_what_braking_tick_by_tick_finds(arm, seed, rate, near):
    limits = make_cell(arm).limits
    rng = np.random.default_rng(seed)
    joints = len(limits.velocity)
    spread = rng.uniform(0.9, 1.0, joints) * rng.choice([-1, 1], joints) if near else rng.uniform(-1, 1, joints)
    p = 0.5 * (limits.lower + limits.upper) + 0.5 * spread * (limits.upper - limits.lower)
    v = rng.uniform(-1, 1, joints) * limits.velocity
    a = rng.uniform(-1, 1, joints) * limits.acceleration
    found = Braking(limits, 1 / rate, tuple(map(str, range(joints)))).safe(p, v, a)
    joint = int(rng.integers(joints))
    assert found[joint] == brute_force(limits, 1 / rate, p[joint], v[joint], a[joint], joint)


def test_a_fr3_slows_down_as_it_nears_its_range():
    limits = make_cell("fr3").limits
    braking = Braking(limits, 0.004, tuple(map(str, range(23))))
    p, v, a = 0.5 * (limits.lower + limits.upper), np.zeros(23), np.zeros(23)
    # Joint 1 at 2.3: the envelope allows min(2.62, -0.30 + sqrt(12 (2.7501 - 2.3))) = 2.0241 rad/s.
    p[0] = 2.3
    for speed, safe in ((1.9, True), (2.1, False)):
        v[0] = speed
        assert braking.safe(p, v, a)[0] == safe
    v[0] = 2.1
    reading = braking.violations(np.array([0]), p, v, a)[0]
    assert (reading.name, reading.where) == ("velocity", "0")
    assert reading.value > reading.bound
