"""Published sizes, what is refused, and JSON out and in."""

import json

import numpy as np
import pytest

from bert_tf.config import SIZES, BertConfig
from bert_tf.records import read_json

#: Parameters of encoder and pooler with 30,522 pieces, as published with the models.
PUBLISHED = {"tiny": 4_385_920, "mini": 11_170_560, "small": 28_763_648, "medium": 41_373_184,
             "base": 109_482_240, "large": 335_141_888}


@pytest.fixture
def config():
    return BertConfig(vocab_size=10, hidden_size=8, num_hidden_layers=1, num_attention_heads=2,
                      intermediate_size=16)


# BertConfig -----------------------------------------------------------------------------------------


@pytest.mark.parametrize("size", PUBLISHED)
def test_parameter_counts_are_the_published_ones(size):
    assert BertConfig.of_size(size).parameter_count() == PUBLISHED[size]


@pytest.mark.parametrize("size", ["tiny", "mini"])
def test_built_encoders_have_that_many_parameters(size):
    from bert_tf.model import BertEncoder

    assert BertEncoder(BertConfig.of_size(size)).count_params() == PUBLISHED[size]


def test_odd_shapes_are_counted_right_too():
    from bert_tf.model import BertEncoder

    odd = BertConfig(vocab_size=37, hidden_size=15, num_hidden_layers=3, num_attention_heads=5,
                     intermediate_size=7, max_position_embeddings=11, type_vocab_size=3)
    assert BertEncoder(odd).count_params() == odd.parameter_count()


def test_all_sizes_have_heads_of_64():
    assert {BertConfig.of_size(size).head_size for size in SIZES} == {64}


def test_of_size_takes_changes():
    config = BertConfig.of_size("tiny", 100, max_position_embeddings=32, hidden_act="relu")
    assert (config.vocab_size, config.max_position_embeddings, config.hidden_act) == (100, 32, "relu")
    with pytest.raises(ValueError, match="Unknown size 'huge'.*tiny, mini"):
        BertConfig.of_size("huge")


@pytest.mark.parametrize("changes, message", [
    ({"num_attention_heads": 3}, "hidden_size 8 cannot be shared among 3 heads"),
    ({"vocab_size": 0}, "vocab_size should be an integer of at least 1, not 0"),
    ({"hidden_size": 8.0}, "hidden_size should be an integer"),
    ({"num_hidden_layers": True}, "num_hidden_layers should be an integer"),
    ({"intermediate_size": "16"}, "intermediate_size should be an integer"),
    ({"max_position_embeddings": -1}, "max_position_embeddings"),
    ({"hidden_act": "swish"}, "hidden_act should be one of gelu, gelu_new, relu, not 'swish'"),
    ({"hidden_act": None}, "hidden_act"),
    ({"hidden_dropout_prob": 1.0}, "hidden_dropout_prob should be a number at least 0.0 and below 1.0"),
    ({"attention_probs_dropout_prob": -0.1}, "attention_probs_dropout_prob"),
    ({"initializer_range": 0.0}, "initializer_range should be a number above 0.0"),
    ({"layer_norm_eps": float("nan")}, "layer_norm_eps"),
    ({"layer_norm_eps": float("inf")}, "layer_norm_eps"),
    ({"pad_token_id": 10}, "pad_token_id 10 is outside the vocabulary of 10"),
    ({"pad_token_id": -1}, "pad_token_id should be an integer of at least 0"),
])
def test_shapes_that_cannot_be_are_refused(config, changes, message):
    with pytest.raises(ValueError, match=message):
        config.replace(**changes)


def test_configs_are_frozen(config):
    with pytest.raises(AttributeError):
        config.hidden_size = 16


def test_json_round_trip(config, tmp_path):
    changed = config.replace(hidden_act="gelu_new", layer_norm_eps=1e-5)
    changed.save(tmp_path / "config.json")
    assert BertConfig.load(tmp_path / "config.json") == changed
    assert json.loads((tmp_path / "config.json").read_text())["layer_norm_eps"] == 1e-5


def test_numpy_integers_are_written_as_plain_ones(config):
    assert config.replace(hidden_size=np.int64(8)).to_dict() == config.to_dict()


def test_unknown_keys_are_refused_by_name(config):
    with pytest.raises(ValueError, match="BertConfig does not know colour, heads. It knows: vocab_size"):
        BertConfig.from_dict(config.to_dict() | {"heads": 2, "colour": 1})


def test_unreadable_json_says_what_is_wrong(tmp_path):
    path = tmp_path / "config.json"
    with pytest.raises(FileNotFoundError, match="config.json does not exist"):
        read_json(path)
    for content, message in ((b"{", "not valid JSON"), (b"\xff\xfe", "not valid JSON"),
                             (b"[1]", "holds a list")):
        path.write_bytes(content)
        with pytest.raises(ValueError, match=message):
            read_json(path)
    path.write_text('{"size": "mini"}', encoding="utf-8-sig")  # with a byte order mark
    assert read_json(path) == {"size": "mini"}
