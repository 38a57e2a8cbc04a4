"""The suggested colour of a warning."""

import pytest

from early_warning.colours import Colour, Office, Part, Suggestion, suggest

TABLE = [
    (Office.LEADERSHIP, Part.OTHER, Colour.RED),
    (Office.HEAD, Part.OTHER, Colour.ORANGE),
    (Office.KEY_POST, Part.OTHER, Colour.YELLOW),
    (Office.KEY_POST, Part.FEES, Colour.ORANGE),
    (Office.KEY_POST, Part.LICENCE_FINANCE_LOGISTICS, Colour.RED),
    (Office.HEAD, Part.LICENCE_FINANCE_LOGISTICS, Colour.RED),
]


@pytest.mark.parametrize(("office", "part", "colour"), TABLE)
def test_colour_of_two_scales_is_the_graver(office: Office, part: Part, colour: Colour) -> None:
    assert suggest(office=office, part=part).colour == colour


def test_colour_when_repeated_goes_one_up() -> None:
    assert suggest(office=Office.KEY_POST, part=Part.OTHER, repeated=True) == Suggestion(
        Colour.ORANGE, "对象为重要岗位，事项为其他工作，取其重者；同类问题重复出现，提高一级。"
    )


def test_colour_when_repeated_stays_red_at_the_top() -> None:
    assert suggest(office=Office.LEADERSHIP, part=Part.OTHER, repeated=True).colour == Colour.RED
