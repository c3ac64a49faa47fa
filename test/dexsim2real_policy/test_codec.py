import json
from dataclasses import dataclass, field
from typing import Literal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dexsim2real_policy.codec import decode, encode
from dexsim2real_policy.errors import PolicyError


@dataclass(frozen=True)
class Inner:
    scale: tuple[float, ...]
    size: tuple[int, int] = (1, 2)


@dataclass(frozen=True)
class Outer:
    inner: Inner
    name: str | None
    kind: Literal["a", "b"]
    table: dict[str, Inner] = field(default_factory=dict)


@given(
    scale=st.lists(st.floats(allow_nan=False, allow_infinity=False)),
    name=st.none() | st.text(),
    keys=st.lists(st.text()),
)
def test_every_digit_comes_back(scale: list[float], name: str | None, keys: list[str]):
    value = Outer(Inner(tuple(scale)), name, "b", {key: Inner((0.1,)) for key in keys})
    assert decode(Outer, json.loads(json.dumps(encode(value)))) == value


def tree(**change: object) -> dict:
    return {"inner": {"scale": [1], "size": [3, 4]}, "name": None, "kind": "a", "table": {}, **change}


def test_whole_numbers_are_fine_for_floats():
    assert decode(Outer, tree()) == Outer(Inner((1.0,), (3, 4)), None, "a")


@pytest.mark.parametrize(
    ("data", "message"),
    [
        (tree(extra=1), r"lacks \[\] and has unknown \['extra'\]"),
        ({"inner": {}}, r"lacks \['kind', 'name', 'table'\]"),
        (tree(kind="c"), "contract.kind is 'c', expected 'a' or 'b'"),
        (tree(name=3), "contract.name is 3, expected str"),
        (tree(inner={"scale": [1, "x"], "size": [1, 2]}), r"contract.inner.scale\[1\] is 'x', expected float"),
        (tree(inner={"scale": [True], "size": [1, 2]}), r"contract.inner.scale\[0\] is True, expected float"),
        (tree(inner={"scale": [1], "size": [1]}), r"contract.inner.size is \[1\], expected a list of 2"),
        (tree(inner={"scale": 1, "size": [1, 2]}), "contract.inner.scale is 1, expected a list"),
        (tree(table=[]), r"contract.table is \[\], expected an object"),
        (tree(inner="x" * 99), "contract.inner is 'xxx.*xx..., expected an object"),
    ],
)
def test_anything_else_is_refused_with_its_path(data: dict, message: str):
    with pytest.raises(PolicyError, match=message):
        decode(Outer, data)
