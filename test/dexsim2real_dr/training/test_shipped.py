"""What comes with the program: policies that do what they did when they were written, a checkpoint to go on from."""

import pytest

from dexsim2real_dr.training.checkpoint import Checkpoint
from dexsim2real_dr.training.shipped import shipped_checkpoint
from dexsim2real_policy.check import check_artifact
from dexsim2real_policy.shipped import SHIPPED, shipped_policy


@pytest.mark.parametrize("folder", sorted(SHIPPED.iterdir()), ids=lambda folder: folder.name)
def test_a_shipped_policy_reproduces_its_golden_outputs(folder):
    contract, variants = check_artifact(folder)
    assert folder.name.startswith(contract.task)
    assert variants and all(variant.passed for variant in variants)


def test_the_demos_policy_needs_only_what_a_robot_senses():
    contract, _ = check_artifact(shipped_policy("in_hand_rotation_touch"))
    assert (contract.observation.features, contract.observation.cameras) == ((), ())
    assert shipped_policy("fly") is None


def test_a_checkpoint_of_the_demos_policy_is_shipped():
    assert Checkpoint.load(shipped_checkpoint("in_hand_rotation_touch")).task == "in_hand_rotation"
    assert shipped_checkpoint("fly") is None
