import pytest

from dexsim2real_audit.verdicts import agree, ask_verdicts, file_of, judges_in, read_verdicts, write_verdicts
from dexsim2real_description import DexSim2RealError

TRIALS = ("trial_1", "trial_2", "trial_3")


def table(path, text):
    path.write_text(text)
    return path


def test_read_and_write(tmp_path):
    path = file_of(tmp_path, "ann")
    verdicts = {"trial_1": True, "trial_2": False}
    write_verdicts(path, verdicts)
    assert read_verdicts(path, TRIALS) == verdicts
    assert judges_in(tmp_path) == ["ann"]


def test_the_words_people_write(tmp_path):
    text = "trial, verdict, note\ntrial_1, Success, fine\ntrial_2,0,\ntrial_3,s,dropped once\n"
    found = read_verdicts(table(tmp_path / "a.csv", text), TRIALS)
    assert found == {"trial_1": True, "trial_2": False, "trial_3": True}


def test_a_spreadsheets_mark_at_the_beginning(tmp_path):
    (tmp_path / "a.csv").write_bytes(b"\xef\xbb\xbftrial,verdict\ntrial_1,1\n")
    assert read_verdicts(tmp_path / "a.csv", TRIALS) == {"trial_1": True}


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("trial,result\ntrial_1,s\n", "needs the columns trial and verdict"),
        ("trial,verdict\ntrial_9,s\n", "line 2: the plan has no trial 'trial_9'"),
        ("trial,verdict\ntrial_1,s\ntrial_1,f\n", "line 3: trial_1 is judged a second time"),
        ("trial,verdict\ntrial_1,perhaps\n", "line 2: 'perhaps' is no verdict"),
        ("trial,verdict\ntrial_1\n", "line 2: '' is no verdict"),
    ],
)
def test_bad_tables(tmp_path, text, message):
    with pytest.raises(DexSim2RealError, match=message):
        read_verdicts(table(tmp_path / "a.csv", text), TRIALS)


def test_no_table(tmp_path):
    with pytest.raises(DexSim2RealError, match="cannot read"):
        read_verdicts(tmp_path / "none.csv", TRIALS)


@pytest.mark.parametrize("judge", ["", "../key", "a b"])
def test_names_that_make_no_file(tmp_path, judge):
    with pytest.raises(DexSim2RealError, match="letters, digits"):
        file_of(tmp_path, judge)


def test_asking_can_be_interrupted_and_goes_on(tmp_path):
    path = file_of(tmp_path, "ann")
    answers = iter(["s", "what?", "f", ""])
    assert ask_verdicts(path, TRIALS, lambda _: next(answers)) == {"trial_1": True, "trial_2": False}
    asked = []

    def ask(name):
        asked.append(name)
        return "s"

    assert ask_verdicts(path, TRIALS, ask)["trial_3"]
    assert asked == ["trial_3"]
    assert read_verdicts(path, TRIALS) == {"trial_1": True, "trial_2": False, "trial_3": True}


def test_two_judges():
    """They agree on two of four: observed 0.5, chance 0.5 x 0.5 + 0.5 x 0.5, kappa 0."""
    first = {"a": True, "b": True, "c": False, "d": False, "only first": True}
    second = {"a": True, "b": False, "c": True, "d": False}
    both = agree(first, second)
    assert both.verdicts == {"a": True, "b": False, "c": False, "d": False}
    assert both.disputed == ("b", "c")
    assert both.kappa == 0.0
    with pytest.raises(DexSim2RealError, match="same trials"):
        agree({"a": True}, {"b": True})
