"""Naming heads by what they do: shares worked out by hand, and heads built to play one part."""

import numpy as np
import pytest

from bert_tf.head_roles import PLACES, head_roles, roles_of, targets, word_numbers

TOKENS = "[CLS] the cat play ##s the cat [SEP]".split()
SPECIAL = np.array([True, *[False] * 6, True])
COUNT = len(TOKENS)


def head(looks_at: dict[int, int], share: float) -> np.ndarray:
    """A head (T, T) that gives `share` of each row to one token and the rest to the seven others alike."""
    weights = np.full((COUNT, COUNT), (1 - share) / (COUNT - 1))
    for row in range(COUNT):
        weights[row, looks_at[row]] = share
    return weights


ROWS = range(COUNT)
PLAYERS = {
    "previous": head({i: max(i - 1, 0) for i in ROWS}, 0.8),
    "next": head({i: min(i + 1, COUNT - 1) for i in ROWS}, 0.8),
    "first": head({i: 0 for i in ROWS}, 0.8),
    "separator": head({i: COUNT - 1 for i in ROWS}, 0.8),
    "same_word": head({0: 0, 1: 5, 2: 6, 3: 4, 4: 3, 5: 1, 6: 2, 7: 7}, 0.8),
    "broad": np.full((COUNT, COUNT), 1 / COUNT),
    "mixed": head({0: 0, 1: 4, 2: 4, 3: 6, 4: 1, 5: 2, 6: 3, 7: 7}, 0.9),
}


@pytest.mark.parametrize("role", PLAYERS)
def test_a_head_built_for_a_part_gets_its_name(role):
    named = roles_of(PLAYERS[role][None, None], TOKENS, SPECIAL)
    assert named.roles.tolist() == [[role]]
    expected = 0.8 if role in PLACES else named.breadth[0, 0]
    # "the" is the one word whose previous token is [CLS], and the second "cat" whose next is [SEP]: all still 0.8
    assert named.measure(0, 0) == pytest.approx(expected)


def test_shares_by_hand():
    weights = np.array([[1.0, 0.0, 0.0], [0.5, 0.25, 0.25], [0.0, 0.0, 1.0]])
    named = roles_of(weights[None, None], ["[CLS]", "x", "[SEP]"], np.array([True, False, True]))
    shares = {name: float(share[0, 0]) for name, share in named.shares.items()}
    assert (shares["previous"], shares["next"], shares["first"], shares["separator"]) == (0.5, 0.25, 0.5, 0.25)
    assert np.isnan(shares["same_word"]) and np.isnan(named.chance["same_word"])
    assert named.chance["first"] == pytest.approx(1 / 3)
    assert named.breadth[0, 0] == pytest.approx(1.5 / np.log2(3))  # 1/2, 1/4, 1/4 have 1.5 bits
    assert named.roles[0, 0] == "previous"  # 1/2 is 1.5 times a third; the first of equal places wins
    assert named.measure(0, 0) == 0.5


def test_only_words_look():
    lively = PLAYERS["previous"].copy()
    lively[[0, -1]] = np.eye(COUNT)[0]  # whatever [CLS] and [SEP] do
    for name in PLACES:
        assert (roles_of(lively[None, None], TOKENS, SPECIAL).shares[name]
                == roles_of(PLAYERS["previous"][None, None], TOKENS, SPECIAL).shares[name]).all()
    nothing_else = roles_of(np.full((1, 1, 2, 2), 0.5), ["[CLS]", "[SEP]"], np.array([True, True]))
    assert nothing_else.roles[0, 0] == "broad"


def test_same_word_is_other_pieces_and_other_occurrences():
    assert word_numbers(TOKENS) == [0, 1, 2, 3, 3, 1, 2, 4]
    assert word_numbers(["##s", "a", "##b", "##s"]) == [0, 1, 1, 1]
    assert word_numbers(["a", "##b", "a"]) == [0, 0, 1]  # "ab" and "a" are two words
    same = targets(TOKENS, SPECIAL)["same_word"]
    assert [np.flatnonzero(row).tolist() for row in same] == [[], [5], [6], [4], [3], [1], [2], []]


def test_many_heads_at_once_and_a_real_trace(tiny_bert):
    trace = tiny_bert.trace("the cat sat on the mat.", "我 爱 苹果。")
    named = head_roles(trace)
    assert named.roles.shape == named.breadth.shape == (2, 4)
    special = np.array([token in ("[CLS]", "[SEP]") for token in trace.tokens])
    rows = trace.attentions[1, 2][~special]
    assert named.shares["separator"][1, 2] == pytest.approx(
        rows[:, [token == "[SEP]" for token in trace.tokens]].sum(1).mean(), abs=1e-6)
    entropy = -(rows * np.log2(rows)).sum(1).mean()
    assert named.breadth[1, 2] == pytest.approx(entropy / np.log2(len(trace.tokens)), abs=1e-5)


def test_what_cannot_be_measured():
    with pytest.raises(ValueError, match="3 tokens"):
        roles_of(np.full((1, 1, 2, 2), 0.5), ["a", "b", "c"], np.zeros(3))
    with pytest.raises(ValueError, match="sum to 1"):
        roles_of(np.full((1, 1, 2, 2), 0.9), ["a", "b"], np.zeros(2))
    with pytest.raises(ValueError, match="sum to 1"):
        roles_of(np.full((1, 1, 2, 2), np.nan), ["a", "b"], np.zeros(2))
