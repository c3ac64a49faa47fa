"""Errors against hidden values, computed by hand, and the same ones after a search was interrupted."""

import numpy as np
import pytest

from dexsim2real_dr.critics.image import ImageCritic
from dexsim2real_dr.embedded_simulator import EmbeddedSimulator
from dexsim2real_dr.fm_dr.config import FmDrConfig
from dexsim2real_dr.fm_dr.search import Problem
from dexsim2real_dr.recovery import errors, recover
from dexsim2real_dr.simulator import Poses
from dexsim2real_sim import PARAMETERS, Twin, Uniform
from dexsim2real_sim.randomization import AdrBox

NAMES = ("light_intensity", "table_red")
TWIN = Twin(seed=1, values={"light_intensity": 0.5, "table_red": 0.55})


def test_errors_of_the_manual_ranges_by_hand():
    # light_intensity in 0.5 to 1.4: the mean is half a range away, and so are draws on average; table_red in 0.15 to
    # 0.95 is right in the middle, and draws are a quarter of the range away
    np.testing.assert_allclose(errors(Uniform(NAMES), NAMES, TWIN), [[0.5, 0.5], [0.0, 0.25]], atol=0.01)


def test_what_is_not_drawn_is_nominal():
    each = errors(AdrBox(["table_red"], [0.549], [0.551]), NAMES, TWIN)
    nominal = PARAMETERS["light_intensity"].nominal
    np.testing.assert_allclose(each[0], abs(nominal - 0.5) / 0.9)
    assert each[1].max() < 0.01


def test_where_dextreme_has_no_range_all_is_nominal(tmp_path):
    found = recover("dextreme", TWIN, Problem.unseen("pick_place", NAMES), FmDrConfig(), tmp_path)
    nominal = {name: PARAMETERS[name].nominal for name in NAMES}
    by_hand = {"light_intensity": abs(nominal["light_intensity"] - 0.5) / 0.9,
               "table_red": abs(nominal["table_red"] - 0.55) / 0.8}  # fmt: skip
    assert found.by_parameter == pytest.approx(by_hand, abs=1e-3)
    assert (found.queries, found.entropy) == (0, pytest.approx(2 * np.log(1e-3)))


def test_methods_spend_the_same_and_go_on_where_they_were(tmp_path):
    pytest.importorskip("cma", reason="needs the extra 'dr'")
    config = FmDrConfig(rounds=1, samples=4, generations=2, points=8)
    simulator = EmbeddedSimulator(Poses("pick_place", 1), NAMES, (32, 32))
    references = simulator.pictures(np.array([0.5, 0.55]))
    problem = Problem("pick_place", NAMES, simulator.observe, ImageCritic(), references, "here")
    methods = ("fm_dr", "random_scoring", "adr", "vanilla")
    for method in methods:
        (tmp_path / method).mkdir()
    found = {method: recover(method, TWIN, problem, config, tmp_path / method) for method in methods}
    again = recover("fm_dr", TWIN, problem, config, tmp_path / "fm_dr")
    simulator.close()
    assert found["fm_dr"].queries == found["random_scoring"].queries == found["adr"].queries == 4
    assert again == found["fm_dr"]
    assert found["adr"].entropy == pytest.approx(2 * np.log(0.2))  # too few queries to move an end
    assert found["fm_dr"].mean_error != found["random_scoring"].mean_error
    assert (found["vanilla"].queries, found["vanilla"].entropy) == (0, 0.0)
