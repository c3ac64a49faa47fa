"""A search's simulator behind the ROS graph: the same pictures and scores as in this process, and clear refusals."""

import signal
import subprocess
import sys
from contextlib import closing

import numpy as np
import pytest

pytest.importorskip("rclpy", reason="needs the extra 'ros'")

from dexsim2real_bringup.cli import main
from dexsim2real_bringup.ros_simulator import RosSimulator
from dexsim2real_description import DexSim2RealError
from dexsim2real_dr.capture import captured_poses
from dexsim2real_dr.critics.image import ImageCritic
from dexsim2real_dr.critics.references import load_references
from dexsim2real_dr.embedded_simulator import EmbeddedSimulator
from dexsim2real_dr.simulator import Poses
from dexsim2real_sim import Twin, Uniform, load_randomization, names_of

SIZE = (48, 48)
POSES = Poses("pick_place", count=2, seed=3)
NAMES = names_of(("lighting", "background"))
TOLERANCE = 0.2
"""Between scores, of 9 points: the robot sags and trembles a little where physics runs on."""


@pytest.fixture
def robot(ros_environment):
    """Start the simulated robot with both cameras."""
    processes = []

    def start(**parameters):
        nodes = [("simulator", {}), *(("simulated_camera", {"camera": c}) for c in ("front", "wrist"))]
        for name, own in nodes:
            sized = {**own, "width": SIZE[1], "height": SIZE[0]} if own else own
            words = [word for key, value in {**sized, **parameters}.items() for word in ("-p", f"{key}:={value}")]
            command = [sys.executable, "-m", f"dexsim2real_sim.{name}_node", "--ros-args", *words]
            processes.append(subprocess.Popen(command, env=ros_environment))

    yield start
    for process in processes:
        process.send_signal(signal.SIGINT)
    for process in processes:
        assert process.wait(timeout=30) == 0


def test_it_gives_the_scores_of_the_simulator_in_this_process(robot):
    robot()
    twin = EmbeddedSimulator(POSES, (), SIZE, Twin.draw(1))
    seen = twin.pictures(np.empty(0))
    values = Uniform(NAMES).sample(np.random.default_rng(0), 3)
    with closing(EmbeddedSimulator(POSES, NAMES, SIZE)) as own:
        expected, stands = own.observe(values), own.joints
    moved = stands + 0.1 * (np.arange(23) == 0)  # where the task does not put the robot
    with closing(EmbeddedSimulator(Poses("pick_place", 2, 3, tuple(map(tuple, moved.tolist()))), NAMES, SIZE)) as own:
        elsewhere = own.observe(values[:1])
    with closing(RosSimulator(POSES, NAMES, SIZE, stands)) as other:
        found = other.observe(values)
        assert "over ROS, 2 poses of seed 3, cameras of 48 x 48, 48 x 48, 48 x 48 pixels" in other.described
        assert not other._parameters.has("moon")
        other._seeded = False  # as a simulator that has none
        assert "of its own starts" in other.described
        assert other.pictures(values[0]).views == expected[0].views
        with pytest.raises(DexSim2RealError, match="simulator refuses table_red"):
            other.pictures(np.where(np.array(NAMES) == "table_red", 7.0, values[0]))
    assert [one.views for one in found] == [one.views for one in expected]
    scores = [ImageCritic().score(each, seen).values for each in (expected, found)]
    assert scores[1] == pytest.approx(scores[0], abs=TOLERANCE)
    assert np.ptp(scores[0]) > 2 * TOLERANCE  # other parameters are told apart
    with closing(RosSimulator(POSES, NAMES, SIZE, moved)) as other:
        led = other.observe(values[:1])
    apart = [np.abs(led[0].images.astype(float) - one[0].images).mean() for one in (elsewhere, expected)]
    assert apart[0] < 0.5 * apart[1]  # it was led to where it should stand
    twin.close()


def test_references_from_live_cameras_and_a_search_over_ros(robot, monkeypatch, tmp_path, capfd):
    monkeypatch.setattr("dexsim2real_bringup.cli.dr_capture.PATIENCE", 60.0)  # a busy machine starts nodes slowly
    robot(seed=1)
    live = tmp_path / "live"
    assert main(["dr", "capture", "--live", "--poses", "2", "--every", "0.1", "--out", str(live)]) == 0
    assert load_references(live, SIZE).views == ("front", "front", "wrist", "wrist")
    assert np.shape(captured_poses(live).joints) == (2, 23)
    command = ["dr", "run", "--references", str(live), "--simulator", "ros", "--out", str(tmp_path / "run")]
    tiny = ["--rounds", "1", "--samples", "3", "--generations", "2", "--points", "8", "--population", "4"]
    pytest.importorskip("cma", reason="needs the extra 'dr'")
    assert main([*command, *tiny, "--size", "32", "--factors", "lighting"]) == 0
    assert load_randomization(tmp_path / "run" / "randomization.yaml").cost.queries == 3
    capfd.readouterr()
    assert main(["dr", "capture", "--live", "--out", str(live)]) == 2
    assert "is not an empty folder" in capfd.readouterr().err


def test_a_graph_without_a_simulator_is_one_line(ros_environment, monkeypatch, capfd, tmp_path):
    monkeypatch.setattr("dexsim2real_bringup.cli.dr_capture.PATIENCE", 0.3)
    assert main(["dr", "capture", "--live", "--out", str(tmp_path / "x")]) == 2
    assert "no message on /joint_states within 0.3 s" in capfd.readouterr().err
    assert not (tmp_path / "x").exists()
