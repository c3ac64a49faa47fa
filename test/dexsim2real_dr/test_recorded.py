"""Recordings repeated in simulation: at the same moments, filmed alike, and shown to a model as strips over time."""

import importlib.util
import sys
from contextlib import closing
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

pytest.importorskip("dexsim2real_bringup", reason="colcon shows it only in a sourced workspace")

from dexsim2real_audit.rollout import rollout_trace
from dexsim2real_audit.trace import COMMAND, OBJECTS, POSITION, Channel, Trace
from dexsim2real_bringup.cli import main
from dexsim2real_dr.critics.critic import Evidence
from dexsim2real_dr.critics.vlm import VlmCritic
from dexsim2real_dr.critics.vlm_config import VlmConfig
from dexsim2real_dr.critics.vlm_prompt import FILM
from dexsim2real_dr.film import Film, FilmSimulator
from dexsim2real_dr.motion import PERIOD, MotionSimulator, Teaching
from dexsim2real_dr.probe import friction_probes
from dexsim2real_dr.recorded import read_recordings, recorded_evidence, recorded_motion
from dexsim2real_sim import load_randomization
from dexsim2real_sim.config import EnvConfig
from dexsim2real_sim.counterpart import Counterpart
from dexsim2real_sim.excitation import OBJECT
from dexsim2real_sim.plant import CONTROL_RATE

NAMES = ("friction_tip", "object_mass")
SLIPPERY = (0.6, 1.0)
BEGIN = 5_000_000_000


@pytest.fixture(scope="module")
def recording(tmp_path_factory):
    """What a robot with slippery fingers did: commands stamped as they are sent, by a clock of its own."""
    probe, cell = friction_probes()[1], Counterpart(EnvConfig("pick_place", threads=1))
    cell.begin(NAMES, np.array([SLIPPERY]), probe.start)
    seen = rollout_trace(cell, probe.commands)
    moved = {name: replace(channel, stamps=channel.stamps + BEGIN) for name, channel in seen.channels.items()}
    moved[COMMAND] = replace(moved[COMMAND], stamps=moved[COMMAND].stamps - round(1e9 / CONTROL_RATE))
    file = tmp_path_factory.mktemp("recording") / "slip.npz"
    Trace(moved, source="slip").save(file)
    return file


def test_a_recording_is_compared_at_the_moments_of_its_repetition(recording):
    (trace,) = read_recordings([recording])
    motion = recorded_motion(trace, "pick_place")
    reference = recorded_evidence([trace], [motion]).traces[0]
    first = trace[COMMAND].stamps[0]
    np.testing.assert_array_equal(reference[COMMAND].stamps, PERIOD * np.arange(1, motion.samples + 1))
    np.testing.assert_allclose(
        reference[POSITION].values[3], trace[POSITION].linear(np.array([first + 4 * PERIOD]))[0], atol=1e-12
    )
    half = {name: trace[name] for name in (COMMAND, POSITION)}
    half[POSITION] = Channel(trace[POSITION].stamps, trace[POSITION].values[:, :7], "rad", trace[POSITION].labels[:7])
    arm_only = recorded_evidence([Trace(half)], [motion]).traces[0]
    assert np.isfinite(arm_only[POSITION].values[5, :7]).all() and np.isnan(arm_only[POSITION].values[5, 7:]).all()
    assert OBJECTS not in arm_only


def test_the_critic_knows_the_recorded_robot(recording):
    traces = read_recordings([recording])
    motions = [recorded_motion(trace, "pick_place", [OBJECT]) for trace in traces]
    simulator = MotionSimulator(motions, NAMES)
    scores = (
        Teaching(24, "nominal")
        .critic(simulator)
        .score(simulator.observe(np.array([SLIPPERY, (1.3, 1.0)])), recorded_evidence(traces, motions))
    )
    assert scores.values[0] > 8.5
    assert scores.values[0] > scores.values[1] + 0.5


def test_a_search_on_recordings_alone(recording, tmp_path, capsys):
    pytest.importorskip("cma", reason="needs the extra 'dr'")
    tiny = ["--rounds", "1", "--samples", "3", "--generations", "2", "--points", "8", "--population", "4"]
    tiny += ["--rollouts", "24", "--others", "nominal"]
    command = ["dr", "run", "--critic", "trace", "--out", str(tmp_path), "--parameters", *NAMES]
    assert main([*command, "--motions", str(recording), "--objects", OBJECT, *tiny]) == 0
    found = load_randomization(tmp_path / "randomization.yaml")
    assert (found.critic, found.cost.queries, found.distribution.names) == ("trace", 3, NAMES)
    page = (tmp_path / "report.html").read_text()
    assert "<h2>Parameters</h2>" in page and "<h2>Pictures</h2>" not in page
    capsys.readouterr()
    for wrong, said in (
        ([], "say --motions RECORDING"),
        (["--motions", str(tmp_path / "none.npz")], "cannot read the trace"),
        (["--motions", str(recording), "--objects", OBJECT, OBJECT], "has 1 objects of the catalogue, 2 are named"),
        (["--motions", str(recording), "--objects", "soup"], "unknown object 'soup'"),
        (["--motions", str(recording), "--simulator", "ros"], "embedded simulator only"),
        (["--motions", str(recording), "--critic", "image", "--references", "x"], "does not look at --motions"),
    ):
        assert main([*command, *wrong]) == 2
        error = capsys.readouterr().err
        assert said in error and error.count("\n") == 1


def test_a_motion_is_filmed_and_the_film_repeats(recording):
    motion = recorded_motion(read_recordings([recording])[0], "pick_place")
    film = Film((32, 32), frames=3)
    third = motion.samples / 3
    assert film.samples(motion) == [round(third), round(2 * third), motion.samples]
    with closing(FilmSimulator([motion], NAMES, film)) as simulator:
        values = np.array([SLIPPERY, (1.4, 1.0)])
        first, again = simulator.observe(values), simulator.observe(values)
    assert first[0].film.shape == (3, 32, 32, 3)
    assert first[0].digest == again[0].digest
    assert (first[0].film[0] != first[0].film[2]).any()  # it moves
    assert (first[0].film != first[1].film).any()  # what slips from slippery fingers is elsewhere


def test_a_model_sees_strips_over_time_where_there_are_films(tmp_path, monkeypatch):
    pytest.importorskip("openai", reason="needs the extra 'dr'")
    file = Path(__file__).with_name("chat_server.py")
    spec = importlib.util.spec_from_file_location("chat_server", file)
    chat_server = sys.modules["chat_server"] = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(chat_server)
    monkeypatch.setenv("OPENAI_API_KEY", "any")

    def look(grey, frames):
        film = np.stack([np.full((8, 8, 3), frame, np.uint8) for frame in frames])
        return Evidence(np.full((2, 16, 16, 3), grey, np.uint8), ("front", "wrist"), film=film)

    def rate(reference, candidate, real, simulated):
        """By the films alone, whose strips must be as wide as three frames."""
        assert real.shape == simulated.shape == (8, 24, 3)
        return 10 - 9 * min(1.0, np.abs(real.astype(float) - simulated).mean() / 100)

    server = chat_server.ChatServer(rate)
    try:
        critic = VlmCritic(VlmConfig("judge", server.endpoint, tmp_path / "vlm"))
        scores = critic.score([look(50, (0, 50, 100)), look(50, (0, 0, 0))], look(90, (0, 50, 100)))
    finally:
        server.close()
    assert scores.values == pytest.approx([10.0, 10 - 9 * 0.5])
    assert all(text.endswith(FILM) for text, *_ in server.answered)
