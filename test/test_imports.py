"""Who may import whom: the design's rule, enforced on every source file, inside functions too."""

import ast
import re
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

SRC = Path(__file__).parents[1] / "src"
OWN = "dexsim2real_"
MAY_IMPORT: dict[str, set[str]] = {
    "description": set(),
    "sim": {"description"},
    "policy": {"description"},
    "perception": {"description"},
    "hw": {"description"},
    "audit": {"description", "sim", "policy"},
    "dr": {"description", "sim", "policy", "audit"},
    "bringup": {"description", "sim", "policy", "perception", "hw", "audit", "dr"},
}
ROS = re.compile(r"(rclpy|rosidl\w*|ament_\w+|launch(_\w+)?|tf2_\w+|\w+_(msgs|srvs|interfaces))$")
LEARNING = {"torch", "torchvision", "torchaudio", "tensordict", "rsl_rl", "transformers"}
LEARNERS = ("dexsim2real_dr", "dexsim2real_bringup", "dexsim2real_policy.tvcap", "dexsim2real_policy.export")
"""Packages and modules that may use torch."""
ON_THE_ROBOT = {"numpy", "onnxruntime"}
"""All that inference may need besides Python itself and, in nodes, ROS."""
IMPORTERS = {"require", "import_module", "__import__"}
OWN_PATH = re.compile(rf"({OWN}\w+(\.\w+)+)(:\w+)?")
"""A string that is the path of one of our modules is an import too, whoever does it later."""


@dataclass(frozen=True)
class Source:
    """One file: its dotted name, and the modules that it imports with their lines."""

    path: Path
    name: str
    imports: tuple[tuple[str, int], ...]

    @property
    def package(self) -> str:
        return self.name.split(".")[0]

    @property
    def may_use_ros(self) -> bool:
        return self.path.stem.endswith("_node") or self.path.name == "setup.py" or self.package == f"{OWN}bringup"


def read(src: Path) -> list[Source]:
    """Every Python file of the packages under `src`."""
    names = {path: module_name(path.relative_to(src)) for path in sorted(src.glob(f"{OWN}*/**/*.py"))}
    known = set(names.values())
    return [Source(path, name, tuple(sorted(set(imports(path, name, known))))) for path, name in names.items()]


def module_name(path: Path) -> str:
    """Dotted name of PACKAGE/PACKAGE/a/b.py; a file beside the package (setup.py, launch) is named as if inside."""
    package, *parts = path.with_suffix("").parts
    inside = parts[1:] if parts[0] == package else parts
    return ".".join([package, *(part for part in inside if part != "__init__")])


def imports(path: Path, name: str, known: set[str]) -> Iterator[tuple[str, int]]:
    """Modules that a file names in an import of any kind, and the line."""
    package = name.split(".") if path.name == "__init__.py" else name.split(".")[:-1]
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            yield from ((alias.name, node.lineno) for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            above = package[: len(package) - node.level + 1] if node.level else []
            base = ".".join([*above, *([node.module] if node.module else [])])
            yield base, node.lineno
            members = {f"{base}.{alias.name}" for alias in node.names}
            yield from ((member, node.lineno) for member in members & known)
        elif isinstance(node, ast.Call):
            called = getattr(node.func, "id", getattr(node.func, "attr", ""))
            first = node.args[0] if node.args else None
            if called in IMPORTERS and isinstance(first, ast.Constant) and isinstance(first.value, str):
                yield first.value, node.lineno
        elif isinstance(node, ast.Constant) and isinstance(node.value, str):
            match = OWN_PATH.fullmatch(node.value)
            if match and match[1] in known:
                yield match[1], node.lineno


def violations(src: Path) -> list[str]:
    """One line per forbidden import: file, line, module, reason."""
    sources = read(src)
    found = [
        f"{source.path.relative_to(src)}:{line}: {module}: {reason}"
        for source in sources
        for module, line in source.imports
        if (reason := forbidden(source, module))
    ]
    return found + inference_violations(sources)


def forbidden(source: Source, module: str) -> str | None:
    """Why a file may not import a module; None if it may."""
    top = module.split(".")[0]
    if top.startswith(OWN) and top != source.package:
        if top.removeprefix(OWN) not in MAY_IMPORT[source.package.removeprefix(OWN)]:
            return f"{source.package} may not import {top}"
        if source.package == f"{OWN}dr" and top == f"{OWN}audit" and module != top and "trace" not in module:
            return "dr may use only the traces of audit"
    if ROS.match(top) and not source.may_use_ros:
        return "ROS belongs in *_node.py and the bringup package"
    if top in LEARNING and not f"{source.name}.".startswith(tuple(f"{learner}." for learner in LEARNERS)):
        return "torch belongs in dr and in the policy's network and export"
    return None


def inference_violations(sources: list[Source]) -> list[str]:
    """Imports that `import dexsim2real_policy` and the policy's nodes reach, and a robot does not have."""
    by_name = {source.name: source for source in sources}
    policy = f"{OWN}policy"
    todo = [name for name in by_name if name == policy or re.fullmatch(rf"{policy}\..*_node", name)]
    reached: set[str] = set()
    found = []
    while todo:
        name = todo.pop()
        if name in reached or name not in by_name:
            continue
        reached.add(name)
        source = by_name[name]
        todo += [name.rpartition(".")[0], *(module for module, _ in source.imports)]
        for module, line in source.imports:
            top = module.split(".")[0]
            ros = source.may_use_ros and ROS.match(top)
            if not (top.startswith(OWN) or top in sys.stdlib_module_names or top in ON_THE_ROBOT or ros):
                found.append(f"{name}:{line}: {module}: inference has only {', '.join(sorted(ON_THE_ROBOT))}")
    return found


def test_no_source_breaks_the_import_rule() -> None:
    assert violations(SRC) == []


def test_every_package_has_a_rule_and_sources() -> None:
    packages = {path.name.removeprefix(OWN) for path in SRC.iterdir() if path.is_dir()}
    assert packages == set(MAY_IMPORT)
    assert {source.package.removeprefix(OWN) for source in read(SRC)} == packages


def test_importing_what_runs_on_the_robot_loads_no_learning_library() -> None:
    modules = [f"{OWN}{name}" for name in ("description", "policy", "perception", "hw", "sim")]
    code = f"import sys, {', '.join(modules)}; print(sorted(set(sys.modules) & {LEARNING}))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


def write(src: Path, file: str, code: str) -> None:
    """Put a file in a tree that has the two `__init__` files the checks start from."""
    for start in ("dexsim2real_policy", "dexsim2real_audit"):
        for path in (f"{start}/{start}/__init__.py", f"{start}/{start}/ledger.py", f"{start}/{start}/trace.py"):
            (src / path).parent.mkdir(parents=True, exist_ok=True)
            (src / path).touch()
    (src / file).parent.mkdir(parents=True, exist_ok=True)
    (src / file).write_text(code)


SIM, POLICY, DR = (f"dexsim2real_{name}/dexsim2real_{name}" for name in ("sim", "policy", "dr"))


@pytest.mark.parametrize(
    ("file", "code", "reason"),
    [
        ("dexsim2real_description/dexsim2real_description/a.py", "import dexsim2real_sim", "may not import"),
        (f"{SIM}/a.py", "from dexsim2real_policy import trace", "may not import"),
        (f"{SIM}/a.py", "def f():\n    from dexsim2real_policy.trace import x", "may not import"),
        (f"{SIM}/a.py", "import importlib\nimportlib.import_module('dexsim2real_hw.gate')", "may not import"),
        (f"{SIM}/a.py", "LATER = {'gate': 'dexsim2real_policy.trace:main'}", "may not import"),
        ("dexsim2real_audit/dexsim2real_audit/a.py", "import dexsim2real_dr", "may not import"),
        (f"{DR}/a.py", "from dexsim2real_audit import ledger", "only the traces"),
        (f"{SIM}/a.py", "import rclpy", "ROS belongs"),
        (f"{SIM}/node.py", "def f():\n    from sensor_msgs.msg import Image", "ROS belongs"),
        (f"{SIM}/a.py", "import launch_ros.actions", "ROS belongs"),
        (f"{SIM}/a.py", "from std_srvs.srv import Trigger", "ROS belongs"),
        (f"{SIM}/sim_node.py", "import torch", "torch belongs"),
        (f"{POLICY}/other.py", "def f():\n    import torch.nn", "torch belongs"),
        (f"{POLICY}/exporter.py", "import torch", "torch belongs"),
        (f"{POLICY}/policy_node.py", "import scipy.signal", "inference has only"),
        (f"{POLICY}/__init__.py", "from . import export\nimport pandas", "inference has only"),
    ],
)
def test_a_violation_is_found(tmp_path: Path, file: str, code: str, reason: str) -> None:
    write(tmp_path, file, code)
    found = violations(tmp_path)
    assert found
    assert all(reason in line for line in found)
    assert all(f":{len(code.splitlines())}: " in line for line in found)  # the offence stands in the last line


def test_inference_is_followed_through_other_modules(tmp_path: Path) -> None:
    write(tmp_path, f"{POLICY}/__init__.py", "from dexsim2real_policy.inference import load")
    write(tmp_path, f"{POLICY}/inference.py", "def load():\n    from .export import weights")
    write(tmp_path, f"{POLICY}/export.py", "import numpy\nimport torch")
    assert violations(tmp_path) == ["dexsim2real_policy.export:2: torch: inference has only numpy, onnxruntime"]


@pytest.mark.parametrize(
    ("file", "code"),
    [
        (f"{SIM}/a.py", "import dexsim2real_description\nfrom .b import c\nfrom . import d\nimport mujoco"),
        (f"{SIM}/simulator_node.py", "import rclpy\nfrom sensor_msgs.msg import Image"),
        (f"{DR}/a.py", "import torch\nfrom dexsim2real_audit.trace import Trace\nfrom dexsim2real_audit import Trace"),
        (f"{POLICY}/export.py", "import torch\nimport onnx"),
        (f"{POLICY}/tvcap/network.py", "import torch"),
        (f"{POLICY}/policy_node.py", "import rclpy\nimport numpy\nimport json"),
        ("dexsim2real_bringup/launch/real.launch.py", "from launch import LaunchDescription\nimport dexsim2real_hw"),
        (f"{SIM}/setup.py", "from setuptools import setup"),
        (f"{SIM}/a.py", '"""Not dexsim2real_policy.trace itself."""\nNAME = "dexsim2real_policy"'),
    ],
)
def test_what_is_allowed_passes(tmp_path: Path, file: str, code: str) -> None:
    write(tmp_path, file, code)
    assert violations(tmp_path) == []
