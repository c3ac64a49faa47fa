"""Simulator settings, chosen by measurement: agreement of grasps with a fine reference against speed."""

from __future__ import annotations

from dataclasses import dataclass

import mujoco


@dataclass(frozen=True)
class Physics:
    """Time step and contact model."""

    timestep: float = 1 / 120
    """[s]; must divide the control period."""
    integrator: mujoco.mjtIntegrator = mujoco.mjtIntegrator.mjINT_DISCRETE
    """Solves the stiff servos and the contacts in one discrete step, so the Panda's gains do not chatter."""
    contact_time: float = 0.02
    """Time constant of a contact, at least two time steps [s]."""
    iterations: int = 10
    """Fewer throw objects under stress."""
    impratio: float = 10.0
    """Friction stiffness over normal stiffness: ten keeps a held object from creeping."""

    def apply(self, option: mujoco.MjOption) -> None:
        """Write the settings into a model's or spec's options."""
        option.timestep = self.timestep
        option.integrator = self.integrator
        option.cone = mujoco.mjtCone.mjCONE_ELLIPTIC
        option.impratio = self.impratio
        option.iterations = self.iterations


TRAINING = Physics()
"""Fast, and of the settings measured the second closest to the reference in grasping."""
