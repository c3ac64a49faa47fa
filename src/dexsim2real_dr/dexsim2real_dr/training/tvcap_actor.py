"""TVCAP as an actor of rsl_rl's PPO: a Gaussian about its chunk."""

from __future__ import annotations

from math import prod

from rsl_rl.models import MLPModel
from rsl_rl.modules import HiddenState
from rsl_rl.modules.distribution import GaussianDistribution
from tensordict import TensorDict
from torch import Tensor, nn

from dexsim2real_description import JOINTS
from dexsim2real_dr.training.config import NOISE_RANGE
from dexsim2real_policy.tvcap import Tvcap


class TvcapActor(MLPModel):
    """What rsl_rl asks of a model, with TVCAP in the place of the perceptron; it takes flat observation groups.

    Each of the chunk's H * 23 numbers has a standard deviation of its own, the same in every state. How inputs are
    scaled stays as distillation left it.
    """

    def __init__(self, network: Tvcap, noise: float) -> None:
        nn.Module.__init__(self)  # the parent's own networks are not made
        self.network = network
        outputs = network.config.chunk * len(JOINTS)
        self.distribution = GaussianDistribution(outputs, init_std=noise, std_type="log", std_range=NOISE_RANGE)
        self.obs_groups = list(network.spec.shapes)
        self.obs_dim = sum(prod(shape) for shape in network.spec.shapes.values())

    def forward(
        self,
        obs: TensorDict,
        masks: Tensor | None = None,
        hidden_state: HiddenState = None,
        stochastic_output: bool = False,
    ) -> Tensor:
        """Chunks (N, H * 23), drawn or the mean."""
        inputs = {name: obs[name].unflatten(1, shape) for name, shape in self.network.spec.shapes.items()}
        mean: Tensor = self.network(inputs).flatten(1)
        if not stochastic_output:
            return mean
        self.distribution.update(mean)
        return self.distribution.sample()  # type: ignore[no-any-return]

    def update_normalization(self, obs: TensorDict) -> None:
        """Nothing: a student whose inputs were scaled anew would not be what it was taught to be."""
