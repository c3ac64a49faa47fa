"""The simulated cell: robot, cameras, touch, objects, tasks, parameters, batched environment."""

import dexsim2real_sim.mujoco_import  # noqa: F401  isort: skip  (first, before MuJoCo)
from dexsim2real_sim.config import EnvConfig
from dexsim2real_sim.env import DexEnv, make_env
from dexsim2real_sim.errors import SimError
from dexsim2real_sim.parameters import PARAMETERS, names_of
from dexsim2real_sim.randomization import Randomization, Uniform, load_randomization
from dexsim2real_sim.sampling import ParameterSampler
from dexsim2real_sim.tasks import TASKS
from dexsim2real_sim.twin import Twin

__all__ = [
    "PARAMETERS",
    "TASKS",
    "DexEnv",
    "EnvConfig",
    "ParameterSampler",
    "Randomization",
    "SimError",
    "Twin",
    "Uniform",
    "load_randomization",
    "make_env",
    "names_of",
]
