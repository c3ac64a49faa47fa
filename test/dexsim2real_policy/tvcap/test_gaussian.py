from math import log, pi

import pytest
import torch

from dexsim2real_policy.tvcap import GaussianHead


def test_log_prob_is_that_of_the_whole_chunk():
    head = GaussianHead(outputs=2, std=0.5)
    mean = torch.zeros(1, 3, 2)
    # at the mean each of the six numbers has density 1 / (0.5 sqrt(2 pi)); one off by 0.5 costs half a nat
    at_mean = -6 * (log(0.5) + 0.5 * log(2 * pi))
    assert head(mean).log_prob(mean).tolist() == pytest.approx([at_mean], rel=1e-6)
    off = mean.clone()
    off[0, 1, 1] = 0.5
    assert head(mean).log_prob(off).item() == pytest.approx(at_mean - 0.5, rel=1e-6)


def test_the_standard_deviation_learns():
    head = GaussianHead(outputs=2)
    head(torch.zeros(1, 3, 2)).log_prob(torch.ones(1, 3, 2)).sum().backward()
    assert (head.log_std.grad > 0).all()
