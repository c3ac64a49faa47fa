"""The trace critic: units, windows and channels by hand, and what it says of motions that are missing or broken."""

import numpy as np
import pytest

from dexsim2real_audit.trace import COMMAND, OBJECTS, POSITION, TOUCH, Channel, Trace
from dexsim2real_description import JOINTS, DexSim2RealError
from dexsim2real_dr.critics.critic import Evidence
from dexsim2real_dr.critics.trace import FLOORS, MOST, TraceCritic

STAMPS = np.arange(1, 31, dtype=np.int64) * 33_333_333
"""A second at 30 Hz."""


def moved(bend=0.0, force=0.0, x=0.0, shift=0, without=()):
    """Traces of a robot that stands bent, presses and has an object somewhere, all stamps `shift` later [ns]."""
    stamps = STAMPS + shift
    touch = np.zeros((30, 4, 15, 3))
    touch[:, 0, :, 2] = force / 15
    channels = {
        COMMAND: Channel(stamps, np.zeros((30, 23)), "rad", JOINTS),
        POSITION: Channel(stamps, np.full((30, 23), bend), "rad", JOINTS),
        TOUCH: Channel(stamps, touch, "N"),
        OBJECTS: Channel(stamps, np.tile([x, 0, 0, 1, 0, 0, 0], (30, 1, 1)).astype(float), "m, quaternion"),
    }
    return Evidence(traces=(Trace({name: c for name, c in channels.items() if name not in without}),))


FAMILY = [moved(s * 0.3, s * 3.0, s * 0.03) for s in (-2.0, -1.0, 0.0, 1.0, 2.0)]
"""Median distances from the middle: 0.3 rad, 3 N, 0.03 m."""


def test_the_references_themselves_are_perfect_whenever_they_were_recorded():
    scores = TraceCritic(FAMILY).score([moved(0.1, 1.0, 0.0), moved(0.1, 1.0, 0.0, shift=10**15)], moved(0.1, 1.0))
    np.testing.assert_allclose(scores.values, 10)


def test_a_third_of_the_spread_is_one_unit_in_every_channel_that_varies():
    critic = TraceCritic(FAMILY)
    bent, pressed, pushed = critic.score(
        [moved(bend=0.1), moved(force=1.0), moved(x=0.01)], moved()
    ).differences.distances
    assert bent == pytest.approx(0.1 / (FLOORS[POSITION] + 0.1) / 3)  # one of three channels
    assert pressed == pytest.approx(1.0 / (FLOORS[TOUCH] + 1.0) / 3)
    assert pushed == pytest.approx(0.01 / (FLOORS[OBJECTS] + 0.01) / 3)


def test_what_differs_is_said_with_its_sign():
    scores = TraceCritic(FAMILY).score([moved(force=3.0), moved(force=-3.0)], moved())
    assert scores.rationale[0].startswith("touch.force differs most")
    signs = [np.sign(row[np.abs(row).argmax()]) for row in scores.differences.values]
    assert signs == [1, -1]


def test_a_candidate_that_broke_down_is_as_bad_as_can_be():
    broken, fine = TraceCritic(FAMILY).score([moved(bend=np.nan), moved()], moved()).differences.values
    assert (fine == 0).all()
    assert (broken == MOST).sum() == 23 * 9  # every joint in every window
    assert (broken == 0).sum() == len(broken) - 23 * 9


def test_channels_that_were_not_recorded_do_not_count():
    critic = TraceCritic(FAMILY)
    scores = critic.score([moved(0.1, 9.0, 1.0)], moved(0.1, without=(TOUCH, OBJECTS)))
    assert scores.values[0] == pytest.approx(10)


def test_what_cannot_be_compared_is_refused():
    critic = TraceCritic(FAMILY)
    with pytest.raises(DexSim2RealError, match="two or more with traces"):
        TraceCritic([moved()])
    with pytest.raises(DexSim2RealError, match="two or more with traces"):
        TraceCritic([Evidence(), Evidence()])
    with pytest.raises(DexSim2RealError, match="every candidate needs as many"):
        critic.score([moved()], Evidence())
    with pytest.raises(DexSim2RealError, match="record the same motion"):
        critic.score([moved()], moved(without=(POSITION, TOUCH, OBJECTS)))
