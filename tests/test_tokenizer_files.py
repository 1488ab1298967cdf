"""Folders: ours in transformers, theirs here, what has to agree in them and what is refused."""

import json
import random

import pytest
from tokenizer_reference import POOLS, VOCAB, fuzz_vocab, random_text, transformers_differs

from bert_tf.tokenizer import WordPieceTokenizer
from bert_tf.tokenizer_files import LONGEST_WORD


def write_folder(folder, vocab=VOCAB, settings=None):
    (folder / "vocab.txt").write_bytes("\r\n".join(vocab).encode())  # no last line end, Windows line ends
    if settings is not None:
        write_json(folder / "tokenizer_config.json", settings)
    return folder


def write_json(path, content):
    path.write_text(json.dumps(content), encoding="utf-8")


def change_json(path, **changes):
    write_json(path, json.loads(path.read_text(encoding="utf-8")) | changes)


def saved_by_transformers(folder, vocab=VOCAB, **options):
    """A folder that transformers wrote, and its tokenizer: read from vocab.txt, saved without one."""
    transformers = pytest.importorskip("transformers")
    (folder / "plain").mkdir(parents=True)
    (folder / "plain" / "vocab.txt").write_text("\n".join(vocab) + "\n", encoding="utf-8")
    theirs = transformers.BertTokenizer.from_pretrained(folder / "plain", **options)
    theirs.save_pretrained(folder / "saved")
    assert not (folder / "saved" / "vocab.txt").exists()
    return folder / "saved", theirs


# Ours -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("lowercase", "longest"), [(True, 200), (False, 50)])
def test_save_and_load_are_exact(tmp_path, lowercase, longest):
    odd = VOCAB + ["\u2028", "\x85", "a b", "\ufeff", "\u3000"]  # line ends to some readers, not to this one
    ours = WordPieceTokenizer(odd, lowercase=lowercase, max_characters_per_word=longest)
    ours.save(tmp_path / "new" / "folder")
    again = WordPieceTokenizer.from_folder(tmp_path / "new" / "folder")
    assert again.vocab == odd and again.vocab_hash == ours.vocab_hash and again.lowercase is lowercase
    assert again.max_characters_per_word == longest


@pytest.mark.parametrize("lowercase", [True, False])
def test_saved_folder_opens_in_transformers(tmp_path, lowercase):
    transformers = pytest.importorskip("transformers")
    ours = WordPieceTokenizer(VOCAB + ["The"], lowercase=lowercase)
    ours.save(tmp_path, model_max_length=128)
    (tmp_path / "config.json").write_text('{"model_type": "bert"}', encoding="utf-8")
    for loaded in (
        transformers.BertTokenizer.from_pretrained(tmp_path),
        transformers.AutoTokenizer.from_pretrained(tmp_path),
    ):
        assert loaded.model_max_length == 128
        assert loaded.get_vocab() == {piece: index for index, piece in enumerate(ours.vocab)}
        encoding = ours.encode("The cat[MASK].", "我爱北京。")
        theirs = loaded("The cat[MASK].", "我爱北京。", return_offsets_mapping=True)
        assert encoding.token_ids.tolist() == theirs["input_ids"]
        assert encoding.segment_ids.tolist() == theirs["token_type_ids"]
        assert encoding.offsets == theirs["offset_mapping"]


def test_save_replaces_the_tokenizer_of_the_folder(tmp_path):
    folder, _ = saved_by_transformers(tmp_path, VOCAB + ["more"], do_lower_case=False)
    write_json(folder / "added_tokens.json", {"[NEW]": 41})
    write_json(folder / "special_tokens_map.json", {"mask_token": "<mask>"})
    (folder / "model.safetensors").touch()
    ours = WordPieceTokenizer(VOCAB)
    ours.save(folder)
    assert sorted(path.name for path in folder.iterdir()) == [
        "model.safetensors", "tokenizer_config.json", "vocab.txt"
    ]
    assert WordPieceTokenizer.from_folder(folder).vocab_hash == ours.vocab_hash


# Theirs: vocab.txt ----------------------------------------------------------------------------------


def test_folder_of_others(tmp_path):
    assert WordPieceTokenizer.from_folder(write_folder(tmp_path)).lowercase is True
    settings = {
        "do_lower_case": False, "strip_accents": False, "tokenize_chinese_chars": True, "never_split": None,
        "tokenizer_class": "BertTokenizerFast", "model_max_length": 512, "unk_token": "[UNK]",
        "mask_token": {"content": "[MASK]", "lstrip": False}, "extra_special_tokens": {},
        "added_tokens_decoder": {"4": {"content": "[MASK]", "special": True}},
    }
    tokenizer = WordPieceTokenizer.from_folder(write_folder(tmp_path, settings=settings))
    assert tokenizer.lowercase is False and tokenizer.vocab == VOCAB


@pytest.mark.parametrize(
    "settings",
    [
        {"strip_accents": False},
        {"do_lower_case": False, "strip_accents": True},
        {"do_lower_case": "yes"},
        {"do_lower_case": None},
        {"tokenize_chinese_chars": False},
        {"do_basic_tokenize": False},
        {"tokenizer_class": "BertJapaneseTokenizer"},
        {"tokenizer_class": "PreTrainedTokenizerFast"},
        {"unk_token": "<unk>"},
        {"mask_token": {"content": "<mask>"}},
        {"never_split": ["abc"]},
        {"extra_special_tokens": {"x": "[X]"}},
        {"extra_special_tokens": ["[X]"]},
        {"added_tokens_decoder": {"99": {"content": "[NEW]"}}},
        {"added_tokens_decoder": {"3": {"content": "[MASK]"}}},
        {"added_tokens_decoder": {"x": {"content": "[MASK]"}}},
        {"added_tokens_decoder": ["[MASK]"]},
        {"max_input_chars_per_word": 0},
    ],
    ids=lambda settings: next(iter(settings)),
)
def test_settings_that_are_refused(tmp_path, settings):
    with pytest.raises(ValueError, match="tokenizer_config.json: "):
        WordPieceTokenizer.from_folder(write_folder(tmp_path, settings=settings))


def test_what_editors_leave_in_a_vocabulary(tmp_path):
    (tmp_path / "vocab.txt").write_text("\ufeff" + "\n".join(VOCAB) + "\n\n\n", encoding="utf-8")
    assert WordPieceTokenizer.from_folder(tmp_path).vocab == VOCAB


def test_folders_that_are_refused(tmp_path):
    with pytest.raises(FileNotFoundError, match=r"vocab.txt does not exist, nor does .*piece a line"):
        WordPieceTokenizer.from_folder(tmp_path)
    with pytest.raises(ValueError, match=r"vocab.txt: \[PAD\], .*\[MASK\] missing"):
        WordPieceTokenizer.from_folder(write_folder(tmp_path, ["a", "b"]))
    with pytest.raises(ValueError, match=r"vocab.txt: 'cat' is in the vocabulary twice"):
        WordPieceTokenizer.from_folder(write_folder(tmp_path, VOCAB + ["cat"]))
    (tmp_path / "vocab.txt").write_bytes("[PAD]\ncafé\n".encode("latin-1"))
    with pytest.raises(ValueError, match="is not UTF-8 text"):
        WordPieceTokenizer.from_folder(tmp_path)


@pytest.mark.parametrize(
    ("name", "content", "message"),
    [
        ("added_tokens.json", {"[NEW]": 40}, "added_tokens.json: expected no added tokens but .*, got .NEW."),
        ("added_tokens.json", {"[MASK]": 40}, r"\[MASK\] is added with id 40, but .* has it as 4"),
        ("special_tokens_map.json", {"mask_token": "<mask>"}, "map.json: mask_token is '<mask>'"),
        ("special_tokens_map.json", {"additional_special_tokens": ["[A]"]}, "additional_special_tokens"),
    ],
)
def test_older_files_that_are_refused(tmp_path, name, content, message):
    write_json(write_folder(tmp_path) / name, content)
    with pytest.raises(ValueError, match=message):
        WordPieceTokenizer.from_folder(tmp_path)


def test_special_tokens_that_older_files_append(tmp_path):
    vocab = [piece for piece in VOCAB if piece not in ("[MASK]", "[CLS]")]
    write_folder(tmp_path, vocab, {"added_tokens_decoder": {"39": {"content": "[CLS]"}}})
    write_json(tmp_path / "added_tokens.json", {"[CLS]": 39, "[MASK]": 38, "[PAD]": 0})
    with pytest.raises(ValueError, match=r"config.json: \[CLS\] is added with id 39, .* ends with 37"):
        WordPieceTokenizer.from_folder(tmp_path)
    write_json(tmp_path / "tokenizer_config.json", {"do_lower_case": True})
    assert WordPieceTokenizer.from_folder(tmp_path).vocab == vocab + ["[MASK]", "[CLS]"]


# Theirs: tokenizer.json -----------------------------------------------------------------------------


@pytest.mark.parametrize("lowercase", [True, False])
def test_folder_saved_by_transformers_gives_its_ids(tmp_path, lowercase):
    vocab = fuzz_vocab(random.Random(11))
    folder, theirs = saved_by_transformers(tmp_path, vocab, do_lower_case=lowercase)
    ours = WordPieceTokenizer.from_folder(folder)
    assert ours.vocab == vocab and ours.lowercase is lowercase and ours.max_characters_per_word == 100
    rng, pools = random.Random(f"saved {lowercase}"), [name for name in POOLS if name != "surrogate"]
    seen = set()
    for _ in range(600):
        text = "".join(c for c in random_text(rng, pools) if not transformers_differs(c))
        expected = theirs(text, "é [MASK]")["input_ids"]
        assert ours.encode(text, "é [MASK]").token_ids.tolist() == expected, repr(text)
        seen.update(expected)
    assert len(seen) > 200
    ours.save(tmp_path / "ours")  # and on: the limit of 100 stays with it
    again = WordPieceTokenizer.from_folder(tmp_path / "ours")
    assert again.vocab_hash == ours.vocab_hash and again.max_characters_per_word == 100


def test_the_limit_is_what_the_folder_says(tmp_path):
    def limit(folder):
        return WordPieceTokenizer.from_folder(folder).max_characters_per_word

    folder, theirs = saved_by_transformers(tmp_path, VOCAB + ["a", "##a"])
    assert limit(tmp_path / "plain") == LONGEST_WORD == 200 and limit(folder) == 100
    ours = WordPieceTokenizer.from_folder(folder)
    for length in (100, 101):
        expected = theirs("a" * length, add_special_tokens=False)["input_ids"]
        assert ours.token_ids("a" * length) == expected and len(expected) == (100 if length == 100 else 1)
    write_json(tmp_path / "plain" / "tokenizer_config.json", {"max_input_chars_per_word": 50})
    assert limit(tmp_path / "plain") == 50
    change_json(folder / "tokenizer_config.json", max_input_chars_per_word=50)
    assert limit(folder) == 100


@pytest.mark.parametrize("lowercase", [True, False])
def test_lowercasing_where_only_tokenizer_json_says_it(tmp_path, lowercase):
    folder, _ = saved_by_transformers(tmp_path, do_lower_case=lowercase)
    (folder / "tokenizer_config.json").unlink()
    assert WordPieceTokenizer.from_folder(folder).lowercase is lowercase
    write_json(folder / "tokenizer_config.json", {"tokenizer_class": "TokenizersBackend"})
    assert WordPieceTokenizer.from_folder(folder).lowercase is lowercase


@pytest.mark.parametrize("lowercase", [True, False])
def test_files_that_disagree_on_lowercasing(tmp_path, lowercase):
    folder, _ = saved_by_transformers(tmp_path, do_lower_case=lowercase)
    change_json(folder / "tokenizer_config.json", do_lower_case=not lowercase)
    message = f"do_lower_case is {not lowercase}, but the normalizer in .* says lowercase {lowercase}"
    with pytest.raises(ValueError, match=message):
        WordPieceTokenizer.from_folder(folder)


def test_vocab_txt_beside_tokenizer_json(tmp_path):
    folder, _ = saved_by_transformers(tmp_path)
    write_folder(folder)
    tokenizer = WordPieceTokenizer.from_folder(folder)
    assert tokenizer.vocab == VOCAB and tokenizer.max_characters_per_word == 100
    for other, place in ((VOCAB + ["more"], 40), (VOCAB[:-1], 39), (VOCAB[:7] + ["x"] + VOCAB[8:], 7)):
        write_folder(folder, other)
        with pytest.raises(ValueError, match=rf"vocab.txt \({len(other)} pieces\) .* differ at id {place}\."):
            WordPieceTokenizer.from_folder(folder)


def test_special_token_that_transformers_appended(tmp_path):
    vocab = [piece for piece in VOCAB if piece != "[MASK]"]
    folder, theirs = saved_by_transformers(tmp_path, vocab)
    ours = WordPieceTokenizer.from_folder(folder)
    assert ours.mask_token_id == theirs.mask_token_id == 39 and ours.vocab == vocab + ["[MASK]"]
    assert ours.encode("the [MASK]cat").token_ids.tolist() == theirs("the [MASK]cat")["input_ids"]


def test_added_words_are_refused(tmp_path):
    folder, theirs = saved_by_transformers(tmp_path)
    theirs.add_tokens(["foo"])
    theirs.save_pretrained(folder)
    with pytest.raises(ValueError, match=r"tokenizer.json: .* foo|got foo"):
        WordPieceTokenizer.from_folder(folder)
