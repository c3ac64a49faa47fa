"""The benchmark of the running graph: it counts, and it adds up."""

import pytest

pytest.importorskip("rclpy", reason="needs the extra 'ros'")

from dexsim2real_bringup.bench_policies import write_swaying
from dexsim2real_bringup.graph import GraphOptions
from dexsim2real_bringup.graph_bench import measure_graph


@pytest.mark.slow
def test_it_counts_messages_ages_and_processor_time(tmp_path, ros_environment):
    options = GraphOptions(policy=str(tmp_path / "sway"), markers=False)
    write_swaying(tmp_path / "sway", options)
    report = measure_graph(options, 3.0)
    by_name = {row["messages"]: row for row in report.losses}
    assert by_name["joint states, robot to here"]["published"] > 50
    assert by_name["commands, gate to robot"]["published"] > 50
    assert all(row["lost"] >= 0 for row in report.losses)
    ages = {row["part"]: row["p50 [ms]"] for row in report.ages}
    parts = ("exposure to arrival", "arrival to observation")
    assert all(ages[f"front image: {part}"] > 0 for part in parts)
    assert ages["front camera to command"] > ages["front image: exposure to arrival"]
    names = ["simulator", "front_camera", "wrist_camera", "safety_gate", "policy", "this bench"]
    assert [row["process"] for row in report.load] == names
    assert all(row["CPU [%]"] > 0 and row["memory [MiB]"] > 10 for row in report.load)
