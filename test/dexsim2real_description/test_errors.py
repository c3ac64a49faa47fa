"""The shared base error and the wording of an unknown name."""

import pytest

from dexsim2real_description import DexSim2RealError, UnknownNameError


def test_message_lists_valid_names_sorted_and_suggests_the_nearest() -> None:
    error = UnknownNameError("arm", "pandas", ["panda", "fr3"])
    assert str(error) == "unknown arm 'pandas'. Did you mean 'panda'? Valid: fr3, panda"


def test_no_suggestion_where_nothing_is_near() -> None:
    assert str(UnknownNameError("hand", "shadow", ["v4", "v5"])) == "unknown hand 'shadow'. Valid: v4, v5"


def test_a_name_need_not_be_text() -> None:
    assert str(UnknownNameError("hand", 4, ["v4"])).startswith("unknown hand 4.")


@pytest.mark.parametrize("base", [DexSim2RealError, KeyError])
def test_it_is_both_a_user_error_and_a_key_error(base: type[Exception]) -> None:
    with pytest.raises(base):
        raise UnknownNameError("task", "x", [])
