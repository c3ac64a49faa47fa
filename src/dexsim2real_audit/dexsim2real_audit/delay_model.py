"""How late a group of joints is, from command to reading, told by regression on the traces of its joints.

What delays the servos and what ages the readings can hardly be told apart by joints, but their sum can. So the sum
is what is learnt: added up from separate estimates it would be drawn towards the middle twice.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

from dexsim2real_audit.features import Features
from dexsim2real_audit.signals import Signals
from dexsim2real_audit.trace import EFFORT, POSITION
from dexsim2real_description import ARM_JOINTS
from dexsim2real_sim import PARAMETERS
from dexsim2real_sim.ridge import Ridge

Array = NDArray[np.float64]

GROUPS: Mapping[str, slice] = {"arm": slice(0, len(ARM_JOINTS)), "hand": slice(len(ARM_JOINTS), None)}


def delay_parts(group: str) -> tuple[str, str]:
    """The parameters that make up the delay of a group of joints."""
    return f"{group}_delay", "joint_lag"


class DelayModel:
    """Estimates the whole delay of one group of joints from traces; touch and objects have no say."""

    def __init__(
        self, group: str, signals: Signals, draws: Array, names: Sequence[str], floors: Mapping[str, float]
    ) -> None:
        """`signals` are rollouts, shape (n, T, D) for each channel, `draws` their parameters `names`, shape (n, d)."""
        self._group = group
        joints = self._joints(signals)
        self._features = Features(joints, floors)
        whole = np.zeros(len(draws))
        for part in delay_parts(group):
            whole += draws[:, names.index(part)] if part in names else PARAMETERS[part].nominal
        self._ridge = Ridge(self._features(joints), whole[:, None])

    def __call__(self, trace: Signals) -> float:
        """The delay of a trace, shape (T, D) for each channel [s]; never negative."""
        row = self._features({name: values[None] for name, values in self._joints(trace).items()})
        return max(0.0, float(self._ridge(row)[0, 0]))

    def _joints(self, signals: Signals) -> Signals:
        return {name: signals[name][..., GROUPS[self._group]] for name in (POSITION, EFFORT) if name in signals}
