"""A wider BERT that starts with all that a narrow one knows.

Every hidden unit, every attention head and every feed-forward unit is there several times over, and whoever reads
copies reads a share of each, so the wide network computes what the narrow one did. The shares differ by noise that
cancels over the copies: without it copies would get equal gradients and stay copies for ever. Sources: Chen et al.
2016, "Net2Net"; Chen et al. 2022, "bert2BERT".
"""

from __future__ import annotations

from pathlib import Path

import numpy as np

from bert_tf.records import require_integer

#: Weights that put hidden units out but read none.
TABLES = ("word_embeddings", "position_embeddings", "token_type_embeddings")


def grow_model(model_folder: str | Path, folder: str | Path, *, times: int = 2, seed: int = 0) -> None:
    """Writes a BERT folder whose model is `times` as wide and answers alike.

    Hidden size, heads and feed-forward size are multiplied; layers, vocabulary and head size stay. The answers are
    equal but for rounding.

    Args:
        model_folder: a BERT folder with encoder, pooler and both pretraining heads.
        folder: the folder to write, float32.
        times: how many copies, at least 2.
        seed: of the noise.

    Raises:
        FileNotFoundError: there is no such model.
        ValueError: it is no whole pretraining model, or `folder` holds a model already.
    """
    from bert_tf import checkpoint
    from bert_tf.model import BertForPreTraining

    require_integer("times", times, minimum=2)
    if (Path(folder) / "config.json").exists():
        raise ValueError(f"{folder} holds something already. Name a new folder for the wider model.")
    narrow = checkpoint.load_whole(model_folder)
    shape = narrow.model.config
    wide = BertForPreTraining.from_shape(shape.replace(**{
        name: times * getattr(shape, name) for name in ("hidden_size", "num_attention_heads", "intermediate_size")}))
    tensors = widened(checkpoint.model_tensors(narrow.model), times=times, seed=seed)
    checkpoint.load_tensors(wide, tensors, source=str(model_folder))
    checkpoint.save(wide, narrow.tokenizer, folder)


def widened(tensors: dict[str, np.ndarray], *, times: int, seed: int) -> dict[str, np.ndarray]:
    """Widens the tensors of a `BertForPreTraining`.

    Args:
        tensors: float32 under Hugging Face's names, dense kernels (out, in).
        times: how many copies.
        seed: of the noise.

    Returns:
        The same names; the masked-word head's LayerNorm is divided by `times`, since the scores are products with
        embeddings that are `times` as long.
    """
    random = np.random.default_rng(seed)
    wide = {}
    for name, value in tensors.items():
        if name == "cls.predictions.bias":
            wide[name] = value  # a number a word piece
        elif any(table in name for table in TABLES):
            wide[name] = np.tile(value, (1, times))
        elif value.ndim == 2:
            outputs = 1 if name.startswith("cls.seq_relationship") else times
            wide[name] = shared_out(np.tile(value, (outputs, 1)), times, random)
        elif name == "cls.seq_relationship.bias":
            wide[name] = value
        else:
            share = times if name.startswith("cls.predictions.transform.LayerNorm") else 1
            wide[name] = np.tile(value, times) / share
    return wide


def shared_out(kernel: np.ndarray, times: int, random: np.random.Generator) -> np.ndarray:
    """Lets a kernel (out, in) read `times` copies of its inputs, in unequal shares that add up to itself.

    Returns:
        (out, times * in), float32; the noise is as strong as an equal share of the kernel.
    """
    noise = random.standard_normal((times, *kernel.shape), dtype=np.float32)
    noise = (noise - noise.mean(axis=0)) * np.sqrt(times / (times - 1)) * kernel.std()
    return np.concatenate(list((kernel + noise) / times), axis=1)
