"""`dr capture` and `dr run`: the whole way on tiny pictures, going on after a stop, and one line for every mistake."""

import importlib.util
import json
from pathlib import Path

import pytest
from PIL import Image

from dexsim2real_bringup.cli import main
from dexsim2real_sim import load_randomization
from dexsim2real_sim.randomization import Granular

pytest.importorskip("cma", reason="needs the extra 'dr'")

TINY = ["--samples", "3", "--generations", "2", "--points", "8", "--population", "4", "--size", "32",
        "--factors", "lighting"]  # fmt: skip


@pytest.fixture(scope="module")
def references(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("references")
    assert main(["dr", "capture", "--twin", "1", "--poses", "1", "--size", "40", "--out", str(folder)]) == 0
    return folder


def test_run_writes_everything_and_goes_on_with_more_rounds(references: Path, tmp_path: Path) -> None:
    out, table = tmp_path / "dr", tmp_path / "table.json"
    command = ["dr", "run", "--references", str(references), "--out", str(out), "--json", str(table), *TINY]
    assert main([*command, "--rounds", "1"]) == 0
    first = json.loads((out / "state.json").read_text())
    assert main([*command, "--rounds", "2"]) == 0
    assert json.loads((out / "state.json").read_text())["values"][:3] == first["values"]
    found = load_randomization(out / "randomization.yaml")
    assert (found.method, found.critic, found.task, found.cost.queries) == ("fm_dr", "image", "pick_place", 6)
    assert len(json.loads(table.read_text())["rows"]) == 2
    page = (out / "report.html").read_text()
    for heading in ("Pictures", "Scores and entropy", "Parameters", "Values", "Cost"):
        assert f"<h2>{heading}</h2>" in page
    assert page.count("data:image/png;base64") == 3


def test_random_marks_are_called_random_scoring(references: Path, tmp_path: Path) -> None:
    command = ["dr", "run", "--references", str(references), "--out", str(tmp_path), "--critic", "random"]
    assert main([*command, "--rounds", "1", *TINY]) == 0
    assert load_randomization(tmp_path / "randomization.yaml").method == "random_scoring"


@pytest.mark.parametrize(
    ("method", "options", "queries"),
    [
        ("vanilla", [], 0),
        ("dextreme", ["--factors", "contact"], 0),
        ("adr", [], 4),
        ("bayesian", [], 4),
        ("dreureka", ["--samples", "28"], 28),
        ("random_scoring", [], 4),
    ],
)
def test_every_method_writes_its_file(
    references: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str], method: str, options: list[str], queries: int
) -> None:
    seen = [] if method in ("vanilla", "dextreme") else ["--references", str(references)]
    command = ["dr", "run", *seen, "--method", method, "--out", str(tmp_path), "--rounds", "1"]
    assert main([*command, *TINY, "--samples", "4", *options]) == 0
    found = load_randomization(tmp_path / "randomization.yaml")
    assert (found.method, found.cost.queries) == (method, queries)
    said = capsys.readouterr().out
    assert f"{method}, critic " in said
    assert ("min: rendering" in said) == (method == "random_scoring")
    assert ("no --model" in said) == (method == "dreureka")


def test_parameters_by_name_and_what_needs_references(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    command = ["dr", "run", "--out", str(tmp_path), "--parameters", "friction_tip", "table_red"]
    assert main([*command, "--method", "vanilla"]) == 0
    assert load_randomization(tmp_path / "randomization.yaml").distribution.names == ("friction_tip", "table_red")
    assert main([*command, "--method", "vanilla", "--rest", "manual"]) == 0
    assert len(load_randomization(tmp_path / "randomization.yaml").distribution.names) > 80
    assert main([*command, "--method", "vanilla", "--granularity", "frame", "--rest", "manual"]) == 0
    drawn = load_randomization(tmp_path / "randomization.yaml").distribution
    assert isinstance(drawn, Granular)
    assert {"table_red", "distractor_count"} <= drawn.frame
    assert "friction_tip" in set(drawn.names) - drawn.frame
    assert main(command) == 2
    assert "the critic image compares with references" in capsys.readouterr().err
    assert main(["dr", "run", "--out", str(tmp_path), "--parameters", "frictio", "--method", "vanilla"]) == 2
    assert "unknown parameter" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("options", "said"),
    [
        (["--task", "pick_plac"], "Did you mean 'pick_place'"),
        (["--task", "pouring"], "say --task pick_place"),
        (["--factors", "light"], "unknown factor"),
        (["--critic", "vlm"], "--model"),
        (["--critic", "vlm", "--model", "judge"], "OPENAI_API_KEY"),
        (["--endpoint", "http://localhost:1"], "say --model NAME"),
        (["--model", "judge"], "say --critic vlm"),
        (["--agreement", "5"], "for the critic vlm"),
        (["--critic", "features"], "--backbone"),
        (["--critic", "features", "--backbone", "missing.onnx"], "cannot read the network"),
        (["--size", "64"], "fewer than the 64 x 64"),
        (["--size", "12"], "16 x 16 or more"),
        (["--seed", "-1"], "seed is -1"),
        (["--rounds", "0"], "rounds is 0"),
        (["--references", "nowhere"], "no folder with pictures"),
    ],
)
def test_mistakes_are_one_line(
    references: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch,
    options: list[str], said: str,
) -> None:  # fmt: skip
    monkeypatch.delenv("OPENAI_API_KEY", raising=False)
    given = ["--references", str(references), "--out", str(tmp_path / "out"), *TINY]
    if options[:2] == ["--task", "pick_plac"]:  # photographs, which do not say their task
        photos = tmp_path / "photos"
        photos.mkdir()
        Image.new("RGB", (40, 40), (9, 9, 9)).save(photos / "a.png")
        given[1] = str(photos)
    assert main(["dr", "run", *given, *options]) == 2
    error = capsys.readouterr().err
    assert said in error
    assert error.count("\n") == 1


def test_capture_says_what_is_wrong(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["dr", "capture", "--twin", "-1", "--out", str(tmp_path)]) == 2
    (tmp_path / "file").write_text("")
    assert main(["dr", "capture", "--twin", "1", "--size", "32", "--out", str(tmp_path / "file" / "x")]) == 2
    assert f"cannot write {tmp_path / 'file' / 'x'}" in capsys.readouterr().err


def test_compare_measures_every_method_on_every_twin(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    command = ["dr", "compare", "--twins", "0", "--rounds", "1", "--poses", "1", "--out", str(tmp_path / "searches")]
    assert main([*command, "--json", str(tmp_path / "table.json"), *TINY, "--samples", "28"]) == 0
    rows = json.loads((tmp_path / "table.json").read_text())["rows"]
    assert [row["method"] for row in rows] == ["vanilla", "adr", "dreureka", "bayesian", "random_scoring", "fm_dr"]
    assert [row["queries"] for row in rows] == [0, 28, 28, 28, 28, 28]
    assert "±" not in capsys.readouterr().out  # one twin has no interval
    for wrong, said in (
        (["--factors", "light"], "unknown factor"),
        (["--twins", "-1"], "seed of a twin is -1"),
        (["--poses", "0"], "1 or more poses"),
    ):
        assert main(["dr", "compare", *wrong]) == 2
        assert said in capsys.readouterr().err


def test_twins_may_hide_only_what_is_searched(tmp_path: Path) -> None:
    command = ["dr", "compare", "--twins", "0", "--rounds", "1", "--poses", "1", "--methods", "fm_dr", *TINY]
    scores = []
    for hidden in ("all", "searched"):
        out = tmp_path / hidden
        assert main([*command, "--hidden", hidden, "--parameters", "exposure", "--out", str(out)]) == 0
        scores.append(json.loads((out / "twin_0_seed_0_fm_dr" / "state.json").read_text())["scores"])
    assert min(scores[1]) > max(scores[0])  # with nothing else hidden, every candidate looks more like the twin


def test_a_model_rates_through_its_endpoint_and_the_report_has_the_agreement(
    references: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    pytest.importorskip("openai", reason="needs the extra 'dr'")
    file = Path(__file__).parents[1] / "dexsim2real_dr" / "chat_server.py"
    spec = importlib.util.spec_from_file_location("chat_server", file)
    assert spec is not None and spec.loader is not None
    chat_server = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(chat_server)
    server = chat_server.ChatServer(lambda reference, candidate: 1 + 9 * candidate.mean() / 255)
    monkeypatch.setenv("OPENAI_API_KEY", "any")
    command = ["dr", "run", "--references", str(references), "--out", str(tmp_path), "--critic", "vlm", "--rounds", "1"]
    try:
        options = ["--model", "judge", "--endpoint", server.endpoint, "--agreement", "3", *TINY]
        assert main([*command, *options]) == 0
    finally:
        server.close()
    assert load_randomization(tmp_path / "randomization.yaml").critic == "vlm judge"
    assert len(server.answered) == len(set(server.answered)) == 9  # three samples in three wordings
    assert "Agreement of three wordings" in (tmp_path / "report.html").read_text()
