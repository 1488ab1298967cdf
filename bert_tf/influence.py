"""Which words an answer rests on: each is hidden behind [MASK] in turn, and the model looks again.

English words are hidden whole, Chinese ones as jieba cuts them. What two words do only together (each alone would do) is
not seen this way. Source: Li, Monroe and Jurafsky 2016, "Understanding Neural Networks through Representation Erasure".
Letters in shapes: T tokens, W words, R rows.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache

import numpy as np

from bert_tf.data.words import WordMarker
from bert_tf.explore import Bert
from bert_tf.logits import log_sum_exp, softmax
from bert_tf.results import Encoding, Influence, WordInfluence
from bert_tf.tokenizer import WordPieceTokenizer
from bert_tf.variants import run_variants


def influence_on_blanks(bert: Bert, text: str, text_b: str | None = None) -> list[Influence]:
    """Says which words the best answer at each [MASK] rests on; other [MASK] stay hidden.

    Raises:
        ValueError: no [MASK] in what the model reads, no masked-word head, or an empty text.

    Example: `influence_on_blanks(bert, "She drank a cup of [MASK].")[0].words`
    """
    answers = bert.fill_mask(text, text_b, top_k=1)  # refuses what cannot be asked
    encoding = bert.encode(text, text_b)
    blanks = np.flatnonzero(encoding.token_ids == bert.tokenizer.mask_token_id).tolist()
    words, rows = hidden_words(encoding, bert.tokenizer)
    logits = run_variants(bert, encoding, rows, [blanks] * len(rows))["mlm_logits"]  # (1+W, P, V)
    return [weighed((text, text_b), encoding, words, logits[:, number, :bert.tokenizer.vocab_size], best.token_id,
                    best.token) for number, (best,) in enumerate(answers)]


def influence_on_pair(bert: Bert, text_a: str, text_b: str) -> Influence:
    """Says which words speak for and against the second text following the first; the label is "is next".

    Raises:
        ValueError: no next-sentence head, or an empty text.
    """
    encoding = bert.next_sentence(text_a, text_b).encoding
    words, rows = hidden_words(encoding, bert.tokenizer)
    logits = run_variants(bert, encoding, rows, [[0]] * len(rows))["nsp_logits"]  # (1+W, 2)
    return weighed((text_a, text_b), encoding, words, logits, 0, "is next")


def words_of(encoding: Encoding, tokenizer: WordPieceTokenizer) -> list[list[int]]:
    """Returns the positions of every word's pieces; [CLS], [SEP] and [MASK] belong to none."""
    goes_on = _marker(tokenizer).continues(encoding.token_ids)
    words: list[list[int]] = []
    for position, (start, end) in enumerate(encoding.offsets):
        if end == start or encoding.token_ids[position] == tokenizer.mask_token_id:
            continue
        if goes_on[position] and words and words[-1][-1] == position - 1:
            words[-1].append(position)
        else:
            words.append([position])
    return words


@lru_cache(maxsize=4)
def _marker(tokenizer: WordPieceTokenizer) -> WordMarker:
    return WordMarker(tokenizer.vocab)  # it looks at every piece, which is not to be done at every letter typed


def hidden_words(encoding: Encoding, tokenizer: WordPieceTokenizer) -> tuple[list[list[int]], np.ndarray]:
    """Finds the words of an encoding and hides each of them.

    Returns:
        `words_of` it, and token ids int32 (1+W, T): nothing hidden, then one word each.
    """
    words = words_of(encoding, tokenizer)
    rows = np.repeat(encoding.token_ids[None], 1 + len(words), axis=0)
    for row, positions in zip(rows[1:], words):
        row[positions] = tokenizer.mask_token_id
    return words, rows


def weighed(texts: Sequence[str | None], encoding: Encoding, words: list[list[int]], logits: np.ndarray, chosen: int,
            label: str) -> Influence:
    """Compares scores without each word to those with all of them.

    Args:
        texts: the text, and the second one or None.
        encoding: of the texts.
        words: positions of every word's pieces.
        logits: float (1+W, C), the scores of C labels, nothing hidden first.
        chosen: the label looked at.
        label: its name.
    """
    odds, probabilities = _log_odds(logits, chosen), softmax(logits)[:, chosen]
    found = []
    for number, positions in enumerate(words, 1):
        which = int(encoding.segment_ids[positions[0]])
        start, end = encoding.offsets[positions[0]][0], encoding.offsets[positions[-1]][1]
        found.append(WordInfluence(texts[which][start:end], which, start, end, float(probabilities[number]),
                                   float(odds[0] - odds[number])))
    return Influence(label, float(probabilities[0]), found)


def _log_odds(logits: np.ndarray, label: int) -> np.ndarray:
    """Returns ln(p / (1 - p)) of a label from scores (R, C), exact where p is nearly 0 or 1: (R,)."""
    return logits[:, label] - log_sum_exp(np.delete(logits, label, axis=1))
