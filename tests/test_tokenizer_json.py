"""tokenizer.json: those of the `tokenizers` library are read, whatever is not BERT's is refused."""

import copy
import json

import pytest
from tokenizer_reference import VOCAB

from bert_tf.tokenizer_json import read_tokenizer_json

SPECIAL_FLAGS = {"single_word": False, "lstrip": False, "rstrip": False, "normalized": False, "special": True}


def bert_json(vocab=VOCAB, limit=100, **normalizer):
    """What `tokenizers` writes for a BERT tokenizer that is put together by hand."""
    tokenizers = pytest.importorskip("tokenizers")
    ids = {piece: index for index, piece in enumerate(vocab)}
    model = tokenizers.models.WordPiece(ids, unk_token="[UNK]", max_input_chars_per_word=limit)
    made = tokenizers.Tokenizer(model)
    made.normalizer = tokenizers.normalizers.BertNormalizer(**normalizer)
    made.pre_tokenizer = tokenizers.pre_tokenizers.BertPreTokenizer()
    sep, cls = (("[SEP]", ids["[SEP]"]), ("[CLS]", ids["[CLS]"]))
    made.post_processor = tokenizers.processors.BertProcessing(sep, cls)
    made.add_special_tokens([piece for piece in vocab if piece.startswith("[")])
    return json.loads(made.to_str())


def read(folder, content):
    path = folder / "tokenizer.json"
    path.write_text(json.dumps(content), encoding="utf-8")
    return read_tokenizer_json(path)


def changed(content, place, value):
    content = copy.deepcopy(content)
    *parts, last = place.split(".")
    part = content
    for name in parts:
        part = part[int(name) if name.isdigit() else name]
    part[int(last) if last.isdigit() else last] = value
    return content


def test_what_tokenizers_writes_is_read(tmp_path):
    assert read(tmp_path, bert_json()) == (VOCAB, True, 100)
    assert read(tmp_path, bert_json(limit=17, lowercase=False)) == (VOCAB, False, 17)
    assert read(tmp_path, bert_json(lowercase=False, strip_accents=False))[1] is False
    backwards = VOCAB[::-1]
    assert read(tmp_path, bert_json(backwards))[0] == backwards
    shuffled = bert_json()
    shuffled["model"]["vocab"] = dict(sorted(shuffled["model"]["vocab"].items()))
    assert read(tmp_path, shuffled)[0] == VOCAB


def test_what_changes_no_ids_is_left_alone(tmp_path):
    content = bert_json()
    del content["model"]["type"]  # as in files of 2020
    content["truncation"] = {"max_length": 128, "strategy": "LongestFirst", "stride": 0, "direction": "Right"}
    content["added_tokens"] = []
    assert read(tmp_path, content) == (VOCAB, True, 100)


@pytest.mark.parametrize(
    ("place", "value", "message"),
    [
        ("model.type", "BPE", "the model's type is 'BPE'"),
        ("model.type", None, "the model's type is None"),
        ("model", [], "the model's unk_token is None"),
        ("model.unk_token", "<unk>", "unk_token is '<unk>'"),
        ("model.continuing_subword_prefix", "@@", "continuing_subword_prefix is '@@'"),
        ("model.max_input_chars_per_word", 0, "max_input_chars_per_word should be an integer of at least 1"),
        ("model.max_input_chars_per_word", None, "max_input_chars_per_word should be an integer"),
        ("model.vocab", ["[PAD]"], "map pieces to integer ids"),
        ("model.vocab", {}, "map pieces to integer ids"),
        ("model.vocab.cat", "6", "map pieces to integer ids"),
        ("model.vocab.cat", 5, "'cat' has 5 where 6 should be"),
        ("model.vocab.cat", 99, "'sat' has 7 where 6 should be"),
        ("model.vocab.cat", -1, "'cat' has -1 where 0 should be"),
        ("normalizer", None, "the normalizer's type is None"),
        ("normalizer.type", "Lowercase", "the normalizer's type is 'Lowercase'"),
        ("normalizer.clean_text", False, "clean_text is False"),
        ("normalizer.handle_chinese_chars", False, "handle_chinese_chars is False"),
        ("normalizer.lowercase", None, "lowercase is None"),
        ("normalizer.lowercase", 1, "lowercase is 1"),
        ("normalizer.strip_accents", False, "strip_accents is False"),
        ("pre_tokenizer", {"type": "Whitespace"}, "the pre_tokenizer's type is 'Whitespace'"),
        ("post_processor", None, "the post_processor's type is None"),
        ("post_processor.cls", ["<s>", 2], "other tokens or segments"),
        ("post_processor.sep", None, "other tokens or segments"),
        ("post_processor", {"type": "TemplateProcessing", "single": [], "pair": []}, "other tokens or segm"),
        ("added_tokens.4.normalized", True, r"normalized of \[MASK\] is True"),
        ("added_tokens.4.single_word", True, r"single_word of \[MASK\] is True"),
        ("added_tokens.4.id", 3, r"\[MASK\] is added with id 3, but the vocabulary has it as 4"),
        ("added_tokens.4.content", "cat", "got cat"),
        ("added_tokens.4", "[MASK]", "an object with a content"),
    ],
)
def test_what_is_refused(tmp_path, place, value, message):
    with pytest.raises(ValueError, match=rf"tokenizer.json: .*{message}"):
        read(tmp_path, changed(bert_json(), place, value))


def test_other_templates_are_refused(tmp_path):
    tokenizers = pytest.importorskip("tokenizers")
    special = [("[CLS]", 2), ("[SEP]", 3)]
    for single, pair, fits in (
        ("[CLS] $A [SEP]", "[CLS] $A [SEP] $B:1 [SEP]:1", True),
        ("[CLS] $A [SEP]", "[CLS] $A [SEP] $B [SEP]", False),
        ("[CLS] $A [SEP]", "[CLS] $A [SEP] [SEP] $B:1 [SEP]:1", False),
        ("$A [SEP]", "[CLS] $A [SEP] $B:1 [SEP]:1", False),
    ):
        template = tokenizers.processors.TemplateProcessing(single=single, pair=pair, special_tokens=special)
        content = changed(bert_json(), "post_processor", json.loads(template.__getstate__()))
        if fits:
            assert read(tmp_path, content)[0] == VOCAB
        else:
            with pytest.raises(ValueError, match="other tokens or segments"):
                read(tmp_path, content)


def test_special_tokens_beyond_the_vocabulary_are_appended(tmp_path):
    content = bert_json([piece for piece in VOCAB if piece not in ("[MASK]", "[PAD]")])
    for index, token in ((39, "[PAD]"), (38, "[MASK]")):
        content["added_tokens"].append({"id": index, "content": token, **SPECIAL_FLAGS})
    assert read(tmp_path, content)[0] == [*VOCAB[1:4], *VOCAB[5:], "[MASK]", "[PAD]"]
    for wrong in (40, 3, "38", None):
        with pytest.raises(ValueError, match=r"\[(MASK|PAD)\] is added with id .* the vocabulary ends with"):
            read(tmp_path, changed(content, "added_tokens.4.id", wrong))


def test_other_models_of_the_library_are_refused(tmp_path):
    tokenizers = pytest.importorskip("tokenizers")
    for model in (tokenizers.models.BPE(), tokenizers.models.WordLevel({"a": 0}, unk_token="a")):
        with pytest.raises(ValueError, match="the model's type is"):
            read(tmp_path, json.loads(tokenizers.Tokenizer(model).to_str()))


def test_files_that_are_no_json(tmp_path):
    with pytest.raises(FileNotFoundError, match="tokenizer.json does not exist"):
        read_tokenizer_json(tmp_path / "tokenizer.json")
    (tmp_path / "tokenizer.json").write_text("{", encoding="utf-8")
    with pytest.raises(ValueError, match="not valid JSON"):
        read_tokenizer_json(tmp_path / "tokenizer.json")
