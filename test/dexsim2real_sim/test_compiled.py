"""Formulas that numba compiles: as Python would compute them, one or many, wherever they may be kept."""

import math
import os
import subprocess
import sys

import numpy as np

from dexsim2real_sim.compiled import compiled, of_numbers, of_vectors


@of_numbers("f8(f8, f8)")
def hypotenuse(a: float, b: float) -> float:
    return math.sqrt(a * a + b * b)


@of_vectors("f8[:], f8, f8[:]", "(n),()->()")
def largest_below(values: np.ndarray, bound: float, found: np.ndarray) -> None:
    found[0] = -np.inf
    for value in values:
        if value < bound:
            found[0] = max(found[0], value)


@compiled
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
