"""Nodes that pip installed, where `launch` looks for them."""

import os
import subprocess
import sys

import pytest

from dexsim2real_bringup.ament_prefix import INDEX, is_known, make_known, make_prefix
from dexsim2real_bringup.graph import NodeSpec

NODES = [NodeSpec("json", "tool", "one"), NodeSpec("json", "other", "two")]


@pytest.fixture
def path(monkeypatch):
    return lambda *folders: monkeypatch.setenv("AMENT_PREFIX_PATH", os.pathsep.join(map(str, folders)))


def test_a_prefix_has_the_marker_and_an_executable_that_runs_the_module(tmp_path):
    make_prefix(tmp_path, NODES[:1])
    assert (tmp_path / INDEX / "json").exists()
    executable = tmp_path / "lib" / "json" / "tool"
    run = subprocess.run([executable, "--help"], capture_output=True, text=True, timeout=60)
    assert run.returncode == 0 and "usage" in run.stdout
    assert sys.executable in executable.read_text()


def test_the_first_prefix_with_the_package_counts(tmp_path, path):
    half, whole = tmp_path / "half", tmp_path / "whole"
    make_prefix(half, NODES[:1])
    make_prefix(whole, NODES)
    path(whole, half)
    assert all(map(is_known, NODES))
    path(half, whole)
    assert [is_known(node) for node in NODES] == [True, False]


def test_what_is_not_known_is_made_known_once(tmp_path, path):
    path(tmp_path)
    make_known(NODES)
    assert all(map(is_known, NODES))
    before = os.environ["AMENT_PREFIX_PATH"]
    assert before.endswith(str(tmp_path))
    make_known(NODES)
    assert os.environ["AMENT_PREFIX_PATH"] == before
