"""Which word pieces belong to one word: what whole-word masking needs to know.

An English word goes on where a piece begins with `##`. Chinese has no spaces and BERT reads it character by
character, so a run of Chinese characters is cut into the words of jieba's dictionary. Source: Cui et al. 2019 (whole-word masking
for Chinese BERT).
"""

from __future__ import annotations

import logging
import os
from collections.abc import Callable
from pathlib import Path

import numpy as np

from bert_tf.data.manifest import cannot_write
from bert_tf.data.shard_files import words_path
from bert_tf.data.shards import TokenShards
from bert_tf.data.workers import run_jobs
from bert_tf.text_normalization import is_ideograph


class WordMarker:
    """Finds the words among word pieces.

    Args:
        vocab: the pieces in the order of their ids.
    """

    def __init__(self, vocab: list[str]):
        self._goes_on = np.array([piece.startswith("##") for piece in vocab])
        self._character = [piece if len(piece) == 1 and is_ideograph(piece) else "" for piece in vocab]
        self._is_chinese = np.array([bool(character) for character in self._character])

    def continues(self, token_ids: np.ndarray) -> np.ndarray:
        """Says of each piece of a sentence whether it goes on with the word of the piece before it.

        Args:
            token_ids: int (T,).

        Returns:
            bool (T,). `un ##happy 北 京 人` may give no, yes, no, yes, no.
        """
        token_ids = np.asarray(token_ids)
        result = self._goes_on[token_ids].copy()
        chinese = self._is_chinese[token_ids].astype(np.int8)
        borders = np.flatnonzero(np.diff(chinese, prepend=0, append=0))  # starts and ends of runs, in turn
        for start, end in zip(borders[::2], borders[1::2]):
            if end - start > 1:
                at = start
                for word in _cut("".join(self._character[i] for i in token_ids[start:end])):
                    result[at + 1:at + len(word)] = True
                    at += len(word)
        if len(result):
            result[0] = False
        return result


def mark_words(shards: TokenShards, tokenizer, *, processes: int | None = None,
               progress: Callable[[int, int], None] | None = None) -> TokenShards:
    """Finds the words in token shards and writes them down beside the tokens; shards that have them are left alone.

    Args:
        shards: the tokenized corpus.
        tokenizer: has `vocab`, the one the shards were made with.
        processes: shards worked on at the same time; None for one a CPU core.
        progress: called now and then with (tokens done, tokens in all).

    Returns:
        The same shards, opened again with their words.

    Raises:
        ValueError: another vocabulary, or a disk that refuses.
    """
    names = [shard.name for shard in shards.shards]
    shards = TokenShards.open(shards.folder, tokenizer, names=names)
    jobs = {shard.name: (shards.folder, shard.name, tokenizer.vocab) for shard in shards.shards if shard.words is None}
    total = sum(len(shard.tokens) for shard in shards.shards if shard.name in jobs)

    def report(done: int) -> None:
        if progress is not None:
            progress(done, total)

    if jobs:
        run_jobs(_mark, jobs, processes=processes or min(len(jobs), os.cpu_count() or 1),
                 finished=lambda name, result: None, report=report)
        report(total)
    return TokenShards.open(shards.folder, tokenizer, names=names)


def _mark(folder: Path, name: str, vocab: list[str], report: Callable[[int], None]) -> None:
    """Writes the words of one shard."""
    shard, = TokenShards.open(folder, names=[name]).shards
    marker, tokens = WordMarker(vocab), np.asarray(shard.tokens)
    path = words_path(folder, name)
    part = path.with_name(f"{path.name}.{os.getpid()}.part")
    try:
        with open(part, "wb") as file:
            for number, (start, end) in enumerate(zip(shard.sentences[:-1].tolist(), shard.sentences[1:].tolist())):
                file.write(marker.continues(tokens[start:end]).tobytes())
                if number % 1000 == 0:
                    report(start)
        os.replace(part, path)
    except OSError as error:
        raise cannot_write(folder, error) from error
    finally:
        part.unlink(missing_ok=True)


def _cut(text: str) -> list[str]:
    import jieba

    jieba.setLogLevel(logging.WARNING)  # or it reports on the loading of its dictionary
    return jieba.lcut(text, HMM=False)  # it would make words up, all the more beside a [MASK]: 欢吃苹
