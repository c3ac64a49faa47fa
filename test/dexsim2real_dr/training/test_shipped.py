"""What comes with the program for the demo: a policy that a robot can run, and a checkpoint to go on from."""

from dexsim2real_dr.training.checkpoint import Checkpoint
from dexsim2real_dr.training.shipped import shipped_checkpoint
from dexsim2real_policy.artifact import read_contract
from dexsim2real_policy.shipped import shipped_policy


def test_the_demos_policy_needs_only_what_a_robot_senses():
    contract = read_contract(shipped_policy("in_hand_rotation"))
    assert (contract.observation.features, contract.observation.cameras) == ((), ())
    assert shipped_policy("fly") is None


def test_a_checkpoint_of_the_demos_policy_is_shipped():
    assert Checkpoint.load(shipped_checkpoint("in_hand_rotation")).task == "in_hand_rotation"
    assert shipped_checkpoint("fly") is None
