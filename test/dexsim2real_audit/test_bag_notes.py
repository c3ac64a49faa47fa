"""Holes of a recording in words."""

from dexsim2real_audit.bag_notes import holes


def test_every_topic_with_a_hole_is_named_with_its_count():
    notes = {"dropped_messages": '{"/touch/points": 3}', "lost_messages": '{"/a": 1, "/b": 2}', "other": "text"}
    assert holes(notes) == [
        "/touch/points: 3 messages dropped by the recorder",
        "/a: 1 messages lost on the way to the recorder",
        "/b: 2 messages lost on the way to the recorder",
    ]
    assert holes({}) == []


def test_a_note_that_cannot_be_read_is_said():
    for text in ("{", "[1]", '{"/a": "many"}', '{"/a": null}'):
        assert holes({"lost_messages": text}) == [f"the note lost_messages cannot be read: {text!r}"]
