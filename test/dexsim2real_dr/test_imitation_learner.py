"""The supervised loop."""

import numpy as np
import pytest
import torch
from torch import nn

from dexsim2real_description import make_cell
from dexsim2real_description.observation import ObservationSpec
from dexsim2real_dr.imitation.learner import Learner, LearnerConfig
from dexsim2real_dr.imitation.networks import StateActor
from dexsim2real_dr.imitation.samples import Lesson, Samples, draw, held_out

SPEC = ObservationSpec.of_cell(make_cell(), cameras=(), features=("x", "y"))
CONFIG = LearnerConfig(steps=300, batch=64, learning_rate=1e-2, averaging=0.9)


def lesson(steps: int = 40, seed: int = 0) -> Lesson:
    """Every action of a chunk of two is the first feature, in all joints."""
    rng = np.random.default_rng(seed)
    inputs = {name: rng.normal(size=(steps, *shape)).astype(np.float32) for name, shape in SPEC.shapes.items()}
    return Lesson(inputs, np.tile(inputs["features"][:, :1, None], (1, 2, 23)) * 0.5, "")


def learner() -> Learner:
    torch.manual_seed(0)
    return Learner(StateActor(SPEC, (32,), chunk=2), Samples.of([lesson(200)]), CONFIG, seed=4)


def test_it_learns_and_its_error_is_the_root_mean_square() -> None:
    samples = Samples.of([lesson(400)])
    pupil = learner()
    with torch.no_grad():
        by_hand = float(((pupil.policy(samples.inputs) - samples.chunks) ** 2).mean().sqrt())
    assert pupil.error([samples]) == pytest.approx(by_hand, rel=1e-5)
    before = pupil.error([samples])
    losses = list(pupil.fit([samples], CONFIG.steps))
    assert len(losses) == CONFIG.steps
    assert pupil.error([samples]) < 0.7 * before


def test_going_on_from_a_state_is_the_same_to_the_bit() -> None:
    samples = Samples.of([lesson()])
    whole, first, second = learner(), learner(), learner()
    list(whole.fit([samples], 12))
    list(first.fit([samples], 5))
    second.load_state_dict(first.state_dict())
    list(second.fit([samples], 7))
    for one, other in zip(whole.policy.state_dict().values(), second.policy.state_dict().values(), strict=True):
        torch.testing.assert_close(one, other, rtol=0, atol=0)


def test_the_policy_is_the_running_mean_of_the_weights() -> None:
    samples, pupil = Samples.of([lesson()]), learner()
    mean = None
    for _ in pupil.fit([samples], 4):
        weight = next(pupil.network.parameters()).detach().clone()
        mean = weight if mean is None else 0.9 * mean + 0.1 * weight
    torch.testing.assert_close(next(pupil.policy.parameters()).detach(), mean)


def test_inputs_are_scaled_by_the_first_samples() -> None:
    normalizer = learner().policy.model.obs_normalizer
    assert isinstance(normalizer, nn.Module)
    features = lesson(200).inputs["features"]
    np.testing.assert_allclose(normalizer.mean[-2:], features.mean(axis=0), atol=1e-5)


def test_some_episodes_are_held_out() -> None:
    assert np.flatnonzero(held_out(45)).tolist() == [19, 39, 44]
    assert held_out(2).tolist() == [False, True]
    assert held_out(1).tolist() == [False]


def test_parts_are_all_steps_in_order() -> None:
    samples = Samples.of([lesson(7, seed=0), lesson(5, seed=1)])
    parts = list(samples.parts(10))
    assert [len(part) for part in parts] == [10, 2]
    torch.testing.assert_close(torch.cat([part.chunks for part in parts]), samples.chunks)


def test_a_draw_from_parts_is_one_from_all_of_them_together() -> None:
    parts = [Samples.of([lesson(steps, seed=steps)]) for steps in (7, 1, 5)]
    whole, drawn = (draw(kind, 40, torch.Generator().manual_seed(3)) for kind in ([Samples.joined(parts)], parts))
    for one, other in ((whole.chunks, drawn.chunks), (whole.inputs["features"], drawn.inputs["features"])):
        torch.testing.assert_close(one.flatten(1).sort(dim=0).values, other.flatten(1).sort(dim=0).values)
