"""Filling together, layer by layer, and surprise: against answers got one by one from `Bert` itself."""

import numpy as np
import pytest
from scipy.special import softmax

from bert_tf.filling import FillingLab


@pytest.fixture(scope="module")
def lab(tiny_bert):
    return FillingLab(tiny_bert)


def chance(bert, text, number, token):
    """p(token) at a [MASK] of a text, asked for alone."""
    candidates = bert.fill_mask(text, top_k=bert.tokenizer.vocab_size)[number]
    return next(c.probability for c in candidates if c.token == token)


def plain(token):
    return not token.startswith("##") and token.isalnum()


def test_the_fit_of_a_filling_is_that_of_its_pieces_hidden_one_by_one(lab, tiny_bert):
    for filling in lab.together("the [MASK] sat on [MASK] mat", beam=12, top_k=12):
        first, second = filling.tokens
        if plain(first) and plain(second):
            expected = (np.log(chance(tiny_bert, f"the [MASK] sat on {second} mat", 0, first))
                        + np.log(chance(tiny_bert, f"the {first} sat on [MASK] mat", 0, second)))
            assert filling.fit == pytest.approx(expected, abs=1e-3)
            break
    else:
        pytest.fail("no filling could be written as text")


def test_with_a_beam_that_holds_everything_the_search_finds_the_best_chain(lab, tiny_bert):
    text = "the [MASK] sat on [MASK] mat"
    size = tiny_bert.tokenizer.vocab_size
    both = [dict((c.token_id, c.probability) for c in answers) for answers in tiny_bert.fill_mask(text, top_k=size)]
    surest = int(max(both[1].values()) > max(both[0].values()))
    found = lab.together(text, beam=size, top_k=size)
    chains = {filling.token_ids: filling.chain for filling in found}
    for filling in found[:3]:  # the surest blank is filled first, from the text as it stands
        piece = filling.token_ids[surest]
        assert filling.chain <= np.log(both[surest][piece]) + 1e-4
    assert len(chains) == len(found) == size
    assert [f.fit for f in found] == sorted((f.fit for f in found), reverse=True)


def test_as_many_fillings_come_as_are_asked_for(lab):
    found = lab.together("the [MASK] sat on [MASK] mat", beam=2, top_k=20)
    assert len({filling.token_ids for filling in found}) == 20


def test_a_single_blank_is_filled_as_ever(lab, tiny_bert):
    found = lab.together("我 [MASK] 苹果", beam=5, top_k=5)
    expected = tiny_bert.fill_mask("我 [MASK] 苹果", top_k=5)[0]
    assert [f.tokens[0] for f in found] == [c.token for c in expected]
    for filling, candidate in zip(found, expected):
        assert filling.chain == pytest.approx(np.log(candidate.probability), abs=1e-4)
        assert filling.fit == pytest.approx(filling.chain, abs=1e-4)


def test_one_at_a_time_knows_nothing_of_the_others(lab, tiny_bert):
    text = "[MASK] cat [MASK] [MASK] mat"
    filling = lab.one_at_a_time(text)
    answers = tiny_bert.fill_mask(text, top_k=1)
    assert filling.tokens == tuple(a[0].token for a in answers)
    assert filling.chain == pytest.approx(sum(np.log(a[0].probability) for a in answers), abs=1e-3)


def test_surprise_hides_every_token_by_itself(lab, tiny_bert):
    text = "the cat sat"
    found = lab.surprise(text)
    expected = [np.log(chance(tiny_bert, hidden, 0, word)) for hidden, word in (
        ("[MASK] cat sat", "the"), ("the [MASK] sat", "cat"), ("the cat [MASK]", "sat"))]
    assert found.positions == [1, 2, 3]
    np.testing.assert_allclose(found.log_probabilities, expected, atol=1e-4)
    assert found.total == pytest.approx(sum(expected), abs=1e-3)
    assert found.perplexity == pytest.approx(np.exp(-np.mean(expected)), rel=1e-3)
    assert found.best[1].token == tiny_bert.fill_mask("the [MASK] sat", top_k=1)[0][0].token


def test_surprise_of_a_pair_and_of_many_tokens(lab, tiny_bert):
    assert len(lab.surprise("the cat sat.", "a dog.").positions) == 7
    assert len(lab.surprise("a b " * 20).positions) == 40  # more than one batch


def test_every_layer_answers_through_the_head(lab, tiny_bert):
    text = "the [MASK] sat on [MASK] mat"
    found = lab.by_layer(text, top_k=3)
    assert len(found) == 2 and all(len(layers) == 3 for layers in found)
    last = tiny_bert.fill_mask(text, top_k=3)
    for layers, candidates in zip(found, last):
        assert [c.token for c in layers[-1]] == [c.token for c in candidates]
        assert layers[-1][0].probability == pytest.approx(candidates[0].probability, abs=1e-5)
    states = tiny_bert.trace(text).hidden_states[1, [2, 5]]  # (P, H) after the first block
    logits = np.asarray(tiny_bert.model.mlm_head(states[None]))[0]
    expected = softmax(logits, axis=1).argmax(axis=1)
    assert [layers[1][0].token_id for layers in found] == expected.tolist()


def test_what_cannot_be_asked(lab, tiny_bert, monkeypatch):
    for ask in (lab.together, lab.one_at_a_time, lab.by_layer):
        with pytest.raises(ValueError, match=r"no \[MASK\]"):
            ask("the cat")
    with pytest.raises(ValueError, match="no word"):
        lab.surprise("[MASK]")
    with pytest.raises(ValueError, match="beam"):
        lab.together("[MASK]", beam=0)
    monkeypatch.setattr(tiny_bert, "_parts", {"pooler"})
    with pytest.raises(ValueError, match="without the head"):
        FillingLab(tiny_bert)
