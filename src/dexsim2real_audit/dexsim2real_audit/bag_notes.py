"""What a recording says of its own holes."""

from __future__ import annotations

import json
from collections.abc import Mapping

DROPPED_NOTE = "dropped_messages"
LOST_NOTE = "lost_messages"
"""Kept with the bag as JSON: how many messages, by topic."""
_WORDS = {DROPPED_NOTE: "dropped by the recorder", LOST_NOTE: "lost on the way to the recorder"}


def holes(notes: Mapping[str, str]) -> list[str]:
    """Each hole in words, from the texts that were kept with a bag; a note that cannot be read is said as well."""
    found = []
    for note, words in _WORDS.items():
        try:
            counts = json.loads(notes.get(note, "{}"))
            found += [f"{topic}: {int(count)} messages {words}" for topic, count in counts.items()]
        except (ValueError, TypeError, AttributeError):
            found.append(f"the note {note} cannot be read: {notes[note]!r}")
    return found
