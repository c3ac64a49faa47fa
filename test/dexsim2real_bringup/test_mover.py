"""A simulated robot is led through the safety gate to a start pose, with real processes."""

import subprocess
import sys

import numpy as np
import pytest

pytest.importorskip("rclpy", reason="needs the extra 'ros'")
pytest.importorskip("ruckig", reason="needs the extra 'plan'")

from dexsim2real_bringup import mover as module
from dexsim2real_bringup.graph import GraphOptions, graph
from dexsim2real_bringup.mover import Mover
from dexsim2real_bringup.processes import Processes
from dexsim2real_bringup.ros_session import RosSession
from dexsim2real_description import DexSim2RealError
from dexsim2real_sim.planning import Collisions, plan_motion


@pytest.fixture
def robot(ros_environment, monkeypatch, patient):
    """The simulated robot and its gate, and nobody who leads it."""
    monkeypatch.setattr(module, "PATIENCE", 120.0)
    monkeypatch.setattr(module, "SETTLE", 600)
    nodes = patient(graph("sim", GraphOptions(policy="none", markers=False, cameras=False)))
    with Processes(nodes, lambda name, line: None), RosSession("move") as session:
        yield session


@pytest.mark.slow
def test_it_moves_to_a_pose_and_leaves_the_gate_disarmed(robot):
    mover = Mover(robot)
    assert mover.simulated and mover.cell.arm.name == "panda"
    start = mover.pose()
    goal = start.copy()
    goal[0] += 0.15  # turned about the base; the index finger a little bent
    goal[8] += 0.1
    motion = plan_motion(Collisions(mover.cell, workspace=mover.workspace), mover.cell.limits, start, goal, 0.1)
    assert mover.follow(motion) < 0.05
    assert abs(mover.pose()[0] - goal[0]) < 0.05
    mover.check_free()  # disarmed, nobody leads

    with pytest.raises(DexSim2RealError, match=r"arm_joint_1 has moved by 0\.1\d\d rad since planning"):
        mover.follow(motion)  # it begins where the robot no longer is
    robot.call("/safety_gate/stop")
    robot.until(lambda: mover.gate_mode == "stopped", 120.0, "stop")
    with pytest.raises(DexSim2RealError, match="the safety gate is stopped .*dexsim2real gate reset"):
        mover.check_free()


@pytest.mark.slow
def test_a_policy_that_publishes_keeps_it_from_moving(robot):
    (policy,) = graph("policy", GraphOptions())
    mover = Mover(robot)
    with Processes([policy], lambda name, line: None):
        robot.until(lambda: "policy" in mover.others(), 120.0, "policy")
        with pytest.raises(DexSim2RealError, match="node policy publishes action chunks.*--policy none"):
            mover.check_free()


def test_without_a_graph_it_says_how_to_start_one(ros_environment):
    words = [sys.executable, "-c", "import sys; from dexsim2real_bringup.cli import main; sys.exit(main())"]
    done = subprocess.run([*words, "move", "--to", "ready"], capture_output=True, text=True, timeout=300, check=False)
    assert done.returncode == 2
    assert "start the graph with: dexsim2real up sim" in done.stderr and done.stderr.count("\n") == 1


def test_a_chunk_carries_where_when_and_how_fast():
    positions, velocities = np.arange(46.0).reshape(2, 23), np.full((2, 23), 0.5)
    message = module._chunk(3_500_000_000, positions, velocities)
    assert (message.header.stamp.sec, message.header.stamp.nanosec) == (3, 500_000_000)
    assert [point.time_from_start.nanosec for point in message.points] == [20_000_000, 40_000_000]
    assert list(message.points[1].positions) == list(range(23, 46))
    assert set(message.points[0].velocities) == {0.5}
