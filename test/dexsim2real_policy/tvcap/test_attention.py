import pytest
import torch

from dexsim2real_policy.tvcap.attention import Attention, CrossBlock, SelfBlock


def test_weights_are_those_that_the_layer_uses():
    torch.manual_seed(0)
    layer = Attention(8, 2)
    queries, context = torch.randn(3, 4, 8), torch.randn(3, 5, 8)
    weights = layer.weights(queries, context)
    assert weights.shape == (3, 4, 5)
    assert torch.allclose(weights.sum(-1), torch.ones(3, 4))
    one_head = Attention(8, 1)  # with one head the mean over heads is the whole truth
    by_hand = one_head.out(one_head.weights(queries, context) @ one_head.value(context))
    assert torch.allclose(one_head(queries, context), by_hand, atol=1e-6)


def test_attention_of_a_single_token_is_its_value():
    layer = Attention(4, 2)
    token = torch.randn(1, 1, 4)
    assert torch.allclose(layer(torch.randn(1, 3, 4), token), layer.out(layer.value(token)).expand(1, 3, 4))


@pytest.mark.parametrize("block", [SelfBlock, CrossBlock])
def test_blocks_keep_their_input_as_residual(block: type):
    layer = block(8, 2)
    for parameter in layer.parameters():
        torch.nn.init.zeros_(parameter)
    tokens = torch.randn(2, 3, 8)
    arguments = (tokens,) if block is SelfBlock else (tokens, torch.randn(2, 5, 8))
    assert torch.equal(layer(*arguments), tokens)
