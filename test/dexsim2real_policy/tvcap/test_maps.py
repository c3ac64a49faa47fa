from dataclasses import replace

import numpy as np
import pytest
import torch

from dexsim2real_description.touch import touch_layout
from dexsim2real_policy import PolicyError
from dexsim2real_policy.export import golden_inputs
from dexsim2real_policy.overlay import attention_overlay
from dexsim2real_policy.tvcap import attention_maps

from ..conftest import OBSERVATION, TINY, tiny_tvcap


def inputs() -> dict[str, torch.Tensor]:
    return {name: torch.from_numpy(array) for name, array in golden_inputs(OBSERVATION).items()}


def test_maps_are_shares_over_patches_and_taxels():
    maps = attention_maps(tiny_tvcap(), inputs())
    assert maps.images.shape == (4, 2, 2, 2) and maps.touch.shape == (4, 4, 15)
    assert maps.images.sum(axis=(1, 2, 3)) == pytest.approx(np.ones(4))
    assert maps.touch.sum(axis=(1, 2)) == pytest.approx(np.ones(4))


def test_a_taxel_whose_key_answers_every_query_draws_the_attention():
    network = tiny_tvcap()
    attention = network.fusion[0].vision_to_touch.attention
    before = attention_maps(network, inputs()).touch
    values = inputs()
    values["touch"][:, 2, 7] = 50.0
    with torch.no_grad():
        attention.query.weight.zero_()  # every query is the same, and is the key of that taxel
        attention.query.bias.copy_(_key(network, values) * 10)
    after = attention_maps(network, values).touch
    assert after[0, 2, 7] > 5 * before[0, 2, 7] and after[0].argmax() == 2 * 15 + 7


def _key(network: object, values: dict) -> torch.Tensor:
    block = network.fusion[0].vision_to_touch
    tokens = network.touch(values["touch"])
    return block.attention.key(block.context_norm(tokens))[0, 2 * 15 + 7]


def test_drawing_leaves_the_network_as_it_was():
    network = tiny_tvcap().eval()
    before = network(inputs())
    maps = attention_maps(network, inputs())
    assert torch.equal(network(inputs()), before)
    picture = attention_overlay(
        inputs()["images"][0].numpy(), maps.images[0], maps.touch[0], touch_layout(OBSERVATION.touch_layout)
    )
    assert picture.width == 6 * picture.height


def test_a_network_without_cross_attention_has_no_maps():
    with pytest.raises(PolicyError, match="no cross-attention"):
        attention_maps(tiny_tvcap(config=replace(TINY, fusion="concatenation")), inputs())
