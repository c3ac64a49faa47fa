"""All parameters in one table, and the space they span."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Set

import numpy as np
from numpy.typing import NDArray

from dexsim2real_description import UnknownNameError
from dexsim2real_sim.parameters import actuation, contact, objects, observation, touch, visual
from dexsim2real_sim.parameters.fields import Ids, ModelFields
from dexsim2real_sim.parameters.parameter import Parameter

Array = NDArray[np.float64]

PARAMETERS: dict[str, Parameter] = {
    parameter.name: parameter
    for group in (contact, objects, actuation, touch, observation, visual)
    for parameter in group.PARAMETERS
}
"""Every parameter by name, in the order they are applied."""

NAMES: tuple[str, ...] = tuple(PARAMETERS)


def parameter(name: str) -> Parameter:
    """The parameter of that name. Raises UnknownNameError, which lists the valid names."""
    if name not in PARAMETERS:
        raise UnknownNameError("parameter", name, PARAMETERS)
    return PARAMETERS[name]


def check_values(values: Mapping[str, float]) -> None:
    """Raise UnknownNameError or DexSim2RealError unless every name exists and every value is inside its bounds."""
    for name, value in values.items():
        parameter(name).check(value)


def names_of(factors: Iterable[str]) -> tuple[str, ...]:
    """Names of the parameters of these factors. Raises UnknownNameError for a factor that no parameter has."""
    known = {p.factor for p in PARAMETERS.values()}
    wanted = set(factors)
    for factor in wanted:
        if factor not in known:
            raise UnknownNameError("factor", factor, known)
    return tuple(p.name for p in PARAMETERS.values() if p.factor in wanted)


class ParameterValues:
    """The value of every parameter in every environment, and their effect on the model."""

    def __init__(self, fields: ModelFields, num_envs: int) -> None:
        self._fields = fields
        self._columns = {name: i for i, name in enumerate(NAMES)}
        nominal = np.array([p.nominal for p in PARAMETERS.values()])
        self.table: Array = np.tile(nominal, (num_envs, 1))
        """Current values, shape (N, parameters), columns as NAMES."""
        self.frame = frozenset(name for name, p in PARAMETERS.items() if p.granularity == "frame")
        """Parameters that cameras write, for one frame at a time; the others are written by `write`."""
        self._unseen = frozenset(p.name for p in visual.LOOKS)

    def __getitem__(self, name: str) -> Array:
        """Live values of one parameter, shape (N,). Raises UnknownNameError."""
        parameter(name)
        return self.table[:, self._columns[name]]

    def assign(self, env: int, values: Mapping[str, float]) -> None:
        """Set one environment to nominal but for `values`, which are checked; `write` makes them felt."""
        check_values(values)
        for name, p in PARAMETERS.items():
            value = values.get(name, p.nominal)
            self.table[env, self._columns[name]] = round(value) if p.integer else value

    def write(self, ids: Ids) -> None:
        """Apply the values of these environments to the model, whose fields hold their defaults (`restore`).

        Those that change with every camera frame are left to the cameras, and all looks until `show`.
        """
        self._write(ids, PARAMETERS.keys() - self.frame - self._unseen)

    def show(self) -> bool:
        """Write what only cameras see, from now on and in all environments; returns whether that is new."""
        looks, self._unseen = self._unseen - self.frame, frozenset()
        self._write(np.arange(len(self.table)), looks)
        return bool(looks)

    def _write(self, ids: Ids, names: Set[str]) -> None:
        for name, p in PARAMETERS.items():
            if p.write is not None and name in names:
                p.write(self._fields, ids, self.table[ids, self._columns[name]])
