"""BERT in Keras: see it, question it, pretrain it.

    import bert_tf
    bert = bert_tf.load("saved_models/bert-small-en-zh")
    bert.fill_mask("The [MASK] sat on the mat.")

Importing this package loads no framework; the first `load` does.
"""

from __future__ import annotations

__version__ = "0.1.0"
__all__ = ["BertConfig", "FinetuningConfig", "PretrainingConfig", "WordPieceTokenizer", "load", "load_finetuned"]

_HOMES = {
    "BertConfig": "bert_tf.config",
    "FinetuningConfig": "bert_tf.training.finetuning_config",
    "PretrainingConfig": "bert_tf.training.pretraining_config",
    "WordPieceTokenizer": "bert_tf.tokenizer",
    "load": "bert_tf.explore",
    "load_finetuned": "bert_tf.finetuned",
}


def __getattr__(name: str):
    if name in _HOMES:
        import importlib

        return getattr(importlib.import_module(_HOMES[name]), name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")


def __dir__() -> list[str]:
    """Offers the public names to whoever completes by Tab, though nothing of them is loaded yet."""
    return sorted({*globals(), *__all__})
