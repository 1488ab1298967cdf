"""Hiding words and bringing them back."""

import pytest

from ui.blanks import flip, realign


def test_there_and_back():
    text, hidden = flip("The cat sat.", (4, 7), [], [])
    assert (text, hidden) == ("The [MASK] sat.", ["cat"])
    text, hidden = flip(text, (0, 3), hidden, [])
    assert (text, hidden) == ("[MASK] [MASK] sat.", ["The", "cat"])
    text, hidden = flip(text, (7, 13), hidden, ["a", "dog"])
    assert (text, hidden) == ("[MASK] cat sat.", ["The"])  # what was there, not what the model thinks
    assert flip(text, (0, 6), hidden, ["a"]) == ("The cat sat.", [])


@pytest.mark.parametrize("text, span, fillers, opened", [
    ("the [MASK] sat", (4, 10), ["cat"], "the cat sat"),
    ("play [MASK] now", (5, 11), ["##ing"], "playing now"),  # a piece joins the word before it
    ("the [MASK] sat", (4, 10), [], "the  sat"),  # a model that predicts no words
])
def test_a_typed_mask_opens_with_the_best_guess(text, span, fillers, opened):
    assert flip(text, span, [None], fillers) == (opened, [])


@pytest.mark.parametrize("old, new, hidden, kept", [
    ("a [MASK] b", "a [MASK] b", ["x"], ["x"]),
    ("a [MASK] b", "a [MASK] bc", ["x"], ["x"]),  # typed behind it
    ("a [MASK] b", "aa [MASK] b", ["x"], ["x"]),  # typed before it
    ("a [MASK] b", "a [MASK] b [MASK]", ["x"], ["x", None]),
    ("a [MASK] b", "[MASK] a [MASK] b", ["x"], [None, "x"]),
    ("[MASK] a [MASK]", "[MASK] a", ["x", "y"], ["x"]),
    ("[MASK] a [MASK]", "a [MASK]", ["x", "y"], ["y"]),
    ("[MASK] a [MASK]", "[MASK] b [MASK]", ["x", "y"], ["x", "y"]),
    ("[MASK][MASK]", "[MASK]", ["x", "y"], ["x"]),
    ("a [MASK] b", "quite another [MASK] text", ["x"], [None]),
    ("a [MASK] b", "no blank", ["x"], []),
    ("", "[MASK] of [MASK]", [], [None, None]),
    ("a [MASK]", "a [MASK]", [], [None]),  # nothing is known about it
])
def test_what_is_known_survives_editing(old, new, hidden, kept):
    assert realign(old, new, hidden) == kept
