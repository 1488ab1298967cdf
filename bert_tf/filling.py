"""Beyond one [MASK] at a time: blanks filled together, the answer of every layer, and how surprising a text is.

Letters in shapes: R rows at once, T tokens, P masks, L layers, V vocabulary.
"""

from __future__ import annotations

import threading
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from bert_tf.compiled import compiled
from bert_tf.explore import Bert
from bert_tf.logits import softmax
from bert_tf.padding import bucket
from bert_tf.records import require_integer
from bert_tf.results import Candidate, Encoding
from bert_tf.variants import run_variants

#: The least probability whose logarithm is taken.
TINY = 1e-30


@dataclass(frozen=True)
class Filling:
    """One way to fill all the blanks of a text.

    Attributes:
        tokens: the piece at each [MASK], in the order of the text.
        token_ids: their ids.
        chain: natural logarithm of the probability on the way there: the surest blank first, each following one
            given those before it.
        fit: sum over the blanks of ln p(piece | everything else, this filling's other pieces included): the
            pseudo-log-likelihood of the blanks, the same for whatever order they were filled in.
    """

    tokens: tuple[str, ...]
    token_ids: tuple[int, ...]
    chain: float
    fit: float


@dataclass(frozen=True)
class Surprise:
    """What a model expects at each position when that one position is hidden.

    Attributes:
        positions: the tokens that were hidden one after the other; [CLS], [SEP] and [MASK] are not among them.
        log_probabilities: float32, for each of them ln p(the piece that stands there | all others).
        best: for each of them the most probable piece.
    """

    positions: list[int]
    log_probabilities: np.ndarray
    best: list[Candidate]

    @property
    def total(self) -> float:
        """The pseudo-log-likelihood of the text, in nats (Salazar et al. 2020)."""
        return float(self.log_probabilities.sum())

    @property
    def perplexity(self) -> float:
        """exp of minus the mean: among how many equally likely pieces the model feels it has to choose."""
        return float(np.exp(-self.log_probabilities.mean()))


class FillingLab:
    """Asks one BERT. Compiles for every new shape at its first use.

    Args:
        bert: the model.

    Raises:
        ValueError: it has no masked-word head.
    """

    def __init__(self, bert: Bert):
        if not bert.has_mlm_head:
            raise ValueError(f"{bert.name} is an encoder without the head that predicts words, so it cannot fill "
                             "masks. Choose a model that was saved with its pretraining heads.")
        self.bert = bert
        self._lock = threading.Lock()

    def together(self, text: str, text_b: str | None = None, *, beam: int = 8, top_k: int = 5) -> list[Filling]:
        """Fills all blanks together, by a search that keeps several fillings alive.

        In every round each filling takes its surest open blank, where one piece is more probable than any piece in
        its other blanks, and tries the likeliest pieces there; the best `beam` fillings go on. What comes out is
        ordered by `fit`, since that does not depend on the way.

        Args:
            text, text_b: a text or a pair with one [MASK] or more.
            beam: fillings kept alive; never fewer than `top_k`.
            top_k: fillings returned, best first; fewer only where there are no more.

        Raises:
            ValueError: no [MASK], an empty text, or a number that is not positive.
        """
        require_integer("beam", beam, minimum=1)
        require_integer("top_k", top_k, minimum=1)
        beam = max(beam, top_k)
        encoding, blanks = self._blanks(text, text_b)
        states = [({}, 0.0)]  # ({blank: id}, chain)
        for _ in blanks:
            rows = np.stack([self._row(encoding, filled) for filled, _ in states])
            chances = self._probabilities(encoding, rows, [blanks] * len(states))  # (R, P, V)
            grown = {}
            for (filled, chain), chance in zip(states, chances):
                open_blanks = [i for i, blank in enumerate(blanks) if blank not in filled]
                surest = max(open_blanks, key=lambda i: chance[i].max())
                for piece in np.argsort(-chance[surest], kind="stable")[:beam].tolist():
                    after = {**filled, blanks[surest]: piece}
                    reached = chain + float(np.log(max(chance[surest][piece], TINY)))
                    key = tuple(sorted(after.items()))
                    grown[key] = max(grown.get(key, -np.inf), reached)  # two ways to one filling
            best = sorted(grown.items(), key=lambda entry: -entry[1])[:beam]
            states = [(dict(key), chain) for key, chain in best]
        fillings = [self._filling(encoding, blanks, [filled[blank] for blank in blanks], chain)
                    for filled, chain in states]
        return self._scored(encoding, blanks, fillings)[:top_k]

    def one_at_a_time(self, text: str, text_b: str | None = None) -> Filling:
        """Fills every blank with its likeliest piece, without knowing the others; scored like `together`.

        Its `chain` is the sum of the logarithms of those independent probabilities.

        Raises:
            ValueError: as `together`.
        """
        encoding, blanks = self._blanks(text, text_b)
        chances = self._probabilities(encoding, encoding.token_ids[None], [blanks])[0]  # (P, V)
        filling = self._filling(encoding, blanks, chances.argmax(axis=1).tolist(),
                                float(np.log(np.maximum(chances.max(axis=1), TINY)).sum()))
        return self._scored(encoding, blanks, [filling])[0]

    def surprise(self, text: str, text_b: str | None = None) -> Surprise:
        """Hides every token by itself and says how probable the model finds it.

        Raises:
            ValueError: an empty text, or nothing but special tokens.
        """
        encoding, tokenizer = self.bert.encode(text, text_b), self.bert.tokenizer
        kept = (tokenizer.cls_token_id, tokenizer.sep_token_id, tokenizer.mask_token_id)
        positions = np.flatnonzero(~np.isin(encoding.token_ids, kept)).tolist()
        if not positions:
            raise ValueError("There is no word in the text that could be hidden; type some words.")
        rows = np.repeat(encoding.token_ids[None], len(positions), axis=0)  # (R, T)
        rows[np.arange(len(positions)), positions] = tokenizer.mask_token_id
        chances = self._probabilities(encoding, rows, [[position] for position in positions])[:, 0]  # (R, V)
        own = chances[np.arange(len(positions)), encoding.token_ids[positions]]
        best = [self._candidate(int(row.argmax()), row) for row in chances]
        return Surprise(positions, np.log(np.maximum(own, TINY)), best)

    def by_layer(self, text: str, text_b: str | None = None, *, top_k: int = 5) -> list[list[list[Candidate]]]:
        """Says what each layer would have answered: the masked-word head on the hidden states of every layer.

        The head was trained on the last layer alone, so early answers tell what is there already and in the form
        that the last layer uses (nostalgebraist 2020, "logit lens").

        Returns:
            For each [MASK], for each of L+1 layers (0 is the embedding output), candidates, best first.

        Raises:
            ValueError: as `together`.
        """
        require_integer("top_k", top_k, minimum=1)
        encoding, blanks = self._blanks(text, text_b)
        slots = bucket(len(blanks), bucket(len(encoding), self.bert.max_length), shortest=4)
        positions = np.zeros((1, slots), np.int32)
        positions[0, :len(blanks)] = blanks
        with self._lock:
            logits = self._lens({**self.bert._inputs(encoding), "mask_positions": positions})["logits"][0]  # (L+1, P, V)
        chances = softmax(logits[:, :len(blanks), :self.bert.tokenizer.vocab_size])
        return [[self.bert._candidates(layer[number], top_k) for layer in chances] for number in range(len(blanks))]

    @cached_property
    def _lens(self):
        return compiled(lens(self.bert.model))

    def _blanks(self, text: str, text_b: str | None) -> tuple[Encoding, list[int]]:
        """Encodes a text and finds its [MASK]."""
        encoding = self.bert.encode(text, text_b)
        blanks = np.flatnonzero(encoding.token_ids == self.bert.tokenizer.mask_token_id).tolist()
        if not blanks:
            raise ValueError("There is no [MASK] in the text; write [MASK] where a word should be filled in.")
        return encoding, blanks

    def _row(self, encoding: Encoding, filled: dict[int, int]) -> np.ndarray:
        """Returns the token ids (T,) with some blanks filled."""
        row = encoding.token_ids.copy()
        row[list(filled)] = list(filled.values())
        return row

    def _filling(self, encoding: Encoding, blanks: list[int], ids: list[int], chain: float) -> Filling:
        return Filling(tuple(self.bert.tokenizer.id_to_token(i) for i in ids), tuple(ids), chain, 0.0)

    def _scored(self, encoding: Encoding, blanks: list[int], fillings: list[Filling]) -> list[Filling]:
        """Gives fillings their fit and puts the best first."""
        rows, positions, pieces = [], [], []
        for filling in fillings:
            for number, blank in enumerate(blanks):  # hide one piece again, the others stay
                filled = dict(zip(blanks, filling.token_ids))
                pieces.append(filled.pop(blank))
                rows.append(self._row(encoding, filled))
                positions.append([blank])
        chances = self._probabilities(encoding, np.stack(rows), positions)[:, 0]  # (R, V)
        logs = np.log(np.maximum(chances[np.arange(len(pieces)), pieces], TINY)).reshape(len(fillings), -1)
        scored = [Filling(f.tokens, f.token_ids, f.chain, float(fit)) for f, fit in zip(fillings, logs.sum(axis=1))]
        return sorted(scored, key=lambda filling: -filling.fit)

    def _probabilities(self, encoding: Encoding, rows: np.ndarray, positions: Sequence[Sequence[int]]) -> np.ndarray:
        """Runs variants of one encoding.

        Args:
            encoding: gives segments and length.
            rows: int32 (R, T), the token ids of each variant.
            positions: for each variant equally many positions, P of them.

        Returns:
            float32 (R, P, V).
        """
        logits = run_variants(self.bert, encoding, rows, positions)["mlm_logits"]
        return softmax(logits[:, :, :self.bert.tokenizer.vocab_size])

    def _candidate(self, piece: int, chances: np.ndarray) -> Candidate:
        return Candidate(self.bert.tokenizer.id_to_token(piece), piece, float(chances[piece]))


def lens(model):
    """Returns a Keras model over the same weights: the masked-word head on every layer's hidden states.

    Returns, when called on the inputs of a `BertForPreTraining`:
        `{"logits": (B, L+1, P, V)}`.
    """
    import keras

    from bert_tf.layers import rows_at
    from bert_tf.model import ENCODER_INPUTS

    inputs = {key: keras.Input((None,), dtype="int32", name=key) for key in (*ENCODER_INPUTS, "mask_positions")}
    pick = keras.layers.Lambda(lambda both: rows_at(*both), name="rows")  # never saved
    x = model.encoder.embeddings(inputs["token_ids"], inputs["segment_ids"])
    answers = [model.mlm_head(pick((x, inputs["mask_positions"])))]
    for block in model.encoder.blocks:
        x = block(x, inputs["padding_mask"])
        answers.append(model.mlm_head(pick((x, inputs["mask_positions"]))))
    return keras.Model(inputs, {"logits": keras.ops.stack(answers, axis=1)}, name="lens")
