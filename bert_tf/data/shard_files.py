"""The files of one shard in a folder of token shards; `shards` says what they hold."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np

from bert_tf.data.manifest import MANIFEST


@dataclass(frozen=True)
class Shard:
    """The tokens of one source file.

    Attributes:
        name: the stem of the source file.
        tokens: uint16 or uint32 (tokens,), memory-mapped.
        sentences: int64 (sentences + 1,), first token of every sentence, then the total.
        documents: int64 (documents + 1,), first sentence of every document, then the total.
        words: bool (tokens,), whether a token goes on with the word of the one before, memory-mapped; None where
            nobody has looked for words.
    """

    name: str
    tokens: np.ndarray
    sentences: np.ndarray
    documents: np.ndarray
    words: np.ndarray | None = None


def words_path(folder: Path, name: str) -> Path:
    """Returns where the words of a shard are."""
    return folder / f"{name}.words.bin"


def shard_paths(folder: Path, name: str) -> tuple[Path, Path, Path]:
    """Returns where the tokens, the sentences and the documents of a shard are."""
    return folder / f"{name}.tokens.bin", folder / f"{name}.sentences.npy", folder / f"{name}.documents.npy"


def open_shard(folder: Path, name: str, dtype: str, record: dict) -> Shard:
    """Maps the files of one shard and holds them against the manifest.

    Raises:
        ValueError: a file is not there, or does not hold what the manifest says.
    """
    paths = shard_paths(folder, name)
    remedy = f"Delete {folder / MANIFEST} and prepare the corpus again."
    try:
        size, expected = paths[0].stat().st_size, record["tokens"] * np.dtype(dtype).itemsize
        sentences, documents = (np.load(path, mmap_mode="r", allow_pickle=False) for path in paths[1:])
    except (OSError, EOFError, ValueError) as error:
        raise ValueError(f"The token shard {name} in {folder} cannot be opened: {error}. {remedy}") from error
    if size != expected:
        raise ValueError(f"{paths[0]} should have {expected:,} bytes and has {size:,}. {remedy}")
    # An empty file cannot be mapped.
    tokens = np.memmap(paths[0], dtype=dtype, mode="r") if size else np.zeros(0, dtype)
    for path, starts, count, total in ((paths[1], sentences, record["sentences"], record["tokens"]),
                                       (paths[2], documents, record["documents"], record["sentences"])):
        if starts.dtype != np.int64 or starts.shape != (count + 1,) or starts[-1] != total:
            raise ValueError(
                f"{path} does not hold the starts of {count:,} pieces that end at {total:,}. {remedy}")
    words = words_path(folder, name)
    if not words.is_file():
        return Shard(name, tokens, sentences, documents)
    if words.stat().st_size != record["tokens"]:
        raise ValueError(f"{words} should have {record['tokens']:,} bytes and has {words.stat().st_size:,}. Delete it "
                         "and look for the words again.")
    marks = np.memmap(words, dtype=bool, mode="r") if size else np.zeros(0, bool)
    return Shard(name, tokens, sentences, documents, marks)
