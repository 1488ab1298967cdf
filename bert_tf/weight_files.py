"""The weights of a model folder as files: `model.safetensors`, or the several files that its index names."""

from __future__ import annotations

import os
from pathlib import Path

import numpy as np

from bert_tf.records import read_json

WEIGHTS_FILE = "model.safetensors"
#: Beside the parts of a model that transformers cut into several files: which tensor is in which of them.
INDEX_FILE = "model.safetensors.index.json"


def weight_files(folder: str | Path) -> list[Path]:
    """Lists the files that hold the tensors of a model folder.

    Raises:
        FileNotFoundError: there are none, or one that the index names is not there.
        ValueError: the index is damaged.
    """
    folder = Path(folder)
    if (folder / WEIGHTS_FILE).is_file():
        return [folder / WEIGHTS_FILE]
    index = folder / INDEX_FILE
    if not index.is_file():
        hint = ""
        if (folder / "pytorch_model.bin").is_file():
            hint = (" It holds pytorch_model.bin, a pickle, which is not opened here: load it in transformers and "
                    "save it again with save_pretrained.")
        raise FileNotFoundError(f"{folder} holds no {WEIGHTS_FILE}.{hint}")
    places = read_json(index).get("weight_map")
    names = set(places.values()) if isinstance(places, dict) else set()
    if not names or not all(isinstance(name, str) and Path(name).name == name for name in names):
        raise ValueError(f"{index} should say in weight_map which file of the folder holds which tensor. Copy it again.")
    missing = sorted(name for name in names if not (folder / name).is_file())
    if missing:
        raise FileNotFoundError(f"{folder} lacks {', '.join(missing)}, which {INDEX_FILE} names. Copy the folder again.")
    return [folder / name for name in sorted(names)]


def read_tensors(folder: str | Path) -> dict[str, np.ndarray]:
    """Reads every tensor of a model folder, under the names of `BertForPreTraining`.

    Raises:
        FileNotFoundError: there is no such file.
        ValueError: a file is truncated or not a safetensors file.
    """
    import ml_dtypes  # noqa: F401  (with it NumPy knows bfloat16, in which some folders are stored)
    from safetensors import SafetensorError
    from safetensors.numpy import load_file

    tensors = {}
    for path in weight_files(folder):
        try:
            tensors |= load_file(path)
        except (SafetensorError, OSError, KeyError, ValueError) as error:
            raise ValueError(
                f"{path} cannot be read as safetensors ({error}). It may be cut short; copy it again.") from None
    return {canonical_name(name): value for name, value in tensors.items()}


def canonical_name(name: str) -> str:
    """Returns today's name of a tensor: LayerNorm.weight for LayerNorm.gamma, with the `bert.` prefix."""
    name = name.replace("LayerNorm.gamma", "LayerNorm.weight").replace("LayerNorm.beta", "LayerNorm.bias")
    name = "cls.predictions.bias" if name == "cls.predictions.decoder.bias" else name
    return f"bert.{name}" if name.startswith(("embeddings.", "encoder.", "pooler.")) else name


def write_tensors(folder: Path, tensors: dict[str, np.ndarray], *, like: Path) -> None:
    """Writes `model.safetensors`, down to the disk.

    Args:
        folder: where to.
        tensors: by name.
        like: a file whose readers may read the weights too; safetensors lets nobody but the owner.

    Raises:
        OSError: the disk refuses.
    """
    from safetensors import SafetensorError
    from safetensors.numpy import save_file

    path = folder / WEIGHTS_FILE
    try:
        save_file(tensors, path, metadata={"format": "pt"})
    except SafetensorError as error:
        raise OSError(f"{path.name}: {error}") from None
    path.chmod(like.stat().st_mode)
    with open(path, "rb+") as file:
        os.fsync(file.fileno())
