"""`dexsim2real urdf`."""

from pathlib import Path

import pytest

from dexsim2real_bringup.cli import main
from dexsim2real_description import make_cell, meshes
from dexsim2real_description.urdf import cell_urdf


def test_default_cell_on_the_standard_output(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["urdf"]) == 0
    assert capsys.readouterr().out == cell_urdf(make_cell())


def test_another_cell_into_a_file(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    out = tmp_path / "cell.urdf"
    assert main(["urdf", "--arm", "fr3", "--hand", "v5", "--touch", "none", "--out", str(out)]) == 0
    assert capsys.readouterr().out == ""
    assert out.read_text() == cell_urdf(make_cell("fr3", "v5", "none"))


def test_unknown_arm(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["urdf", "--arm", "ur5"]) == 2
    assert capsys.readouterr().err == "error: unknown arm 'ur5'. Valid: fr3, panda\n"


def test_meshes_without_their_package_say_what_to_install(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(meshes, "visual_meshes", lambda cell: {})
    assert main(["urdf", "--meshes"]) == 2
    assert "pip install 'dexsim2real[meshes]'" in capsys.readouterr().err
