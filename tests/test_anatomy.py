"""One example taken apart: fates against what was fed, losses by hand."""

import tempfile
from pathlib import Path

import numpy as np
import pytest

from bert_tf.training.anatomy import cost_of, draw_examples, embedding_parts

TEXT = ("the cat sat on the mat .\nthe dog sat by the river .\ni went to the bank .\n\nwe read a good book .\n"
        "it was a bright day .\nthe sun was bright .\n\n他 们 去 北 京 .\n天 空 很 亮 .\n太 阳 升 起 .\n") * 4


def draws(tokenizer, count=400, **options):
    return draw_examples(TEXT, tokenizer, count=count, draw=0, sequence_length=32, **options)


def test_fates_say_what_happened(tiny_bert):
    tokenizer = tiny_bert.tokenizer
    examples = draws(tokenizer)
    shares = {"mask": 0, "random": 0, "kept": 0}
    for example in examples:
        assert len(example.chosen) == min(5, max(1, round(0.15 * len(example.tokens))))
        for i, fate in enumerate(example.fates):
            same = example.token_ids[i] == example.original_ids[i]
            assert same == (fate in (None, "kept")) and (example.tokens[i] == "[MASK]") == (fate == "mask")
            if fate:
                shares[fate] += 1
        assert example.original[0] == "[CLS]" and example.original[-1] == "[SEP]" and "[MASK]" not in example.original
    total = sum(shares.values())
    assert shares["mask"] / total == pytest.approx(0.8, abs=0.04)
    assert shares["random"] / total == pytest.approx(0.1, abs=0.03)
    assert 0.4 < np.mean([example.is_next for example in examples]) < 0.6


def test_an_example_of_unknown_characters_alone_costs_nothing_and_says_so(tiny_bert):
    example = draw_examples("😀\n😀 😀\n\n😀\n😀", tiny_bert.tokenizer, count=1, draw=0, sequence_length=16)[0]
    with pytest.raises(ValueError, match="Nothing can be predicted in this pair"):
        cost_of(example, tiny_bert.model, tiny_bert.tokenizer)


@pytest.mark.skipif(not Path("/proc/self/maps").exists(), reason="Linux alone says which files are mapped")
@pytest.mark.parametrize("whole_words", [False, True])
def test_no_file_is_mapped_when_the_folder_goes(tiny_bert, monkeypatch, whole_words):
    class Watched(tempfile.TemporaryDirectory):
        def __exit__(self, *error):
            left.append(self.name in Path("/proc/self/maps").read_text())
            super().__exit__(*error)

    left = []
    monkeypatch.setattr(tempfile, "TemporaryDirectory", Watched)
    draws(tiny_bert.tokenizer, 1, whole_words=whole_words)
    assert left == [False]


def test_the_same_draw_is_the_same_and_another_is_not(tiny_bert):
    first, again = draws(tiny_bert.tokenizer, 4), draws(tiny_bert.tokenizer, 4)
    other = draw_examples(TEXT, tiny_bert.tokenizer, count=4, draw=1, sequence_length=32)
    assert [example.tokens for example in first] == [example.tokens for example in again]
    assert [example.tokens for example in first] != [example.tokens for example in other]


def test_the_cost_is_what_the_model_itself_computes_in_training(tiny_bert):
    for example in draws(tiny_bert.tokenizer, 6):
        cost = cost_of(example, tiny_bert.model, tiny_bert.tokenizer)
        count = len(example.chosen)
        x = {"token_ids": example.token_ids, "segment_ids": example.segment_ids,
             "padding_mask": np.ones_like(example.token_ids), "mask_positions": np.array(example.chosen)}
        y = {"mask_ids": example.original_ids[example.chosen], "mask_weights": np.ones(count, np.float32),
             "next_labels": np.array(0 if example.is_next else 1)}
        x, y = ({key: value[None] for key, value in part.items()} for part in (x, y))
        loss = tiny_bert.model.compute_loss(x, y, tiny_bert.model(x, training=False))
        assert cost.loss == pytest.approx(float(loss), abs=1e-4)
        assert cost.mlm_loss == pytest.approx(np.mean([-np.log(guess.probability) for guess in cost.guesses]), abs=1e-4)
        assert all(guess.candidates[0].probability >= guess.probability for guess in cost.guesses)


def test_the_three_vectors_add_up_to_what_the_first_block_gets(tiny_bert):
    example = draws(tiny_bert.tokenizer, 1)[0]
    hidden = tiny_bert.model.encoder.embeddings(example.token_ids[None], example.segment_ids[None])
    for position in (0, 3, len(example.tokens) - 1):
        parts = embedding_parts(example, tiny_bert.model, position)
        np.testing.assert_allclose(parts["token"] + parts["position"] + parts["segment"], parts["sum"], atol=1e-6)
        np.testing.assert_allclose(parts["normed"], np.asarray(hidden)[0, position], atol=1e-5)


def test_whole_words_are_chosen_whole(tiny_bert):
    from itertools import groupby

    text = "reading books in the sky .\nthe rained sky was good .\n\nhe goed to the bookes .\nshe skying .\n" * 5
    examples = draw_examples(text, tiny_bert.tokenizer, count=60, draw=3, sequence_length=24, whole_words=True)
    whole = cut = 0
    for example in examples:
        words, number = [], -1
        for token in example.original:
            number += not token.startswith("##")
            words.append(number)
        for _, pieces in groupby(range(len(words)), key=words.__getitem__):
            fates = [example.fates[i] is not None for i in pieces]
            whole, cut = whole + (len(fates) > 1 and all(fates)), cut + (any(fates) and not all(fates))
    assert whole > 20 and cut < whole / 5  # a long word at the end of what fits may be cut


@pytest.mark.parametrize("text", ["one", "\n\n", "😀\n\n😀"])
def test_text_without_pairs_is_refused_without_naming_our_folders(tiny_bert, text):
    with pytest.raises(ValueError) as refused:
        draw_examples(text, tiny_bert.tokenizer, count=1, draw=0, sequence_length=16)
    assert "/tmp" not in str(refused.value)
