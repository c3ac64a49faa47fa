"""Where networks learn. No test here has a GPU: what would run there is only checked for where its tensors are."""

import pytest
import torch

from dexsim2real_dr.curriculum.choose import make_curriculum
from dexsim2real_dr.curriculum.scheduler import SchedulerConfig
from dexsim2real_dr.device import use_device
from dexsim2real_dr.errors import TrainingError
from dexsim2real_dr.imitation.samples import Samples
from dexsim2real_dr.training.vec_env import TrainingEnv
from dexsim2real_sim import make_env


@pytest.fixture
def two_gpus(monkeypatch):
    """Gives the list of devices that were gone to."""
    gone_to = []
    monkeypatch.setattr(torch.cuda, "device_count", lambda: 2)
    monkeypatch.setattr(torch.cuda, "set_device", gone_to.append)
    return gone_to


def test_without_a_gpu_there_is_the_processor_alone(monkeypatch):
    monkeypatch.setattr(torch.cuda, "device_count", lambda: 0)
    assert use_device("cpu") == torch.device("cpu")
    with pytest.raises(TrainingError, match=r"'cuda'.*choose from cpu$"):
        use_device("cuda")


def test_a_device_that_is_not_there_is_refused_with_those_that_are(two_gpus):
    with pytest.raises(TrainingError, match="choose from cpu, cuda, cuda:0, cuda:1"):
        use_device("cuda:2")
    assert two_gpus == []


@pytest.mark.parametrize(("rank", "device"), [(None, "cuda:0"), ("1", "cuda:1"), ("2", "cuda:0")])
def test_every_process_of_torchrun_has_a_gpu_of_its_own(two_gpus, monkeypatch, rank, device):
    if rank is None:
        monkeypatch.delenv("LOCAL_RANK", raising=False)
    else:
        monkeypatch.setenv("LOCAL_RANK", rank)
    assert use_device("cuda") == torch.device(device)
    assert two_gpus == [device]


def test_all_that_is_learned_from_goes_to_the_device():
    meta = torch.device("meta")
    samples = Samples({"touch": torch.zeros(2, 3)}, torch.zeros(2, 1, 23)).to(meta)
    assert {samples.chunks.device, samples.inputs["touch"].device} == {meta}
    cells = make_env("in_hand_rotation", 2)
    env = TrainingEnv(make_curriculum(cells, "flat", 0, SchedulerConfig()), 1.0, meta)
    env.restart(0)
    observation, reward, done, extras = env.step(torch.zeros(2, 23))
    tensors = [*observation.values(), *env.get_observations().values(), reward, done, extras["time_outs"]]
    assert {tensor.device for tensor in tensors} == {meta}
