"""What make says before it sets anything up."""

import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]


@pytest.mark.parametrize("version", ["(3, 10, 12)", "(3, 14, 0)"])
def test_another_python_is_refused_before_anything_is_made(tmp_path, version):
    other = tmp_path / "python"
    other.write_text(
        f"#!/bin/sh\nexec {sys.executable} -c 'import sys; sys.version_info = {version}; exec(sys.argv[2])' $1 \"$2\"\n"
    )
    other.chmod(0o755)
    command = ["make", "setup", f"PYTHON={other}", f"VENV={tmp_path}/venv"]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode != 0
    assert f"error: this is Python {version[1]}.1" in done.stderr and "make demo PYTHON=python3.12" in done.stderr
    assert not (tmp_path / "venv").exists()
