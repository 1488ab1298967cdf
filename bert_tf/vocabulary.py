"""WordPiece vocabularies: what one has to be, and how one is learnt from text."""

from __future__ import annotations

import hashlib
import re
import string
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence

from bert_tf.records import require_integer
from bert_tf.text_normalization import SPECIAL_TOKENS, split_words

#: Characters of text that are cleaned and counted at once.
BATCH_CHARACTERS = 1_000_000

#: The share of the vocabulary that single characters beyond ASCII may take at most.
CHARACTER_SHARE = 0.45

#: Single characters are taken until they cover this share of all characters beyond ASCII.
CHARACTER_COVERAGE = 0.9998

#: Longer words teach nothing: they are addresses and noise.
LONGEST_TAUGHT_WORD = 100

#: The merges are learnt over one private code point for each single-character piece, from here on.
FIRST_CODE = 0xF0000
MOST_CODES = 2**16 - 2

#: What no piece holds: line breaks, and halves of surrogate pairs, which no UTF-8 file can hold.
_FORBIDDEN = re.compile(r"[\n\r\ud800-\udfff]")


def check_vocabulary(vocab: Sequence[str]) -> None:
    """Refuses a list of pieces that cannot be a BERT vocabulary.

    Raises:
        ValueError: a special token is missing, or a piece is empty, repeated, or cannot be a line of a file.
    """
    if isinstance(vocab, str):
        raise ValueError("A vocabulary is a list of pieces, not one string.")
    seen: dict[str, int] = {}
    for index, piece in enumerate(vocab):
        if not isinstance(piece, str) or not piece or _FORBIDDEN.search(piece):
            raise ValueError(
                f"piece {index} is {piece!r}, but a piece is text without line breaks or surrogates."
            )
        if piece in seen:
            raise ValueError(f"{piece!r} is in the vocabulary twice, as {seen[piece]} and as {index}.")
        seen[piece] = index
    missing = [token for token in SPECIAL_TOKENS if token not in seen]
    if missing:
        raise ValueError(f"{', '.join(missing)} missing from the vocabulary of {len(vocab)} pieces.")


def hash_vocabulary(vocab: Sequence[str], options: Mapping[str, object]) -> str:
    """Returns the SHA-256, in hex, over pieces and options."""
    # One a line: no piece has two lines, so different vocabularies never give the same text.
    lines = [*vocab, *(f"{name}={value}" for name, value in options.items())]
    return hashlib.sha256("\n".join(lines).encode("utf-8")).hexdigest()


def train_vocabulary(
    texts: Iterable[str],
    size: int,
    *,
    lowercase: bool = True,
    min_frequency: int = 2,
    max_characters: int | None = None,
    progress: Callable[[int], None] | None = None,
) -> list[str]:
    """Learns a vocabulary: frequent characters first, then ever more merges of the most frequent pair.

    The same texts always give the same vocabulary. ASCII letters, digits and signs are always in it.

    Args:
        texts: sentences, lines or documents, of all languages that the vocabulary is for.
        size: how many pieces; fewer come out only if the text has no more pairs to merge.
        lowercase: clean the text as for an uncased model.
        min_frequency: pairs and characters seen less often are left out.
        max_characters: the most single characters beyond ASCII ("é" and "##é" are two); by default as many
            as cover 99.98% of such characters, and at most 45% of `size`.
        progress: called now and then with the number of characters read so far.

    Returns:
        The pieces in the order of their ids: [PAD], [UNK], [CLS], [SEP], [MASK], single characters, merges.

    Raises:
        ValueError: one string instead of many, texts that hold no word, or a `size` that has no room for the pieces
            that are always in.

    Source: Schuster and Nakajima 2012 (WordPiece); Sennrich et al. 2016 (merging the most frequent pair).
    """
    if isinstance(texts, str):
        raise ValueError("The texts should be many strings, such as lines, not one: give [text] or text.splitlines().")
    always = _ascii_symbols(lowercase)
    least = len(SPECIAL_TOKENS) + len(always)
    if size < least:
        raise ValueError(f"size must be at least {least} (special tokens and ASCII characters), got {size}.")
    require_integer("min_frequency", min_frequency, minimum=1)
    if max_characters is not None:
        require_integer("max_characters", max_characters, minimum=0)
    words = _count_words(texts, lowercase, progress)
    if not words:
        raise ValueError("The texts hold no word: a vocabulary cannot be learnt from empty text.")
    most = int(CHARACTER_SHARE * size) if max_characters is None else max_characters
    coverage = CHARACTER_COVERAGE if max_characters is None else 1.0
    most = min(most, size - least, MOST_CODES - len(always))
    symbols = always + _frequent_symbols(words, set(always), most, coverage, min_frequency)
    return list(SPECIAL_TOKENS) + _merge(words, symbols, size - len(SPECIAL_TOKENS), min_frequency)


def word_symbols(word: str) -> list[str]:
    """Splits a word into single-character pieces: "cat" is "c", "##a", "##t"."""
    return [word[0], *("##" + character for character in word[1:])]


def _ascii_symbols(lowercase: bool) -> list[str]:
    letters = string.ascii_lowercase if lowercase else string.ascii_letters
    inside = list(string.digits + letters)  # signs are always words of their own, so they have no ## form
    return list(string.punctuation) + inside + ["##" + character for character in inside]


def _count_words(
    texts: Iterable[str], lowercase: bool, progress: Callable[[int], None] | None
) -> Counter[str]:
    counts: Counter[str] = Counter()
    read = 0
    for batch in _batches(texts):
        counts.update(split_words(batch, lowercase))
        read += len(batch)
        if progress is not None:
            progress(read)
    return Counter({word: count for word, count in counts.items() if len(word) <= LONGEST_TAUGHT_WORD})


def _batches(texts: Iterable[str]) -> Iterator[str]:
    batch, length = [], 0
    for text in texts:
        batch.append(text)
        length += len(text) + 1
        if length >= BATCH_CHARACTERS:
            yield "\n".join(batch)
            batch, length = [], 0
    if batch:
        yield "\n".join(batch)


def _frequent_symbols(
    words: Counter[str], known: set[str], most: int, coverage: float, min_frequency: int
) -> list[str]:
    """Returns the single-character pieces beyond `known`, most frequent first, that are worth their place."""
    counts: Counter[str] = Counter()
    for word, count in words.items():
        if not word.isascii():
            for symbol in word_symbols(word):
                if symbol not in known:
                    counts[symbol] += count
    wanted = coverage * sum(counts.values())
    chosen, covered = [], 0
    for symbol, count in sorted(counts.items(), key=lambda item: (-item[1], item[0])):
        if len(chosen) >= most or covered >= wanted or count < min_frequency:
            break
        chosen.append(symbol)
        covered += count
    return chosen


def _merge(words: Counter[str], symbols: list[str], size: int, min_frequency: int) -> list[str]:
    """Merges the most frequent pair of pieces until there are `size` pieces.

    The trainer of `tokenizers` breaks ties by the ids of the pieces, and gives ids to "##" pieces in an order
    that changes from run to run. One private code point a symbol, all known beforehand, makes the order ours.
    """
    from tokenizers import Tokenizer
    from tokenizers.models import BPE
    from tokenizers.pre_tokenizers import WhitespaceSplit
    from tokenizers.trainers import BpeTrainer

    codes = {symbol: chr(FIRST_CODE + index) for index, symbol in enumerate(symbols)}
    learner = Tokenizer(BPE())
    learner.pre_tokenizer = WhitespaceSplit()
    trainer = BpeTrainer(
        vocab_size=size,
        min_frequency=min_frequency,
        initial_alphabet=list(codes.values()),
        limit_alphabet=len(codes),
        show_progress=False,
    )
    learner.train_from_iterator(_coded_words(words, codes), trainer)
    pieces = {code: symbol for symbol, code in codes.items()}
    learnt = sorted(learner.get_vocab().items(), key=lambda item: item[1])
    return [pieces[coded[0]] + "".join(pieces[code][2:] for code in coded[1:]) for coded, _ in learnt]


def _coded_words(words: Counter[str], codes: dict[str, str]) -> Iterator[str]:
    """Yields each word as often as it was counted; words with a rare character are left out ([UNK])."""
    for word, count in words.items():
        if len(word) > 1:
            coded = [codes.get(symbol) for symbol in word_symbols(word)]
            if None not in coded:
                yield ("".join(coded) + " ") * count
