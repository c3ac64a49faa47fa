"""What simulator parameters are drawn from, and the file that says so."""

from dexsim2real_sim.randomization.adr_box import AdrBox
from dexsim2real_sim.randomization.distribution import Distribution, Entropy
from dexsim2real_sim.randomization.file import Cost, Randomization, Round, load_randomization
from dexsim2real_sim.randomization.granular import Granular, chosen_granularity, frame_parameters
from dexsim2real_sim.randomization.independent import Independent, with_manual_ranges
from dexsim2real_sim.randomization.mixture import Mixture
from dexsim2real_sim.randomization.uniform import Uniform

__all__ = [
    "AdrBox",
    "Cost",
    "Distribution",
    "Entropy",
    "Granular",
    "Independent",
    "Mixture",
    "Randomization",
    "Round",
    "Uniform",
    "chosen_granularity",
    "frame_parameters",
    "load_randomization",
    "with_manual_ranges",
]
