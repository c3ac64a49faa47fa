"""How episodes of a sub-skill ended well: real states of the simulator, from which the next sub-skill begins."""

from __future__ import annotations

import base64
import io
from collections import deque
from zipfile import BadZipFile

import numpy as np

from dexsim2real_dr.errors import CurriculumError
from dexsim2real_sim.snapshot import Snapshot, pack, unpack


class StateBuffer:
    """The last so many states."""

    def __init__(self, capacity: int) -> None:
        self._states: deque[Snapshot] = deque(maxlen=capacity)

    def __len__(self) -> int:
        return len(self._states)

    def add(self, state: Snapshot) -> None:
        """Take a state in; the oldest goes if there is no room."""
        self._states.append(state)

    def draw(self, rng: np.random.Generator) -> Snapshot:
        """Any of the states."""
        return self._states[int(rng.integers(len(self._states)))]

    def dump(self) -> str:
        """All states as text: a numpy archive in base 64."""
        file = io.BytesIO()
        np.savez_compressed(file, allow_pickle=False, **pack(list(self._states)))
        return base64.b64encode(file.getvalue()).decode()

    def load(self, text: str, size: int) -> None:
        """Hold the states of `dump` in place of the present ones.

        Raises CurriculumError if they are damaged, or of a simulator whose state does not have this size.
        """
        try:
            with np.load(io.BytesIO(base64.b64decode(text)), allow_pickle=False) as archive:
                states = unpack(dict(archive))
        except (ValueError, KeyError, OSError, BadZipFile) as error:  # base64's error is a ValueError
            raise CurriculumError(f"the states to begin from are damaged: {error}; train anew") from error
        for state in states:
            if state.physics.shape != (size,):
                raise CurriculumError(
                    f"the states to begin from have {state.physics.size} numbers, the simulator's {size}: they are of "
                    "another cell or version; train anew"
                )
        self._states.clear()
        self._states.extend(states)
