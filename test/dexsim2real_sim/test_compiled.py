"""Formulas that numba compiles: as Python would compute them, one or many, wherever they may be kept."""

import ast
import fcntl
import math
import os
import subprocess
import sys
from pathlib import Path

import numba
import numpy as np
import pytest

from dexsim2real_sim.compiled import LOCK, compiled, of_numbers, of_vectors

SOURCES = [
    path
    for path in sorted(Path(__file__).parents[2].glob("src/**/*.py"))
    if "dexsim2real_sim.compiled import" in path.read_text(encoding="utf-8")
]


@of_numbers("f8(f8, f8)")
def hypotenuse(a: float, b: float) -> float:
    return math.sqrt(a * a + b * b)


@of_vectors("f8[:], f8, f8[:]", "(n),()->()")
def largest_below(values: np.ndarray, bound: float, found: np.ndarray) -> None:
    found[0] = -np.inf
    for value in values:
        if value < bound:
            found[0] = max(found[0], value)


@compiled("(f8[:], f8)")
def fill(values: np.ndarray, number: float) -> None:
    for i in range(len(values)):
        values[i] = number


def test_a_formula_of_numbers_takes_arrays():
    np.testing.assert_array_equal(hypotenuse(np.array([3.0, 5.0]), np.array([[4.0], [12.0]]))[0, 0], 5.0)
    assert hypotenuse(np.array([3.0, 5.0]), np.array([[4.0], [12.0]])).shape == (2, 2)


def test_a_formula_of_vectors_takes_many_in_any_layout():
    rows = np.array([[1.0, 5.0, 3.0], [2.0, 2.5, 9.0]])
    assert largest_below(rows, 4.0).tolist() == [3.0, 2.5]
    assert largest_below(np.asfortranarray(rows)[:, ::-1], np.array([0.5, 2.0])).tolist() == [-np.inf, -np.inf]


def test_a_compiled_loop_writes_into_its_argument():
    values = np.zeros(3)
    fill(values, 2.0)
    assert values.tolist() == [2.0, 2.0, 2.0]


def half(number: float) -> float:
    return number / 2


def test_one_process_at_a_time_compiles_what_is_kept(monkeypatch):
    folder = Path(numba.njit(cache=True)(half).stats.cache_path)

    def while_compiling(_signatures, cache):
        with (folder / LOCK).open("a") as another, pytest.raises(BlockingIOError):
            fcntl.flock(another, fcntl.LOCK_EX | fcntl.LOCK_NB)
        return lambda function: cache

    monkeypatch.setattr("dexsim2real_sim.compiled.vectorize", while_compiling)
    assert of_numbers("f8(f8)")(half) is True


def test_works_where_nothing_can_be_kept(tmp_path):
    (tmp_path / "formula.py").write_text(
        "from dexsim2real_sim.compiled import of_numbers\n"
        "twice = of_numbers('f8(f8)')(lambda a: 2 * a)\n"
        "print(twice(21.0))\n"
    )
    (tmp_path / "__pycache__").write_text("a file where a folder should be")
    environment = {
        **os.environ,
        "HOME": "/dev/null",
        "XDG_CACHE_HOME": "/dev/null/cache",
        "PYTHONDONTWRITEBYTECODE": "1",
    }
    environment.pop("NUMBA_CACHE_DIR", None)
    done = subprocess.run(
        [sys.executable, str(tmp_path / "formula.py")], env=environment, capture_output=True, text=True, check=False
    )
    assert done.stdout.strip() == "42.0", done.stderr


def borrowed(source: str) -> dict[str, set[str]]:
    """What the compiled formulas of a file use of other files of ours, directly or through what the file defines."""
    tree = ast.parse(source)
    ours = {
        alias.asname or alias.name.split(".")[0]
        for node in ast.walk(tree)
        if isinstance(node, ast.Import | ast.ImportFrom)
        for alias in node.names
        if (getattr(node, "module", None) or alias.name).startswith("dexsim2real_") or getattr(node, "level", 0)
    }
    makers = {
        alias.asname or alias.name
        for node in ast.walk(tree)
        if isinstance(node, ast.ImportFrom) and node.module == "dexsim2real_sim.compiled"
        for alias in node.names
    }
    uses: dict[str, set[str]] = {}
    formulas: dict[str, set[str]] = {}
    for node in tree.body:
        if isinstance(node, ast.FunctionDef):
            uses[node.name] = set().union(*(names(part) for part in node.body))
            if makers & set().union(*(names(part) for part in node.decorator_list)):
                formulas[node.name] = set()
        elif isinstance(node, ast.Assign | ast.AnnAssign) and node.value is not None:
            for target in node.targets if isinstance(node, ast.Assign) else [node.target]:
                for name in names(target):
                    uses.setdefault(name, set()).update(names(node.value))
    for name in formulas:
        reached, rest = set[str](), {name}
        while rest:
            reached |= rest
            rest = set().union(*(uses.get(each, set()) for each in rest)) - reached
        formulas[name] = reached & ours
    made = sum(isinstance(node, ast.Name) and node.id in makers for node in ast.walk(tree))
    assert made == len(formulas), "a formula is compiled otherwise than by decorating a function of the file"
    return formulas


def names(node: ast.AST) -> set[str]:
    return {each.id for each in ast.walk(node) if isinstance(each, ast.Name)}


@pytest.mark.parametrize("path", SOURCES, ids=lambda path: path.stem)
def test_a_formula_uses_nothing_of_another_file(path):
    """What is kept is thrown away only when the formula's own file changes; otherwise it would go on as it was."""
    assert all(not used for used in borrowed(path.read_text(encoding="utf-8")).values())


def test_the_formulas_are_found():
    assert {"touch", "servos", "quaternions", "pinch", "lag", "base", "in_hand_rotation"} <= {p.stem for p in SOURCES}
    assert all(borrowed(path.read_text(encoding="utf-8")) for path in SOURCES)


@pytest.mark.parametrize(
    ("body", "used"),
    [
        ("return a + math.pi + OWN", set()),
        ("return a + THEIRS", {"THEIRS"}),
        ("return a + hand.WIDTH", {"hand"}),
        ("return a + DERIVED", {"THEIRS"}),
        ("return helper(a)", {"theirs"}),
    ],
)
def test_what_is_borrowed_is_seen(body, used):
    source = f"""
import math
from dexsim2real_description import THEIRS, hand
from dexsim2real_sim.compiled import compiled
from .near import theirs
OWN = 1.0
DERIVED: float = 2 * THEIRS
def helper(a: float) -> float:
    return theirs(a)
@compiled("f8(f8)")
def formula(a: hand.Number) -> float:
    {body}
"""
    assert borrowed(source) == {"formula": used}


def test_a_formula_that_is_no_function_of_the_file_is_not_overlooked():
    with pytest.raises(AssertionError, match="compiled otherwise"):
        borrowed("from dexsim2real_sim.compiled import compiled\ntwice = compiled('f8(f8)')(lambda a: 2 * a)\n")
