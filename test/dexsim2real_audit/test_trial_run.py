import numpy as np
import pytest

from dexsim2real_audit.trial_plan import PlanConfig, Trial, make_plan
from dexsim2real_audit.trial_run import RunConfig, place, run_plan
from dexsim2real_audit.verdicts import SIMULATOR, TWIN, file_of, read_verdicts, write_verdicts
from dexsim2real_description import DexSim2RealError
from dexsim2real_sim import Twin, make_env
from dexsim2real_sim.tasks.base import AREA_CENTRE

METHODS = ("a", "b")
SCRIPTS = dict.fromkeys(METHODS, "script")


@pytest.fixture
def folder(tmp_path):
    conditions = ("base", "lighting", "object")
    make_plan(PlanConfig("pick_place", METHODS, trials=2, seeds=(0,), conditions=conditions)).save(tmp_path)
    return tmp_path


def quick(**options):
    return RunConfig(time_limit=0.2, **options)


def test_every_trial_gets_a_verdict_and_none_is_run_twice(folder):
    told = []
    verdicts = run_plan(folder, SCRIPTS, quick(), lambda done, of: told.append((done, of)))
    assert len(verdicts) == 12
    assert not any(verdicts.values())  # a fifth of a second is too short
    assert told[0] == (0, 12)
    assert told[-1] == (12, 12)
    file = file_of(folder, SIMULATOR)
    write_verdicts(file, dict.fromkeys(verdicts, True))
    assert all(run_plan(folder, SCRIPTS, quick(), lambda *_: None).values())  # what is there is kept


def test_a_policy_may_be_a_shipped_one_by_its_name(tmp_path):
    make_plan(PlanConfig("in_hand_rotation", ("a",), trials=1, seeds=(0,), conditions=("base",))).save(tmp_path)
    assert len(run_plan(tmp_path, {"a": "in_hand_rotation"}, quick(), lambda *_: None)) == 1


def test_trials_on_a_twin_are_kept_apart(folder):
    verdicts = run_plan(folder, SCRIPTS, quick(twin=Twin.draw(3)), lambda *_: None)
    assert read_verdicts(file_of(folder, TWIN), list(verdicts)) == verdicts
    assert not file_of(folder, SIMULATOR).exists()


def test_objects_begin_where_the_plan_has_them():
    env = make_env("pick_place", 2)
    env.reset(seed=1)
    trials = [Trial("t1", "base", 0.05, -0.03, 0.4), Trial("t2", "base", -0.07, 0.0, -2.0)]
    assert place(env, trials)
    pose = env.sim.pose("object")
    np.testing.assert_allclose(pose[:, :2] - AREA_CENTRE, [[0.05, -0.03], [-0.07, 0.0]])
    np.testing.assert_allclose(2 * np.arctan2(pose[:, 6], pose[:, 3]), [0.4, -2.0])
    np.testing.assert_allclose(pose[:, 2], env.world.half["object"][:, 2])


def test_an_object_in_the_hand_stays_there():
    env = make_env("pick_place", 1, difficulty=0.0)
    env.reset(seed=1)
    before = env.sim.pose("object").copy()
    assert not place(env, [Trial("t1", "base", 0.05, 0.0, 0.0)])
    np.testing.assert_array_equal(env.sim.pose("object"), before)


@pytest.mark.parametrize("policies", [{"a": "script"}, {"a": "script", "b": "script", "c": "script"}, {}])
def test_policies_must_be_those_of_the_plan(folder, policies):
    with pytest.raises(DexSim2RealError, match="the plan has the methods a, b"):
        run_plan(folder, policies, quick(), lambda *_: None)
    assert not file_of(folder, SIMULATOR).exists()
