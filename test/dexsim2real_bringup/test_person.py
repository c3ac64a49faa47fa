"""A person's lines, from a pipe and from a terminal."""

import os
import pty
import tty

from dexsim2real_bringup.person import Person


def test_lines_come_one_by_one_and_never_keep_us_waiting():
    here, there = os.pipe()
    person = Person(here)
    assert person.line() is None and not person.gone
    os.write(there, b"first \nsecond\nha")
    assert [person.line(), person.line(), person.line()] == ["first", "second", None]
    person.forget()  # what is piped in waits for its question
    os.write(there, b"lf\n")
    assert person.line() == "half"
    os.close(there)
    assert person.line() is None and person.gone
    os.close(here)


def test_what_was_typed_before_it_was_asked_for_is_no_answer():
    master, terminal = pty.openpty()
    tty.setcbreak(terminal)
    person = Person(terminal)
    os.write(master, b"\n")  # Enter while the robot still moves must not let the policy go
    person.forget()
    assert person.line() is None
    os.write(master, b"s\n")
    assert person.line() == "s"
    os.close(master)
    os.close(terminal)
