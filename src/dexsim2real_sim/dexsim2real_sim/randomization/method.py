"""The ways to arrive at a distribution."""

from typing import Literal

Method = Literal["fm_dr", "vanilla", "adr", "dreureka", "dextreme", "bayesian", "random_scoring", "manual"]
