"""A BERT as one TensorFlow SavedModel from text to answers: tokenizer and network in a single graph, for servers.

Whoever runs it needs TensorFlow and tensorflow-text, but neither Keras nor this library. The tokenizer in the graph
gives the ids of `WordPieceTokenizer`: tensorflow-text's own BertTokenizer does not, because it folds full-width
punctuation, so cleaning and splitting are spelled out here and its WordPiece alone is used. Nothing else imports this
module. Letters in shapes: B batch, T tokens, P masks, K candidates, L layers, N heads, H hidden, C labels.
"""

from __future__ import annotations

import tempfile
from pathlib import Path

import tensorflow as tf

from bert_tf import checkpoint
from bert_tf.model import tracer
from bert_tf.task_folder import ARCHITECTURES, load_task, require_second_segment
from bert_tf.text_normalization import IDEOGRAPH_BLOCKS, SPECIAL_TOKENS
from bert_tf.tokenizer import WordPieceTokenizer

#: Candidates that `fill_mask` gives for every [MASK].
CANDIDATES = 10
#: What stands for the special tokens while text is cleaned: characters of the last private plane, which no rule touches.
_MARKERS = tuple(chr(0x10FFF0 + i) for i in range(len(SPECIAL_TOKENS)))
_IDEOGRAPHS = "[" + "".join(rf"\x{{{first:X}}}-\x{{{last:X}}}" for first, last in IDEOGRAPH_BLOCKS) + "]"
_PUNCTUATION = r"[!-/:-@\[-`{-~\pP]"
_SPACE, _NOTHING = r"[\t\n\r\pZ]", r"[\p{Cc}\p{Cf}\x{FFFD}]"


def export_saved_model(folder: str | Path, out: str | Path) -> list[str]:
    """Writes a BERT folder as a SavedModel that takes text.

    Every endpoint is a serving signature with the inputs `texts`, string (B,), and for pairs `second_texts`, string
    (B,). What is too long is cut as `Bert.encode` does. An empty text is an input like any other here.

    - `fill_mask`: `pieces` string (B, P, K) and `probabilities` float32 (B, P, K), best first; `masks` int32 (B,), how
      many of the P slots of a row are real, the others being empty.
    - `next_sentence`: `is_next` float32 (B,).
    - `trace`: `pieces` string (B, T), `lengths` int32 (B,), `hidden_states` float32 (B, L+1, T, H), `attentions`
      float32 (B, L, N, T, T); of each row, only the first `length` tokens mean something.
    - `classify`, and `classify_pairs` where the model can read two texts (fine-tuned models; one for pairs has `classify`
      alone, which takes both): `label` string (B,), `probabilities` float32 (B, C) and `labels` string (B, C).

    Args:
        folder: a BERT folder, ours or Hugging Face's, or one fine-tuned for classification or pairs.
        out: folder to write; it must not be there yet.

    Returns:
        The names of the endpoints written: those that the model has the heads for.

    Raises:
        FileNotFoundError: a file of the model is not there.
        ValueError: Keras does not run on TensorFlow, tensorflow-text is missing or cannot take the vocabulary, a file is
            damaged, the model is fine-tuned for another kind of task, or `out` is there already.
    """
    import keras

    if keras.backend.backend() != "tensorflow":
        raise ValueError(f"A SavedModel is written by TensorFlow, but KERAS_BACKEND is {keras.backend.backend()}; leave it "
                         "unset and start again.")
    out = Path(out)
    if out.exists():
        raise ValueError(f"{out} is there already; name a new folder.")
    model, endpoints = (_task_endpoints if _is_task(folder) else _pretraining_endpoints)(folder)
    texts, second_texts = (tf.TensorSpec((None,), tf.string, name=name) for name in ("texts", "second_texts"))
    signatures = {name: tf.function(function, input_signature=[texts, second_texts] if takes_pairs else [texts])
                  for name, (function, takes_pairs) in endpoints.items()}
    # Keras' own ExportArchive writes every weight twice
    module = tf.Module()
    module.weights = [variable.value for variable in model.variables]
    out.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=out.parent, prefix=f".{out.name}-") as scratch:  # a half-written one is never seen
        tf.saved_model.save(module, f"{scratch}/whole", {**signatures, "serving_default": next(iter(signatures.values()))})
        Path(scratch, "whole").rename(out)
    return list(endpoints)


class GraphTokenizer:
    """BERT's tokenizer as operations of a TensorFlow graph.

    Args:
        tokenizer: the tokenizer to do as.
        max_length: the longest input of the model in tokens.

    Raises:
        ValueError: tensorflow-text is not installed, or cannot take the vocabulary.
    """

    def __init__(self, tokenizer: WordPieceTokenizer, max_length: int):
        try:
            import tensorflow_text
        except ImportError:
            raise ValueError("A SavedModel that takes text needs the package tensorflow-text, for which there is no build "
                             "for Windows; install it, or export on Linux or macOS.") from None
        self.tokenizer, self.max_length = tokenizer, max_length
        self._text = tensorflow_text
        # its limit counts bytes, BERT's counts characters: at most four bytes each, so words are measured here
        try:
            self._wordpiece = tensorflow_text.FastWordpieceTokenizer(
                tokenizer.vocab, token_out_type=tf.int32, no_pretokenization=True,
                max_bytes_per_word=4 * tokenizer.max_characters_per_word + 1)
        except RuntimeError as error:  # a piece of more than 256 bytes, say
            raise ValueError(f"tensorflow-text cannot take this vocabulary ({error}).") from None
        self._vocab = tf.constant(tokenizer.vocab)

    def ids(self, texts: tf.Tensor) -> tf.RaggedTensor:
        """Returns the ids of texts, int32 (B, (T)), as `WordPieceTokenizer.token_ids` gives them."""
        x = tf.strings.unicode_transcode(texts, "UTF-8", "UTF-8", errors="replace")
        for token, marker in zip(SPECIAL_TOKENS, _MARKERS):
            x = tf.strings.regex_replace(x, rf"\[{token[1:-1]}\]", f" {marker} ")
        x = tf.strings.regex_replace(x, _SPACE, " ")
        x = tf.strings.regex_replace(x, _NOTHING, "")
        x = tf.strings.regex_replace(x, f"({_IDEOGRAPHS})", r" \1 ")
        if self.tokenizer.lowercase:
            x = self._text.normalize_utf8(tf.strings.lower(x, encoding="utf-8"), "NFD")
            x = tf.strings.regex_replace(x, r"\p{Mn}", "")
        words = tf.strings.split(tf.strings.regex_replace(x, f"({_PUNCTUATION})", r" \1 "))  # (B, (words))
        flat = words.flat_values
        too_long = tf.strings.length(flat, unit="UTF8_CHAR") > self.tokenizer.max_characters_per_word
        flat = tf.where(too_long, "[UNK]", flat)
        for token, marker in zip(SPECIAL_TOKENS, _MARKERS):
            flat = tf.where(flat == marker, token, flat)
        return self._wordpiece.tokenize(words.with_flat_values(flat)).merge_dims(1, 2)

    def inputs(self, texts: tf.Tensor, second_texts: tf.Tensor | None = None) -> dict[str, tf.Tensor]:
        """Returns `token_ids`, `segment_ids`, `padding_mask`, int32 (B, T): texts or pairs, cut and padded."""
        sides = [self.ids(texts)] + ([] if second_texts is None else [self.ids(second_texts)])
        sides = [_first(side, keep) for side, keep in zip(sides, self._fitting([side.row_lengths() for side in sides]))]
        rows = sides[0].nrows()
        column = {name: tf.fill([rows, 1], getattr(self.tokenizer, f"{name}_token_id")) for name in ("cls", "sep")}
        parts = [column["cls"]]
        for side in sides:
            parts += [side, column["sep"]]
        token_ids = tf.concat(parts, axis=1)  # (B, (T))
        lengths, second = token_ids.row_lengths(), sides[0].row_lengths() + 2
        token_ids = token_ids.to_tensor(self.tokenizer.pad_token_id)
        missing = tf.maximum(1 - tf.shape(token_ids)[1], 0)  # without any text there would be no column
        token_ids = tf.pad(token_ids, [[0, 0], [0, missing]], constant_values=self.tokenizer.pad_token_id)
        positions = tf.range(tf.shape(token_ids, tf.int64)[1])
        real = positions < lengths[:, None]
        return {"token_ids": token_ids, "padding_mask": tf.cast(real, tf.int32),
                "segment_ids": tf.cast(real & (positions >= second[:, None]), tf.int32)}

    def pieces(self, ids: tf.Tensor) -> tf.Tensor:
        """Returns the pieces of ids, string in their shape."""
        return tf.gather(self._vocab, ids)

    def _fitting(self, lengths: list[tf.Tensor]) -> list[tf.Tensor]:
        """Says how many pieces of each text stay, int64 (B,) each: `bert_tf.tokenizer.fitting`, row by row."""
        room = self.max_length - len(lengths) - 1
        if len(lengths) == 1:
            return [tf.minimum(lengths[0], room)]
        first, second = lengths
        fits = first + second <= room
        shorter = tf.minimum(tf.minimum(first, second), room // 2)
        return [tf.where(fits, first, tf.where(first > second, room - shorter, shorter)),
                tf.where(fits, second, tf.where(first > second, shorter, room - shorter))]


def _first(ids: tf.RaggedTensor, keep: tf.Tensor) -> tf.RaggedTensor:
    """Returns the first `keep` int64 (B,) of each row."""
    kept = tf.ragged.range(ids.row_lengths()).flat_values < tf.repeat(keep, ids.row_lengths())
    return tf.ragged.boolean_mask(ids, ids.with_flat_values(kept))


def _is_task(folder: str | Path) -> bool:
    from bert_tf.records import read_json

    checkpoint.read_config(folder)
    named = read_json(Path(folder) / "config.json").get("architectures") or ["none"]
    return named[0] in ARCHITECTURES.values()


def _pretraining_endpoints(folder: str | Path) -> tuple:
    loaded = checkpoint.load(folder)
    model, config, trace_model = loaded.model, loaded.model.config, tracer(loaded.model.encoder)
    graph = GraphTokenizer(loaded.tokenizer, config.max_position_embeddings)

    def fill_mask(texts):
        inputs = graph.inputs(texts)
        at = tf.where(inputs["token_ids"] == loaded.tokenizer.mask_token_id)  # (masks, 2)
        slots = tf.RaggedTensor.from_value_rowids(tf.cast(at[:, 1], tf.int32), at[:, 0], tf.shape(texts, tf.int64)[0])
        logits = model({**inputs, "mask_positions": slots.to_tensor()})["mlm_logits"][..., :loaded.tokenizer.vocab_size]
        best, ids = tf.math.top_k(tf.nn.softmax(tf.cast(logits, tf.float32)), min(CANDIDATES, loaded.tokenizer.vocab_size))
        real = tf.sequence_mask(slots.row_lengths())[..., None]  # (B, P, 1)
        return {"pieces": tf.where(real, graph.pieces(ids), ""), "probabilities": tf.where(real, best, 0.0),
                "masks": tf.cast(slots.row_lengths(), tf.int32)}

    def next_sentence(texts, second_texts):
        inputs = graph.inputs(texts, second_texts)
        nowhere = tf.zeros_like(inputs["token_ids"][:, :1])
        logits = model({**inputs, "mask_positions": nowhere})["nsp_logits"]
        return {"is_next": tf.nn.softmax(tf.cast(logits, tf.float32))[:, 0]}

    def trace(texts):
        inputs = graph.inputs(texts)
        outputs = trace_model(inputs)
        lengths = tf.reduce_sum(inputs["padding_mask"], axis=1)
        return {"pieces": tf.where(inputs["padding_mask"] == 1, graph.pieces(inputs["token_ids"]), ""), "lengths": lengths,
                "hidden_states": outputs["hidden_states"], "attentions": outputs["attentions"]}

    endpoints = {"trace": (trace, False)}
    if {"nsp_head", "pooler"} <= loaded.parts and config.type_vocab_size > 1:
        endpoints = {"next_sentence": (next_sentence, True), **endpoints}
    if "mlm_head" in loaded.parts:
        endpoints = {"fill_mask": (fill_mask, False), **endpoints}
    return model, endpoints


def _task_endpoints(folder: str | Path) -> tuple:
    loaded = load_task(folder)
    if loaded.settings.task not in ("classification", "pairs"):
        raise ValueError(f"{folder} was fine-tuned for {loaded.settings.task}, whose answers are places in a text and not "
                         "made in a graph; only models for classification and pairs can be saved so.")
    graph = GraphTokenizer(loaded.tokenizer, loaded.settings.max_length)
    labels = tf.constant(loaded.settings.labels)

    def classify(texts, second_texts=None):
        logits = loaded.model(graph.inputs(texts, second_texts))["logits"]
        # a row of labels for each text: TensorFlow Serving wants as many rows in every output
        return {"label": tf.gather(labels, tf.argmax(logits, axis=-1)), "labels": tf.tile(labels[None], [tf.shape(logits)[0], 1]),
                "probabilities": tf.nn.softmax(tf.cast(logits, tf.float32))}

    if loaded.settings.task == "pairs":
        require_second_segment(loaded.model.config, folder)
        return loaded.model, {"classify": (classify, True)}
    both = {"classify_pairs": (classify, True)} if loaded.model.config.type_vocab_size > 1 else {}
    return loaded.model, {"classify": (classify, False), **both}
