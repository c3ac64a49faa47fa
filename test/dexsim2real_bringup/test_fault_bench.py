"""The running graph, broken on purpose: it stops inside its limits, says why, and works again."""

import pytest

pytest.importorskip("rclpy", reason="needs the extra 'ros'")

from dexsim2real_bringup.bench_policies import write_swaying
from dexsim2real_bringup.fault_bench import DISTURBANCES, KILLS, Fault, measure_faults
from dexsim2real_bringup.graph import GraphOptions


def test_every_node_is_killed_and_every_input_disturbed():
    assert {fault.node for fault in KILLS} == {
        *("simulator", "front_camera", "wrist_camera", "policy", "safety_gate", "markers"),
    }
    assert len(DISTURBANCES) == 5 * 3 - 2  # images have no NaN


@pytest.mark.slow
@pytest.mark.parametrize(
    "faults",
    [
        (Fault(node="policy"), Fault(node="simulator"), Fault(node="safety_gate")),
        (Fault(topic="/joint_states", disturbance="nan"), Fault(topic="/policy/action_chunk", disturbance="nan")),
    ],
    ids=["killed", "disturbed"],
)
def test_it_stops_inside_its_limits_says_why_and_works_again(faults, tmp_path, ros_environment):
    options = GraphOptions(policy=str(tmp_path / "sway"), cameras=False, markers=False)
    write_swaying(tmp_path / "sway", options)
    for result in measure_faults(options, faults):
        assert result.held_ms is not None, result
        assert result.cause and result.within_limits and result.works_again, result
