"""Frozen dataclasses to JSON and strictly back: a missing, unknown or ill-typed field is an error with its path."""

from __future__ import annotations

import types
import typing
from collections.abc import Callable
from dataclasses import asdict, fields, is_dataclass
from typing import Any, Literal, TypeVar

from dexsim2real_policy.errors import PolicyError

T = TypeVar("T")
_PLAIN: dict[Any, tuple[type, ...]] = {str: (str,), int: (int,), float: (float, int), bool: (bool,)}


def encode(value: Any) -> dict[str, Any]:
    """A dataclass as a tree of dicts, lists and plain values; floats keep every digit in JSON."""
    tree: dict[str, Any] = asdict(value)
    return tree


def decode(kind: type[T], data: object, path: str = "contract") -> T:
    """The dataclass `kind` from what :func:`encode` made of it. Raises PolicyError that names the path."""
    if not isinstance(data, dict):
        raise PolicyError(f"{path} is {_shown(data)}, expected an object; write the artifact again")
    hints = typing.get_type_hints(kind)
    names = {field.name for field in fields(kind)}  # type: ignore[arg-type]
    if names != data.keys():
        missing, unknown = sorted(names - data.keys()), sorted(data.keys() - names)
        raise PolicyError(f"{path} lacks {missing} and has unknown {unknown}; write the artifact again")
    return kind(**{name: _decode(hints[name], data[name], f"{path}.{name}") for name in names})


def _decode(kind: Any, data: object, path: str) -> Any:
    origin, arguments = typing.get_origin(kind), typing.get_args(kind)
    if is_dataclass(kind):
        return decode(typing.cast("type[Any]", kind), data, path)
    if origin in _GENERIC:
        return _GENERIC[origin](arguments, data, path)
    if not isinstance(data, _PLAIN[kind]) or (isinstance(data, bool) and kind is not bool):
        raise _wrong(data, path, kind.__name__)
    return kind(data)


def _decode_union(arguments: tuple[Any, ...], data: object, path: str) -> Any:
    """Only `X | None` occurs."""
    return None if data is None else _decode(arguments[0], data, path)


def _decode_literal(arguments: tuple[Any, ...], data: object, path: str) -> Any:
    if data not in arguments:
        raise _wrong(data, path, " or ".join(repr(argument) for argument in arguments))
    return data


def _decode_tuple(arguments: tuple[Any, ...], data: object, path: str) -> Any:
    if not isinstance(data, list):
        raise _wrong(data, path, "a list")
    if arguments[-1] is Ellipsis:
        arguments = (arguments[0],) * len(data)
    if len(data) != len(arguments):
        raise _wrong(data, path, f"a list of {len(arguments)}")
    parts = zip(arguments, data, strict=True)
    return tuple(_decode(part, item, f"{path}[{i}]") for i, (part, item) in enumerate(parts))


def _decode_dict(arguments: tuple[Any, ...], data: object, path: str) -> Any:
    if not isinstance(data, dict):
        raise _wrong(data, path, "an object")
    return {str(key): _decode(arguments[1], value, f"{path}.{key}") for key, value in data.items()}


_GENERIC: dict[Any, Callable[[tuple[Any, ...], object, str], Any]] = {
    tuple: _decode_tuple,
    dict: _decode_dict,
    Literal: _decode_literal,
    types.UnionType: _decode_union,
}


def _wrong(data: object, path: str, expected: str) -> PolicyError:
    return PolicyError(f"{path} is {_shown(data)}, expected {expected}; write the artifact again")


def _shown(data: object) -> str:
    text = repr(data)
    return text if len(text) <= 60 else text[:57] + "..."
