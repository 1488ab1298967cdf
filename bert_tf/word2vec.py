"""Training word2vec on text files, with gensim (and jieba to cut Chinese into words)."""

from __future__ import annotations

import logging
import re
import shutil
import tempfile
from collections.abc import Callable, Iterable
from pathlib import Path

from bert_tf.data.corpus import listed, read_documents
from bert_tf.data.workers import run_jobs
from bert_tf.static_vectors import StaticVectors, plain

LANGUAGES = ("en", "zh")

#: Letters of all scripts that write words apart: without Chinese characters and kana.
_LETTERS = r"[^\W\d_\u2e80-\u9fff\uf900-\ufaff\U00020000-\U0003ffff]+"
_ENGLISH_WORD = re.compile(rf"{_LETTERS}(?:'{_LETTERS})?")
_LETTER_OR_HAN = re.compile(r"[a-z\u3400-\u4dbf\u4e00-\u9fff]")


def words_of(text: str, language: str) -> list[str]:
    """Cuts a text into the words that get vectors, in lower case; numbers and punctuation are left out.

    Args:
        text: any text.
        language: "en" (runs of letters but Chinese ones, with an apostrophe inside, which comes back straight:
            "don't") or "zh" (jieba; words without a Chinese character or a letter are left out).

    Raises:
        ValueError: another language.
    """
    if language == "en":
        return _ENGLISH_WORD.findall(plain(text))
    if language != "zh":
        raise ValueError(f"Word vectors are made for {' and '.join(LANGUAGES)}, got {language!r}.")
    import jieba

    jieba.setLogLevel(logging.WARNING)  # or it reports on the loading of its dictionary
    words = (word.strip() for word in jieba.cut(text.lower()))
    return ["".join(word.split()) for word in words if _LETTER_OR_HAN.search(word)]


def _write_words(source: str, target: str, language: str, report: Callable[[int], None]) -> int:
    """Writes the words of one file, one sentence a line, blanks between words; returns how many words."""
    count = 0
    with open(target, "w", encoding="utf-8") as lines:
        for document in read_documents(source):
            for sentence in document:
                words = words_of(sentence, language)
                if words:
                    lines.write(" ".join(words) + "\n")
                    count += len(words)
    return count


def train_word2vec(
    paths: Iterable[str | Path] | str | Path,
    language: str,
    *,
    dimensions: int = 100,
    epochs: int = 5,
    window: int = 5,
    min_count: int = 5,
    max_words: int = 30_000,
    sample: float = 1e-4,
    seed: int = 1,
    workers: int = 1,
    progress: Callable[[str], None] | None = None,
) -> StaticVectors:
    """Trains word2vec (skip-gram, 5 negative samples) with gensim.

    Args:
        paths: text files, or a single one: one sentence a line, plain, .gz or .xz.
        language: "en" or "zh".
        dimensions: D, the length of a vector.
        epochs: how many times the text is read.
        window: how many words to each side count as context, at most.
        min_count: rarer words are passed over.
        max_words: the most frequent words that are kept; all others above min_count only help in training.
        sample: words that make up a larger share of the text than this are thinned out; 0: none are.
        seed: equal seeds give equal vectors, if workers is 1.
        workers: processes for cutting words, then threads for training.
        progress: is told in words what happens.

    Returns:
        The vectors, the most frequent word first.

    Raises:
        FileNotFoundError: one of the files does not exist.
        ValueError: no files, another language, a number below 1, a sample outside 0 to 1, or no word comes
            min_count times.

    Source: Mikolov et al. 2013, "Distributed Representations of Words and Phrases".
    """
    paths = [str(path) for path in listed(paths)]
    counts = {"dimensions": dimensions, "epochs": epochs, "window": window, "min_count": min_count,
              "max_words": max_words, "workers": workers}
    for name, value in counts.items():
        if value < 1:
            raise ValueError(f"{name} must be at least 1, got {value}.")
    if not 0 <= sample <= 1:
        raise ValueError(f"sample must be from 0 to 1, got {sample}.")
    if not paths:
        raise ValueError("Give at least one text file to learn word vectors from.")
    if language not in LANGUAGES:
        raise ValueError(f"Word vectors are made for {' and '.join(LANGUAGES)}, got {language!r}.")
    tell = progress or (lambda message: None)
    with tempfile.TemporaryDirectory(prefix="word2vec-") as folder:
        corpus = Path(folder) / "words.txt"
        total = _cut_words(paths, language, corpus, workers, tell)
        return _fit(corpus, total, counts, sample, seed, tell)


def _cut_words(
    paths: list[str], language: str, corpus: Path, workers: int, tell: Callable[[str], None]
) -> int:
    """Writes the words of all files into one, in the order of the files; returns how many words."""
    jobs = {str(number): (path, str(corpus.with_suffix(f".{number}")), language) for number, path in enumerate(paths)}
    counts = {}

    def finished(number: str, count: int) -> None:
        counts[number] = count
        tell(f"{Path(jobs[number][0]).name}: {count:,} words")

    run_jobs(_write_words, jobs, processes=workers, finished=finished, report=lambda amount: None)
    with open(corpus, "wb") as whole:
        for _, part, _ in jobs.values():
            with open(part, "rb") as words:
                shutil.copyfileobj(words, whole)
            Path(part).unlink()
    return sum(counts.values())


def _fit(
    corpus: Path, total: int, counts: dict[str, int], sample: float, seed: int, tell: Callable[[str], None]
) -> StaticVectors:
    """Trains on a file of words, and keeps the vectors of the most frequent ones."""
    from gensim.models import Word2Vec

    model = Word2Vec(
        vector_size=counts["dimensions"], window=counts["window"], min_count=counts["min_count"],
        workers=counts["workers"], seed=seed, sg=1, negative=5, sample=sample, alpha=0.025, min_alpha=1e-4,
    )
    model.build_vocab(corpus_file=str(corpus))
    if not len(model.wv):
        raise ValueError(
            f"None of the {total:,} words in the text comes {counts['min_count']} times. "
            "Give more text or a lower min_count."
        )
    tell(f"{total:,} words in the text; {len(model.wv):,} words come {counts['min_count']} times or more")
    first, last = model.alpha, model.min_alpha
    for epoch in range(counts["epochs"]):  # one call an epoch, to tell progress; the rate falls throughout
        start, end = (first + (last - first) * (epoch + step) / counts["epochs"] for step in (0, 1))
        model.train(
            corpus_file=str(corpus), total_words=model.corpus_total_words, epochs=1, start_alpha=start,
            end_alpha=end,
        )
        tell(f"epoch {epoch + 1} of {counts['epochs']}")
    words = model.wv.index_to_key[: counts["max_words"]]  # most frequent first
    return StaticVectors(words, model.wv.vectors[: counts["max_words"]])
