"""Formulas as machine code, for what would take many calls of numpy on little data.

Most become numpy ufuncs: written for one number, vector or matrix, called with arrays of them. Every one is computed by
itself and in the order written, so the bits do not depend on how many there are. What has been compiled is kept beside
the source, or in the user's cache folder, until its file changes: so a formula uses nothing of another file of ours.
"""

from __future__ import annotations

import fcntl
from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar

from numba import guvectorize, njit, vectorize

F = TypeVar("F", bound=Callable[..., Any])

LOCK = "formulas.lock"


def compiled(signature: str) -> Callable[[F], F]:
    """A function of arrays of the types in `signature`, such as `(f8[:], b1)`, which others of its file may call."""
    return lambda function: _kept(function, lambda keep: njit([signature], cache=keep, error_model="numpy")(function))


def of_numbers(signature: str) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
    """A ufunc of a formula for numbers of the types in `signature`, such as `f8(f8, f8)`."""
    return lambda function: _kept(function, lambda keep: vectorize([signature], cache=keep)(function))


def of_vectors(signature: str, layout: str) -> Callable[[Callable[..., None]], Callable[..., Any]]:
    """A ufunc of a formula for vectors and matrices that fills its last arguments with the results.

    `signature` of types and `layout` of shapes as `numba.guvectorize` takes them.
    """
    return lambda function: _kept(function, lambda keep: guvectorize([signature], layout, cache=keep)(function))


def _kept(function: Callable[..., Any], compile_: Callable[[bool], Any]) -> Any:
    """Compiled with a cache, or anew in every process where no folder for it can be written.

    One process at a time: what two leave that compile the same ufunc at once may be halves that do not fit, and whoever
    loads them crashes (numba issue 10128).
    """
    try:
        folder = njit(cache=True)(function).stats.cache_path
        with Path(f"{folder}/{LOCK}").open("a") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            return compile_(True)
    except (RuntimeError, OSError):
        return compile_(False)
