"""Reads tokenizer.json, the one file that the `tokenizers` library puts a whole tokenizer into.

It can describe any tokenizer; the one taken here is BERT's, and every setting that changes ids is checked.
What it says about truncation, padding and decoding is not: a call asks for these, not a folder.
"""

from __future__ import annotations

from pathlib import Path

from bert_tf.records import read_json, require_integer
from bert_tf.text_normalization import CLS, SEP, SPECIAL_TOKENS, UNK


def read_tokenizer_json(path: Path) -> tuple[list[str], bool, int]:
    """Reads the tokenizer.json of a BERT tokenizer.

    Returns:
        The pieces in the order of their ids, whether text is lowercased, and the most characters of a word.

    Raises:
        FileNotFoundError: there is no such file.
        ValueError: it describes a tokenizer that does not do what BERT's does.
    """
    content = read_json(path)
    model, normalizer = _part(content, "model"), _part(content, "normalizer")
    lowercase, longest_word = normalizer.get("lowercase"), model.get("max_input_chars_per_word")
    for name, value, allowed in (
        ("the model's type", model.get("type", "WordPiece"), ("WordPiece",)),  # older files leave it out
        ("the model's unk_token", model.get("unk_token"), (UNK,)),
        ("the model's continuing_subword_prefix", model.get("continuing_subword_prefix"), ("##",)),
        ("the normalizer's type", normalizer.get("type"), ("BertNormalizer",)),
        ("the normalizer's clean_text", normalizer.get("clean_text"), (True,)),
        ("the normalizer's handle_chinese_chars", normalizer.get("handle_chinese_chars"), (True,)),
        ("the normalizer's lowercase", lowercase, (True, False)),
        ("the normalizer's strip_accents", normalizer.get("strip_accents"), (None, lowercase)),
        ("the pre_tokenizer's type", _part(content, "pre_tokenizer").get("type"), ("BertPreTokenizer",)),
    ):
        require_setting(path, name, value, allowed)
    require_integer(f"{path}: the model's max_input_chars_per_word", longest_word, minimum=1)
    _check_post_processor(path, _part(content, "post_processor"))
    vocab = _read_vocab(path, model.get("vocab"))
    return append_special_tokens(path, vocab, _added_tokens(path, content)), lowercase, longest_word


def require_setting(path: Path, name: str, value, allowed: tuple) -> None:
    """Refuses a value that is not among the allowed ones (1 is not True here)."""
    if not any(type(value) is type(known) and value == known for known in allowed):
        raise ValueError(
            f"{path}: {name} is {value!r}, but this tokenizer only does BERT's "
            f"{' or '.join(map(repr, allowed))}. Use a folder with that setting."
        )


def append_special_tokens(source: Path, vocab: list[str], added: dict[str, int]) -> list[str]:
    """Appends the special tokens that the vocabulary itself lacks, and refuses all other added tokens.

    Added tokens are looked for in the raw text, before it is split into words. That is done for BERT's five
    alone, so a sixth one would not come out right as just one more piece.

    Args:
        source: the file that adds tokens, for error messages.
        vocab: the pieces.
        added: token -> id; those that `vocab` holds need to have the same id there.
    """
    others = sorted(str(token) for token in added if token not in SPECIAL_TOKENS)
    if others:
        raise ValueError(
            f"{source}: expected no added tokens but {', '.join(SPECIAL_TOKENS)}, got {', '.join(others)}. "
            f"BERT's algorithm has no others: use a folder without them."
        )
    vocab = list(vocab)
    tokens = {index: token for token, index in added.items() if type(index) is int}
    while tokens.get(len(vocab), vocab[0]) not in vocab:  # the next id is that of a token not yet there
        vocab.append(tokens[len(vocab)])
    for token, index in added.items():
        if token not in vocab or vocab.index(token) != index:
            there = f"has it as {vocab.index(token)}" if token in vocab else f"ends with {len(vocab) - 1}"
            raise ValueError(f"{source}: {token} is added with id {index!r}, but the vocabulary {there}.")
    return vocab


def _part(content: dict, name: str) -> dict:
    return content[name] if isinstance(content.get(name), dict) else {}


def _template(*parts: tuple[str, int]) -> list[dict]:
    return [
        {"Sequence" if name in ("A", "B") else "SpecialToken": {"id": name, "type_id": segment}}
        for name, segment in parts
    ]


_SINGLE = _template((CLS, 0), ("A", 0), (SEP, 0))
_PAIR = _template((CLS, 0), ("A", 0), (SEP, 0), ("B", 1), (SEP, 1))


def _check_post_processor(path: Path, processor: dict) -> None:
    """Refuses anything but [CLS] a [SEP] and [CLS] a [SEP] b [SEP] with segments 0 and 1."""
    kind = processor.get("type")
    require_setting(path, "the post_processor's type", kind, ("TemplateProcessing", "BertProcessing"))
    if kind == "TemplateProcessing":
        fits = (processor.get("single"), processor.get("pair")) == (_SINGLE, _PAIR)
    else:  # the piece and its id
        pairs = processor.get("cls"), processor.get("sep")
        fits = [pair[:1] if isinstance(pair, list) else pair for pair in pairs] == [[CLS], [SEP]]
    if not fits:
        raise ValueError(
            f"{path}: the post_processor puts other tokens or segments around texts than BERT's "
            f"{CLS} a {SEP} b {SEP}. Use a folder that has those."
        )


def _read_vocab(path: Path, ids) -> list[str]:
    if not ids or not isinstance(ids, dict) or not all(type(index) is int for index in ids.values()):
        raise ValueError(f"{path}: the model's vocab should map pieces to integer ids, but does not.")
    vocab = sorted(ids, key=ids.get)
    for place, piece in enumerate(vocab):
        if ids[piece] != place:
            raise ValueError(
                f"{path}: the {len(ids)} pieces of the model's vocab should have the ids 0 to "
                f"{len(ids) - 1}, each once, but {piece!r} has {ids[piece]} where {place} should be."
            )
    return vocab


def _added_tokens(path: Path, content: dict) -> dict[str, int]:
    """Returns token -> id of the added tokens; BERT looks for them everywhere, exactly as written."""
    added = {}
    for token in content.get("added_tokens") or []:
        if not isinstance(token, dict) or not isinstance(token.get("content"), str):
            raise ValueError(f"{path}: an added token should be an object with a content, not {token!r}.")
        for flag in ("single_word", "normalized"):
            require_setting(path, f"{flag} of {token['content']}", token.get(flag, False), (False,))
        added[token["content"]] = token.get("id")
    return added
