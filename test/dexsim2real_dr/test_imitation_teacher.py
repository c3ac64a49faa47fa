"""Teachers: chunks out of advice, and DAgger with a policy from an artifact."""

from collections.abc import Iterator
from itertools import islice
from pathlib import Path

import numpy as np
import pytest
import torch

from dexsim2real_dr.imitation.networks import StateActor
from dexsim2real_dr.imitation.publish import publish
from dexsim2real_dr.imitation.samples import Lesson, Samples
from dexsim2real_dr.imitation.teacher import ExpertTeacher, LessonConfig, PolicyTeacher, lengthen
from dexsim2real_policy.errors import ContractMismatchError
from dexsim2real_sim import DexEnv, make_env

CHUNK = 3


def test_chunks_go_on_with_what_was_said_later() -> None:
    single = np.arange(4.0)[:, None, None]
    assert lengthen(single, 3)[:, :, 0].tolist() == [[0, 1, 2], [1, 2, 3], [2, 3, 3], [3, 3, 3]]
    pairs = np.array([[0, 1], [10, 11], [20, 21]])[:, :, None]
    assert lengthen(pairs, 3)[:, :, 0].tolist() == [[0, 1, 11], [10, 11, 21], [20, 21, 21]]
    assert lengthen(pairs, 1)[:, :, 0].tolist() == [[0], [10], [20]]


@pytest.fixture(scope="module")
def env() -> Iterator[DexEnv]:
    env = make_env("stacking", 2, difficulty=0.0, threads=1, time_limit=1.0)
    yield env
    env.close()


@pytest.fixture(scope="module")
def artifact(env: DexEnv, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A policy with random weights and chunks of two."""
    torch.manual_seed(0)
    network = StateActor(env.observation_spec, (8,), chunk=2).eval()
    inputs = {name: np.zeros((1, *shape), np.float32) for name, shape in env.observation_spec.shapes.items()}
    seen = Samples.of([Lesson(inputs, np.zeros((1, 2, 23), np.float32), "")])
    folder = tmp_path_factory.mktemp("teacher") / "policy"
    publish(network, env, env.observation_spec, 2, seen, folder, seeds=(0,), note="random")
    return folder


def network_of(artifact: Path, env: DexEnv) -> StateActor:
    torch.manual_seed(0)
    return StateActor(env.observation_spec, (8,), chunk=2).eval()


def test_a_policy_teaches_what_it_would_do_wherever_the_student_goes(env: DexEnv, artifact: Path) -> None:
    def student(observation: dict[str, np.ndarray]) -> np.ndarray:
        return np.full((2, 23), 0.5)

    teacher = PolicyTeacher(artifact, LessonConfig(CHUNK, noise=0.0))
    driven, followed = (next(teacher.lessons(env, student, share, seed=1)) for share in (1.0, 0.0))
    network = network_of(artifact, env)
    for lesson in (driven, followed):
        with torch.no_grad():
            said = network({name: torch.from_numpy(value) for name, value in lesson.inputs.items()}).clamp(-1, 1)
        assert lesson.chunks.shape == (30, CHUNK, 23)
        # the joint targets cannot leave their limits, so near these less is taught than the network says
        off = np.abs(lesson.chunks[:, :2] - said.numpy()).max(axis=(0, 1))
        assert np.median(off) < 1e-3
    # after its first turn the student drove: its targets went up together, by half a step each time
    last = [lesson.inputs["proprioception"][-1, 69:] for lesson in (driven, followed)]
    assert (last[1] > last[0]).mean() > 0.7


def test_the_expert_always_drives(env: DexEnv) -> None:
    teacher = ExpertTeacher(LessonConfig(CHUNK, noise=0.2))
    first, second = islice(teacher.lessons(env, None, 0.0, seed=2), 2)
    assert first.chunks.shape[1:] == (CHUNK, 23)
    assert len(first.chunks) == len(first.inputs["features"])
    assert np.abs(second.chunks).max() <= 1.0


def test_a_policy_for_another_cell_is_refused(artifact: Path) -> None:
    other = make_env("pick_place", 1, threads=1)  # its features are others
    teacher = PolicyTeacher(artifact, LessonConfig(CHUNK, noise=0.0))
    with pytest.raises(ContractMismatchError, match="features"):
        next(teacher.lessons(other, None, 1.0, seed=1))
