"""Moments of many episodes."""

from contextlib import closing
from itertools import islice

import numpy as np
import pytest

from dexsim2real_description import ARM_JOINTS
from dexsim2real_description.observation import Inputs
from dexsim2real_dr.imitation.glimpses import SECONDS, glimpses
from dexsim2real_dr.imitation.teacher import LessonConfig, PolicyTeacher
from dexsim2real_policy.shipped import policy_folder
from dexsim2real_sim import make_env

pytest.importorskip("onnxruntime", reason="needs the extra 'policy'")


def test_they_are_short_begin_anywhere_and_leave_the_environment_as_it_was():
    env, blind = make_env("pick_place", 3, threads=1), make_env("pick_place", 3, threads=1)
    arm = slice(0, len(ARM_JOINTS))
    limit, home = env.time_limit, env.reset()[0]["proprioception"][0, arm]
    teacher = PolicyTeacher(policy_folder("pick_place"), LessonConfig(chunk=2, noise=0.1))

    def some(count: int) -> list[Inputs]:
        with closing(glimpses(env, blind, teacher.lessons(env, None, 1.0, 5), seed=5)) as lessons:
            return [lesson.inputs for lesson in islice(lessons, count)]

    glimpsed = some(12)
    found = [inputs["features"] for inputs in glimpsed]
    assert {len(features) for features in found} == {round(SECONDS * env.config.policy_rate)}
    heights = np.array([features[0, env.observation_spec.features.index("lifted")] for features in found])
    assert (heights > 0.05).any(), "some start with the object in the hand"
    assert (heights < 0.01).any(), "some with the object on the table"
    strayed = np.array([np.abs(inputs["proprioception"][0, arm] - home).max() for inputs in glimpsed])
    assert (strayed > 0.2).sum() >= 3, "the arm went astray before some"
    assert env.time_limit == limit
    np.testing.assert_array_equal(env.difficulty, np.ones(3))
    for one, again in zip(found, some(12), strict=True):
        np.testing.assert_array_equal(one, again["features"])
    began = env.reset()[0]["proprioception"][:, arm]
    assert np.abs(began - home).max() < 0.01, "the next episode begins as any other"
