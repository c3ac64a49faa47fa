"""The expert under noise."""

from itertools import islice

import numpy as np
import pytest

from dexsim2real_dr.imitation.expert import Bursts, demonstrate
from dexsim2real_dr.imitation.lead import Lead
from dexsim2real_policy.inference import hold_policy
from dexsim2real_sim import DexEnv, make_env


def test_bursts_last_and_pause_and_stay_within_their_strength() -> None:
    bursts = Bursts((400, 3), 0.5, np.random.default_rng(0))
    noise = np.array([bursts.draw() for _ in range(60)])
    still = (noise == 0).all(axis=2)
    assert 0.4 < still.mean() < 0.6
    same = (noise[1:] == noise[:-1]).all(axis=2)
    assert 0.7 < same.mean() < 0.9  # a burst of 1 to 10 steps lasts 5.5 on average: 4.5 of 5.5 steps repeat
    assert 0.2 < noise[~still].std() < 0.35  # strengths are uniform up to 0.5: root mean square 0.29


def test_no_level_no_noise() -> None:
    assert not Bursts((4, 3), 0.0, np.random.default_rng(0)).draw().any()


@pytest.fixture(scope="module")
def easy() -> DexEnv:
    """Pick and place that begins with the object held over the zone."""
    return make_env("pick_place", 2, difficulty=0.0, threads=1)


def test_what_is_recorded_is_what_the_expert_wants_not_what_noise_made_of_it(easy: DexEnv) -> None:
    quiet, noisy = (next(demonstrate(easy, noise, seed=3)) for noise in (0.0, 1.0))
    assert set(quiet.inputs) == {"proprioception", "touch", "features"}
    assert len(quiet) == len(quiet.goal) == len(quiet.inputs["touch"])
    scale = np.array(easy.action_spec.scale)
    asked = (quiet.goal[:-1] - quiet.target[:-1]) / scale
    done = (quiet.target[1:] - quiet.target[:-1]) / scale
    np.testing.assert_allclose(done, np.clip(asked, -1, 1), atol=1e-3)  # without noise it gets what it asks for
    asked, done = ((x[1:] - noisy.target[:-1]) / scale for x in (noisy.goal, noisy.target))
    assert np.abs(done - asked).max() > 0.3


def test_the_same_seed_gives_the_same_episodes(easy: DexEnv) -> None:
    first, second = (list(islice(demonstrate(easy, 0.5, seed=5), 2)) for _ in range(2))
    for one, other in zip(first, second, strict=True):
        assert one.reason == other.reason
        np.testing.assert_array_equal(one.target, other.target)
        np.testing.assert_array_equal(one.inputs["proprioception"], other.inputs["proprioception"])


def test_a_student_leads_first_and_only_what_the_expert_then_does_is_noted(easy: DexEnv) -> None:
    student = hold_policy(easy.observation_spec, easy.action_spec)
    starts = [episode.target[0] for episode in islice(demonstrate(easy, 0.0, seed=3), 2)]
    for episode in islice(demonstrate(easy, 0.0, seed=3, student=student), 2):
        assert not episode.reason  # the object was held until the expert came, and is then put down
        assert min(np.abs(episode.target[0] - start).max() for start in starts) < 1e-6


def test_a_lead_hands_over_once_and_begins_anew_with_the_episode(easy: DexEnv) -> None:
    easy.reset(seed=0)
    lead = Lead(hold_policy(easy.observation_spec, easy.action_spec), easy, np.random.default_rng(0))
    assert lead.leads.all()
    expert = np.ones((2, 23))
    assert not lead.act(expert).any()  # it holds
    easy.steps[:] = [0, 300]
    assert lead.hand_over().tolist() == [1]
    assert lead.hand_over().tolist() == []
    np.testing.assert_array_equal(lead.act(expert)[1], expert[1])
    lead.restart(np.array([1]))
    assert lead.leads.all()


def test_without_a_student_the_expert_drives_from_the_start(easy: DexEnv) -> None:
    lead = Lead(None, easy, np.random.default_rng(0))
    assert not lead.leads.any()
    assert lead.hand_over().size == 0
