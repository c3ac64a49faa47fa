"""Every folder under src/ is a complete ament_python package that agrees with the root pyproject.toml."""

import ast
import configparser
import re
import shutil
import subprocess
import tomllib
from pathlib import Path
from xml.etree import ElementTree

import pytest

ROOT = Path(__file__).parents[1]
PACKAGES = sorted(path for path in (ROOT / "src").iterdir() if path.is_dir())
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text())
ROS = re.compile(r"(rclpy|ament_index_python|launch(_ros)?|\w+_(msgs|srvs|interfaces))$")

OWN = re.compile(r"(dexsim2real_[a-z]+)([.:]\S*)?")

each_package = pytest.mark.parametrize("package", PACKAGES, ids=lambda path: path.name)


def manifest(package: Path) -> ElementTree.Element:
    """The root of package.xml."""
    return ElementTree.parse(package / "package.xml").getroot()


def setup_argument(package: Path, key: str) -> str:
    """A text argument of the call of setup()."""
    match = re.search(rf'^ *{key}="(.*)",$', (package / "setup.py").read_text(), re.MULTILINE)
    assert match, f"setup.py of {package.name} has no {key}"
    return match[1]


def used_packages(package: Path) -> set[str]:
    """First words of everything that the code imports, in functions too, or names in a string (a node to start)."""
    found = set()
    for path in (package / package.name).rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text())):
            match node:
                case ast.Import(names=names):
                    found |= {alias.name.split(".")[0] for alias in names}
                case ast.ImportFrom(module=str(module), level=0):
                    found.add(module.split(".")[0])
                case ast.Constant(value=str(text)) if own := OWN.fullmatch(text):
                    found.add(own[1])
    return found - {package.name}


@each_package
def test_it_is_complete(package: Path) -> None:
    name = package.name
    for file in ("package.xml", "setup.py", "setup.cfg", f"resource/{name}", f"{name}/__init__.py", f"{name}/py.typed"):
        assert (package / file).is_file(), file


@each_package
def test_manifest_is_that_of_an_ament_python_package(package: Path) -> None:
    root = manifest(package)
    assert root.attrib["format"] == "3"
    assert root.findtext("name") == package.name
    assert root.findtext("export/build_type") == "ament_python"
    assert root.findtext("license") == PROJECT["project"]["license"]
    # colcon silently treats the package as plain Python if the address is not valid
    assert re.fullmatch(r"[^@\s]+@[^@\s]+\.\w+", root.find("maintainer").attrib["email"])


@each_package
def test_names_versions_and_descriptions_agree(package: Path) -> None:
    root = manifest(package)
    assert f'NAME = "{package.name}"' in (package / "setup.py").read_text()
    assert setup_argument(package, "version") == root.findtext("version") == PROJECT["project"]["version"]
    assert setup_argument(package, "description") == root.findtext("description")
    assert setup_argument(package, "license") == root.findtext("license")
    assert setup_argument(package, "maintainer_email") == root.find("maintainer").attrib["email"]


@each_package
def test_scripts_go_where_ros2_run_looks(package: Path) -> None:
    config = configparser.ConfigParser()
    config.read(package / "setup.cfg")
    assert config["develop"]["script_dir"] == config["install"]["install_scripts"] == f"$base/lib/{package.name}"


@each_package
def test_setup_installs_the_marker_the_manifest_and_existing_files(package: Path) -> None:
    text = (package / "setup.py").read_text()
    assert '("share/ament_index/resource_index/packages", [f"resource/{NAME}"])' in text
    assert '(f"share/{NAME}", ["package.xml"' in text
    for file in re.findall(r'"((?:urdf|launch|config|rviz)/[^"*]+)"', text):
        assert (package / file).is_file(), file


@each_package
def test_data_beside_the_code_is_installed_by_colcon_and_by_pip(package: Path) -> None:
    kinds = ast.literal_eval(re.search(r"^DATA = (.*)$", (package / "setup.py").read_text(), re.MULTILINE)[1])
    assert (
        'package_data={NAME: ["py.typed", *(f"**/*.{kind}" for kind in DATA)]},' in (package / "setup.py").read_text()
    )
    globs = ["py.typed", *(f"**/*.{kind}" for kind in kinds)]
    assert globs == PROJECT["tool"]["setuptools"]["package-data"]["*"]
    files = [path for path in (package / package.name).rglob("*") if path.is_file() and "__pycache__" not in path.parts]
    forgotten = [path for path in files if path.suffix[1:] not in kinds and path.suffix != ".py"]
    assert [path.name for path in forgotten] == ["py.typed"]


@each_package
def test_colcon_test_runs_the_tests_of_the_package_with_pytest(package: Path) -> None:
    assert 'extras_require={"test": ["pytest"]},' in (package / "setup.py").read_text()
    config = configparser.ConfigParser()
    config.read(package / "setup.cfg")
    assert (package / config["tool:pytest"]["testpaths"]).resolve() == ROOT / "test" / package.name
    assert (ROOT / "test" / package.name).is_dir()


@each_package
def test_colcon_finds_what_the_tests_of_the_package_import(package: Path) -> None:
    """colcon shows a package's tests only what the manifest asks for; what else they use must be skipped without it."""
    shown, waiting = set(), [package.name]
    while waiting:
        shown.add(name := waiting.pop())
        needed = {element.text for element in manifest(ROOT / "src" / name).findall("exec_depend")}
        waiting += [path.name for path in PACKAGES if path.name in needed - shown]
    for file in (ROOT / "test" / package.name).rglob("*.py"):
        text = file.read_text()
        used = {path.name for path in PACKAGES if re.search(rf"^\s*(from|import) {path.name}\b", text, re.MULTILINE)}
        skipped = set(re.findall(r'importorskip\("(dexsim2real_[a-z]+)"', text))
        assert used - skipped <= shown, file


def test_colcon_takes_every_package_for_an_ament_python_package() -> None:
    colcon = shutil.which("colcon")
    if colcon is None:
        pytest.skip("needs colcon: pip install colcon-common-extensions 'setuptools<80'")
    words = [colcon, "--log-base", "/dev/null", "list", "--base-paths", str(ROOT / "src")]
    listed = subprocess.run(words, capture_output=True, text=True, check=True).stdout
    kinds = {line.split()[0]: line.split()[2] for line in listed.splitlines()}
    assert kinds == {package.name: "(ros.ament_python)" for package in PACKAGES}


@each_package
def test_dependencies_are_what_the_code_imports(package: Path) -> None:
    declared = {element.text for element in manifest(package).findall("exec_depend")}
    used = used_packages(package)
    names = {path.name for path in PACKAGES}
    assert declared & names == used & names
    assert {name for name in used if ROS.match(name)} <= declared


def test_pip_installs_the_same_packages() -> None:
    where = PROJECT["tool"]["setuptools"]["packages"]["find"]["where"]
    assert sorted(where) == [f"src/{package.name}" for package in PACKAGES]
    mypy_path = PROJECT["tool"]["mypy"]["mypy_path"].split(":")
    assert sorted(mypy_path) == sorted(where)
