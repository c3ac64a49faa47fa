"""The trace critic: what it learns from rollouts by hand, and what it says of motions that are missing or broken."""

import numpy as np
import pytest

from dexsim2real_audit.trace import COMMAND, EFFORT, OBJECTS, POSITION, TOUCH, Channel, Trace
from dexsim2real_description import JOINTS, DexSim2RealError
from dexsim2real_dr.critics.critic import Evidence
from dexsim2real_dr.critics.trace import MOST, SHARE, TraceCritic

NAMES = ("bend", "force", "nothing")


def moved(bend=0.0, force=0.0, nothing=0.0, shift=0, without=(), samples=30):
    """Traces of a robot that stands bent and presses for a second at 30 Hz, all stamps `shift` later [ns]."""
    stamps = np.arange(1, samples + 1, dtype=np.int64) * 33_333_333 + shift
    touch = np.zeros((samples, 4, 15, 3))
    touch[:, 0, :, 2] = force / 15
    channels = {
        COMMAND: Channel(stamps, np.zeros((samples, 23)), "rad", JOINTS),
        POSITION: Channel(stamps, np.full((samples, 23), bend), "rad", JOINTS),
        EFFORT: Channel(stamps, np.zeros((samples, 23)), "N m", JOINTS),
        TOUCH: Channel(stamps, touch, "N"),
        OBJECTS: Channel(stamps, np.tile([0.0, 0, 0, 1, 0, 0, 0], (samples, 1, 1)), "m, quaternion"),
    }
    return Evidence(traces=(Trace({name: c for name, c in channels.items() if name not in without}),))


VALUES = np.random.default_rng(0).uniform(-1, 1, (40, 3)) * [0.1, 1.0, 1.0]


@pytest.fixture(scope="module")
def critic():
    return TraceCritic([moved(*row) for row in VALUES], NAMES, VALUES)


def test_what_traces_tell_is_measured_with_its_sign_in_thirds_of_its_spread(critic):
    bent, pressed = critic.score([moved(bend=0.05), moved(force=-0.5)], moved()).differences.values
    unit = SHARE * VALUES.std(axis=0)  # a trace tells both without error
    np.testing.assert_allclose(bent[:2], [0.05 / unit[0], 0.0], atol=0.02)
    np.testing.assert_allclose(pressed[:2], [0.0, -0.5 / unit[1]], atol=0.02)


def test_what_traces_do_not_tell_does_not_count(critic):
    differences = critic.score([moved(nothing=0.9)], moved()).differences
    np.testing.assert_allclose(differences.weights, [0.5, 0.5, 0.0], atol=1e-3)
    np.testing.assert_allclose(differences.distances, 0.0, atol=0.02)


def test_the_references_themselves_are_perfect_whenever_they_were_recorded(critic):
    scores = critic.score([moved(0.05, 0.7), moved(0.05, 0.7, shift=10**15)], moved(0.05, 0.7))
    np.testing.assert_allclose(scores.values, 10, atol=0.02)
    assert critic.score([moved(force=0.9)], moved()).rationale[0].startswith("force seems to differ most, by +")


def test_what_another_parameter_may_have_done_is_owed_to_it():
    """Two parameters bend alike and one is looked for: of a robot that is bent by 0.1, half is likely to be it."""
    own, other = np.random.default_rng(1).uniform(-1, 1, (2, 400)) * 0.2
    critic = TraceCritic([moved(a + b) for a, b in zip(own, other, strict=True)], ["bend"], (own - own.mean())[:, None])
    likely, alike = critic.score([moved(0.05), moved(0.1)], moved(0.1)).differences.values[:, 0]
    assert abs(likely) < 0.05
    # the trace says 0.05 where 0.025 is expected; the unit is the error, 1 / sqrt 2 of the spread, and a third of it
    assert alike == pytest.approx(0.025 / ((np.sqrt(0.5) + SHARE) * own.std()), rel=0.2)


def test_a_candidate_that_broke_down_is_as_bad_as_can_be(critic):
    broken, fine = critic.score([moved(bend=np.nan), moved()], moved()).differences.values
    assert (broken == MOST).all()
    np.testing.assert_allclose(fine[:2], 0.0, atol=0.02)


def test_channels_that_were_not_recorded_do_not_count(critic):
    scores = critic.score([moved(0.05, 9.0)], moved(0.05, without=(TOUCH, OBJECTS, EFFORT)))
    np.testing.assert_allclose(scores.differences.weights, [1.0, 0.0, 0.0], atol=1e-3)
    assert scores.values[0] == pytest.approx(10, abs=0.02)


def test_rollouts_that_broke_down_teach_nothing():
    rollouts = [moved(*row) for row in VALUES[:20]]
    values = np.concatenate([VALUES[:20], [[0.1, 0, 0]]])
    critic = TraceCritic([*rollouts, moved(np.nan)], NAMES, values)
    assert critic.score([moved(0.05)], moved(0.05)).values[0] == pytest.approx(10, abs=0.05)


def test_what_cannot_be_compared_is_refused(critic):
    with pytest.raises(DexSim2RealError, match="1 rollouts with traces"):
        TraceCritic([moved()], NAMES, VALUES[:1])
    with pytest.raises(DexSim2RealError, match="0 rollouts with traces"):
        TraceCritic([Evidence()] * 9, NAMES, VALUES[:9])
    with pytest.raises(DexSim2RealError, match="every candidate needs as many"):
        critic.score([moved()], Evidence())
    with pytest.raises(DexSim2RealError, match="nothing that simulation has"):
        critic.score([moved()], moved(without=(POSITION, TOUCH, OBJECTS, EFFORT)))
    with pytest.raises(DexSim2RealError, match="longer or shorter"):
        critic.score([moved()], moved(samples=60))
    with pytest.raises(DexSim2RealError, match="tell nothing of bend"):
        critic.score([moved()], moved(without=(POSITION, TOUCH)))
