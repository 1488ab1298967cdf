"""The files of a BERT folder that say how its text is tokenized, read and written.

vocab.txt (one piece a line, in the order of the ids) and tokenizer_config.json are the plain form, and the
one that is written here. transformers 5 writes tokenizer.json in place of vocab.txt; other folders have both.
All files that are there are read and have to agree: a folder that says two things is refused, and so is one
that asks for anything but BERT's own algorithm.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import NamedTuple

from bert_tf.records import read_json, require_integer
from bert_tf.text_normalization import SPECIAL_TOKENS
from bert_tf.tokenizer_json import append_special_tokens, read_tokenizer_json, require_setting
from bert_tf.vocabulary import check_vocabulary

#: The most characters of a word in Google's code: the limit where a folder does not give one of its own.
LONGEST_WORD = 200
#: In transformers it is this, whatever a folder says, and so says the tokenizer.json that it writes. New vocabularies
#: are made with it, so that their folders give the same ids there and here.
LONGEST_WORD_OF_TRANSFORMERS = 100

#: All files that say something about the tokenizer of a folder; the last three are never written here.
TOKENIZER_FILES = (
    "vocab.txt", "tokenizer_config.json", "tokenizer.json", "special_tokens_map.json", "added_tokens.json"
)

#: The special tokens under the names that tokenizer_config.json gives them.
_SPECIAL_NAMES = dict(zip(("pad_token", "unk_token", "cls_token", "sep_token", "mask_token"), SPECIAL_TOKENS))

#: What each of the settings of transformers has to be, where it is said at all.
_SPECIAL_SETTINGS: dict[str, tuple] = {
    "extra_special_tokens": (None, [], {}),
    "additional_special_tokens": (None, []),
    **{name: (token,) for name, token in _SPECIAL_NAMES.items()},
}
_SETTINGS: dict[str, tuple] = {
    "tokenize_chinese_chars": (True,),
    "do_basic_tokenize": (True,),
    "never_split": (None, []),
    **_SPECIAL_SETTINGS,
}
_CLASSES = (None, "BertTokenizer", "BertTokenizerFast")

#: Classes that do what tokenizer.json says, whatever that is: fine where there is one.
_GENERAL_CLASSES = ("PreTrainedTokenizerFast", "TokenizersBackend")


class TokenizerFiles(NamedTuple):
    """What the files say.

    Args:
        vocab: the pieces in the order of their ids.
        lowercase: lowercase text and strip accents.
        longest_word: the most characters of a word; longer ones become [UNK].
    """

    vocab: list[str]
    lowercase: bool
    longest_word: int


def read_tokenizer_files(folder: str | Path) -> TokenizerFiles:
    """Reads vocab.txt, tokenizer.json (one of the two may be missing) and the settings beside them.

    Text is lowercased if the normalizer of tokenizer.json says so, or do_lower_case in tokenizer_config.json,
    or none of them says anything. The longest word is that of tokenizer.json, else max_input_chars_per_word
    in tokenizer_config.json, else `LONGEST_WORD`.

    Raises:
        FileNotFoundError: there is neither vocab.txt nor tokenizer.json.
        ValueError: a file is not what it should be, asks for what BERT does not do, or contradicts another.
    """
    folder = Path(folder)
    text_path, json_path = folder / "vocab.txt", folder / "tokenizer.json"
    settings_path = folder / "tokenizer_config.json"
    if not text_path.is_file() and not json_path.is_file():
        raise FileNotFoundError(
            f"{text_path} does not exist, nor does {json_path.name}. A BERT folder has a vocab.txt: one word "
            f"piece a line, in the order of the ids; or the tokenizer.json that transformers writes."
        )
    settings = _read_if_there(settings_path)
    lowercase = settings.get("do_lower_case", True)
    require_setting(settings_path, "do_lower_case", lowercase, (True, False))
    longest_word = settings.get("max_input_chars_per_word", LONGEST_WORD)
    require_integer(f"{settings_path}: max_input_chars_per_word", longest_word, minimum=1)
    vocabs: dict[Path, list[str]] = {}
    if text_path.is_file():
        vocabs[text_path] = _read_vocab_text(text_path)
    if json_path.is_file():
        vocabs[json_path], lower, longest_word = read_tokenizer_json(json_path)
        if settings.get("do_lower_case", lower) != lower:
            raise ValueError(
                f"{settings_path}: do_lower_case is {lowercase}, but the normalizer in {json_path.name} says "
                f"lowercase {lower}. Find out which one the model was trained with, and correct the other."
            )
        lowercase = lower
    _check_settings(folder, settings, lowercase, json_path.is_file())
    for source, added in _added_tokens(folder, settings).items():
        vocabs = {path: append_special_tokens(source, vocab, added) for path, vocab in vocabs.items()}
    _require_equal(vocabs)
    path, vocab = next(iter(vocabs.items()))
    try:
        check_vocabulary(vocab)
    except ValueError as error:
        raise ValueError(f"{path}: {error}") from None
    return TokenizerFiles(vocab, lowercase, longest_word)


def write_tokenizer_files(folder: str | Path, files: TokenizerFiles, model_max_length: int | None) -> None:
    """Writes vocab.txt and tokenizer_config.json; files of an older tokenizer in that folder are removed."""
    folder = Path(folder)
    folder.mkdir(parents=True, exist_ok=True)
    settings = {
        "tokenizer_class": "BertTokenizer",
        "do_lower_case": files.lowercase,
        "strip_accents": None,
        "tokenize_chinese_chars": True,
        **_SPECIAL_NAMES,
    }
    if model_max_length is not None:
        settings["model_max_length"] = model_max_length
    if files.longest_word != LONGEST_WORD:
        settings["max_input_chars_per_word"] = files.longest_word
    for older in TOKENIZER_FILES[2:]:
        (folder / older).unlink(missing_ok=True)  # transformers would read them as well
    with open(folder / "vocab.txt", "w", encoding="utf-8", newline="\n") as file:
        file.writelines(piece + "\n" for piece in files.vocab)
    text = json.dumps(settings, indent=2) + "\n"
    (folder / "tokenizer_config.json").write_text(text, encoding="utf-8")


def _read_if_there(path: Path) -> dict:
    return read_json(path) if path.is_file() else {}


def _read_vocab_text(path: Path) -> list[str]:
    """Returns the lines of vocab.txt, without what editors leave: a byte order mark, empty lines at the end."""
    try:
        return path.read_text(encoding="utf-8-sig").rstrip("\n").split("\n")
    except UnicodeDecodeError as error:
        raise ValueError(f"{path} is not UTF-8 text ({error}). Save it again as UTF-8.") from None


def _check_settings(folder: Path, settings: dict, lowercase: bool, has_tokenizer_json: bool) -> None:
    """Refuses settings of transformers that ask for what BERT's algorithm does not do."""
    path, map_path = folder / "tokenizer_config.json", folder / "special_tokens_map.json"
    classes = _CLASSES + (_GENERAL_CLASSES if has_tokenizer_json else ())
    require_setting(path, "tokenizer_class", settings.get("tokenizer_class"), classes)
    require_setting(path, "strip_accents", settings.get("strip_accents"), (None, lowercase))
    tokens = _read_if_there(map_path)
    for source, content, rules in ((path, settings, _SETTINGS), (map_path, tokens, _SPECIAL_SETTINGS)):
        for name, allowed in rules.items():
            value = content.get(name, allowed[0])
            if isinstance(value, dict) and "content" in value:  # a special token written with its flags
                value = value["content"]
            require_setting(source, name, value, allowed)


def _added_tokens(folder: Path, settings: dict) -> dict[Path, dict[str, int]]:
    """Returns token -> id of the tokens that the older files of transformers add, for each of these files."""
    path, older_path = folder / "tokenizer_config.json", folder / "added_tokens.json"
    decoder = settings.get("added_tokens_decoder") or {}
    try:
        added = {token["content"]: int(index) for index, token in decoder.items()}
    except (AttributeError, KeyError, TypeError, ValueError):
        raise ValueError(f"{path}: added_tokens_decoder should map ids to tokens with a content.") from None
    return {path: added, older_path: _read_if_there(older_path)}


def _require_equal(vocabs: dict[Path, list[str]]) -> None:
    """Refuses a vocab.txt and a tokenizer.json with different pieces."""
    (path, vocab), (other_path, other) = list(vocabs.items())[0], list(vocabs.items())[-1]
    if vocab != other:
        both = min(len(vocab), len(other))
        first = next((index for index in range(both) if vocab[index] != other[index]), both)
        raise ValueError(
            f"{path} ({len(vocab)} pieces) and {other_path.name} ({len(other)} pieces) differ at id {first}. "
            f"Find out which one the model was trained with, and remove the other."
        )
