from dataclasses import replace

import pytest
import torch

from dexsim2real_policy.export import golden_inputs
from dexsim2real_policy.tvcap import Tvcap

from ..conftest import BLIND, OBSERVATION, TINY, tiny_tvcap

NO_TOUCH = replace(OBSERVATION, touch_layout=None, taxels=0)
NO_VISION = replace(OBSERVATION, cameras=())


def inputs(spec: object = OBSERVATION, seed: int = 0) -> dict[str, torch.Tensor]:
    return {name: torch.from_numpy(array) for name, array in golden_inputs(spec, seed=seed).items()}


@pytest.mark.parametrize("spec", [OBSERVATION, NO_TOUCH, NO_VISION, BLIND, replace(OBSERVATION, features=("x", "y"))])
def test_every_set_of_sensors_gives_a_chunk(spec: object):
    assert tiny_tvcap(spec)(inputs(spec)).shape == (4, 4, 23)


@pytest.mark.parametrize("name", ["proprioception", "touch", "images"])
@pytest.mark.parametrize("fusion", ["cross_attention", "concatenation"])
def test_every_input_changes_the_actions(name: str, fusion: str):
    network = tiny_tvcap(config=replace(TINY, fusion=fusion)).eval()
    before, changed = inputs(), inputs()
    changed[name] = inputs(seed=1)[name]
    assert (network(before) - network(changed)).abs().max() > 1e-4


def test_concatenation_has_no_fusion_layers_and_one_sensor_needs_none():
    assert len(tiny_tvcap().fusion) == 1
    assert len(tiny_tvcap(config=replace(TINY, fusion="concatenation")).fusion) == 0
    assert len(tiny_tvcap(NO_TOUCH).fusion) == 0


def test_the_order_of_fingers_taxels_and_cameras_matters():
    network = tiny_tvcap().eval()
    before = inputs()
    for name, axis in (("touch", 1), ("touch", 2), ("images", 1)):
        assert (network(before) - network({**before, name: before[name].flip(axis)})).abs().max() > 1e-4


def test_rows_of_a_batch_do_not_mix():
    network = tiny_tvcap().eval()
    batch = inputs()
    one = network({name: tensor[2:3] for name, tensor in batch.items()})
    assert torch.allclose(network(batch)[2:3], one, atol=1e-5)


def test_an_untrained_policy_hardly_moves():
    assert Tvcap(OBSERVATION, TINY)(inputs()).abs().max() < 0.05


def test_every_parameter_learns():
    network = tiny_tvcap()
    network(inputs()).square().sum().backward()
    still = [n for n, p in network.named_parameters() if p.grad is None or not p.grad.abs().max() > 0]
    # keys' biases shift all scores of a query alike, which softmax ignores; their gradient is only rounding
    assert not [name for name in still if not name.endswith("key.bias")]


def test_the_normaliser_learns_in_training_mode_only():
    network = tiny_tvcap(NO_VISION)
    data = {name: tensor * 2 + 5 for name, tensor in inputs(NO_VISION).items()}
    network.eval().update_normalization(data)
    assert network.normalizer.mean.abs().max() == 0
    network.train().update_normalization(data)
    assert torch.allclose(network.normalizer.mean, data["proprioception"].mean(0), atol=1e-5)
    assert torch.allclose(network.touch.normalizer.mean, data["touch"].mean((0, 1, 2)), atol=1e-5)
