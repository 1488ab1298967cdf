"""Looking a text over before anybody trains on it."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path

from bert_tf.data.corpus import read_documents

MOST_CHARACTERS = 200_000_000


@dataclass(frozen=True)
class CorpusFacts:
    """What a corpus file holds.

    Attributes:
        documents, sentences, characters: how many.
        beginning: the first sentences.
    """

    documents: int
    sentences: int
    characters: int
    beginning: tuple[str, ...]


def check_corpus(path: str | os.PathLike, *, most_characters: int = MOST_CHARACTERS) -> CorpusFacts:
    """Reads a corpus file from beginning to end, as a pretraining would.

    Raises:
        FileNotFoundError: there is no such file.
        ValueError: it is no text, empty, too large, damaged, has an endless line, or no two sentences that
            follow each other.
    """
    documents = sentences = characters = 0
    pairs, beginning = False, []
    for document in read_documents(path):
        documents += 1
        sentences += len(document)
        characters += sum(map(len, document))
        pairs |= len(document) > 1
        beginning += document[:5 - len(beginning)]
        if "\0" in document[0]:
            raise ValueError(f"{Path(path).name} is no text file: it holds zero bytes. Give plain text in UTF-8.")
        if characters > most_characters:
            raise ValueError(f"{Path(path).name} holds more than {most_characters:,} characters, which is too much to "
                             "train on from this page. Cut it, or train on it with `python -m bert_tf pretrain`.")
    if not sentences:
        raise ValueError(f"{Path(path).name} is empty. A corpus holds one sentence a line and an empty line between "
                         "documents.")
    if not pairs:
        raise ValueError(f"{Path(path).name} has no two lines that follow each other, so there are no sentence pairs. "
                         "Write one sentence a line and an empty line between documents only.")
    return CorpusFacts(documents, sentences, characters, tuple(beginning))
