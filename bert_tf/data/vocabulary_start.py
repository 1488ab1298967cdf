"""The vocabulary that a corpus is read with: one that is there, or one trained on the corpus itself."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from bert_tf.data.corpus import read_documents
from bert_tf.tokenizer import WordPieceTokenizer
from bert_tf.tokenizer_files import LONGEST_WORD_OF_TRANSFORMERS

#: Pieces of a vocabulary to train where nobody says.
VOCAB_SIZE = 16_000


def given_tokenizer(tokenizer: str | Path | None, shards: str | Path) -> Path | None:
    """Returns the folder of the tokenizer for token shards: the one named, else the shards' own, or None."""
    if tokenizer:
        return Path(tokenizer)
    shared = Path(shards) / "tokenizer"
    return shared if (shared / "vocab.txt").is_file() else None


def settings_of(folder: str | Path, *, vocab_size: int | None, lowercase: bool | None,
                fewer: bool = False) -> tuple[int, bool]:
    """Returns the pieces of the vocabulary that a folder holds, and whether it is uncased.

    Args:
        folder: with a tokenizer.
        vocab_size, lowercase: what was asked for; None for whatever there is.
        fewer: whether fewer pieces than asked for will do, as they come out of a small corpus.

    Raises:
        FileNotFoundError: there is no tokenizer.
        ValueError: something else was asked for.
    """
    tokenizer = WordPieceTokenizer.from_folder(folder)
    fits = vocab_size in (None, tokenizer.vocab_size) or fewer and vocab_size > tokenizer.vocab_size
    if not fits:
        raise ValueError(f"The vocabulary in {folder} has {tokenizer.vocab_size:,} pieces, not {vocab_size:,}. Leave "
                         "--vocab-size out, or have another vocabulary trained elsewhere.")
    if lowercase not in (None, tokenizer.lowercase):
        cased = {True: "uncased", False: "cased"}
        raise ValueError(f"The vocabulary in {folder} is {cased[tokenizer.lowercase]}, not {cased[lowercase]}. Take it "
                         "as it is, or have another vocabulary trained elsewhere.")
    return tokenizer.vocab_size, tokenizer.lowercase


def vocabulary_for(corpus: list[str], folder: str | Path, *, given: str | Path | None = None,
                   vocab_size: int = VOCAB_SIZE, lowercase: bool = True) -> WordPieceTokenizer:
    """Opens the tokenizer in a folder; at first puts one there.

    Args:
        corpus: text files to train a vocabulary on.
        folder: where the tokenizer is kept.
        given: a folder with another tokenizer to copy; None trains one.
        vocab_size: pieces of the vocabulary to train.
        lowercase: whether the vocabulary to train is uncased.

    Raises:
        FileNotFoundError: a text file, or the tokenizer given, is not there.
        ValueError: the tokenizer given is not the one that is there already, or the corpus cannot be used.
    """
    from bert_tf.vocabulary import train_vocabulary

    folder = Path(folder)
    there = WordPieceTokenizer.from_folder(folder) if (folder / "tokenizer_config.json").is_file() else None
    if given:
        tokenizer = WordPieceTokenizer.from_folder(given)
        if there and there.vocab_hash != tokenizer.vocab_hash:
            raise ValueError(f"{folder} holds another vocabulary ({there.vocab_size:,} pieces) than {given} "
                             f"({tokenizer.vocab_size:,} pieces). Use that one, or another folder.")
    elif not there:
        tokenizer = WordPieceTokenizer(train_vocabulary(sample_lines(corpus), vocab_size, lowercase=lowercase),
                                       lowercase=lowercase, max_characters_per_word=LONGEST_WORD_OF_TRANSFORMERS)
    if there:
        return there
    tokenizer.save(folder)
    return tokenizer


def sample_lines(paths: list[str], characters: int = 20_000_000) -> Iterator[str]:
    """Yields sentences from all files in equal shares, about `characters` characters in all.

    The documents are spread evenly over each file, as stored; a file that has no more than its share comes whole.
    """
    for path in paths:
        yield from _spread_sentences(Path(path), characters // len(paths))


def _spread_sentences(path: Path, characters: int) -> Iterator[str]:
    """Yields documents spread evenly over a file, about `characters` characters; all, if there are no more."""
    size, place, taken = path.stat().st_size, 0, 0
    is_whole = _has_at_most(path, characters)

    def arrive(bytes_read: int) -> None:
        nonlocal place
        place = bytes_read

    for document in read_documents(path, progress=arrive):
        if is_whole or taken <= characters * place / size:  # no further ahead than the reading is
            taken += sum(map(len, document))
            yield from document


def _has_at_most(path: Path, characters: int) -> bool:
    seen = 0
    for document in read_documents(path):
        seen += sum(map(len, document))
        if seen > characters:
            return False
    return True
