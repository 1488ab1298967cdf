"""Two more independent witnesses: keras-nlp's BERT backbone and tensorflow-text's BERT tokenizer."""

import os

import numpy as np
import pytest

pytest.importorskip("tensorflow_text")

from bert_tf.config import BertConfig
from bert_tf.model import BertEncoder
from bert_tf.tokenizer import WordPieceTokenizer


def copy_into_keras_nlp(encoder: BertEncoder, backbone) -> None:
    """Puts our weights into keras-nlp's variables, which keep query, key and value apart and by head."""
    shape = encoder.config
    heads = (shape.hidden_size, shape.num_attention_heads, shape.head_size)
    embeddings = encoder.embeddings
    backbone.get_layer("token_embedding").embeddings.assign(embeddings.word.embeddings)
    backbone.get_layer("position_embedding").position_embeddings.assign(embeddings.position.embeddings)
    backbone.get_layer("segment_embedding").embeddings.assign(embeddings.segment.embeddings)
    pairs = [(backbone.get_layer("embeddings_layer_norm"), embeddings.norm)]
    for i, block in enumerate(encoder.blocks):
        theirs = backbone.get_layer(f"transformer_layer_{i}")
        joint, attention = block.attention.query_key_value, theirs._self_attention_layer
        for part, dense in enumerate((attention._query_dense, attention._key_dense, attention._value_dense)):
            columns = slice(part * shape.hidden_size, (part + 1) * shape.hidden_size)
            dense.kernel.assign(np.reshape(np.array(joint.kernel)[:, columns], heads))
            dense.bias.assign(np.reshape(np.array(joint.bias)[columns], heads[1:]))
        attention._output_dense.kernel.assign(
            np.reshape(np.array(block.attention_output.kernel), (*heads[1:], shape.hidden_size)))
        attention._output_dense.bias.assign(block.attention_output.bias)
        pairs += [(theirs._self_attention_layer_norm, block.attention_norm),
                  (theirs._feedforward_layer_norm, block.output_norm)]
        for dense, ours in ((theirs._feedforward_intermediate_dense, block.intermediate),
                            (theirs._feedforward_output_dense, block.output_dense)):
            dense.kernel.assign(ours.kernel)
            dense.bias.assign(ours.bias)
    for norm, ours in pairs:
        norm.gamma.assign(ours.gamma)
        norm.beta.assign(ours.beta)
    pooled = backbone.get_layer("pooled_dense")
    pooled.kernel.assign(encoder.pooler.project.kernel)
    pooled.bias.assign(encoder.pooler.project.bias)


@pytest.mark.skipif(os.environ.get("KERAS_BACKEND", "tensorflow") != "tensorflow", reason="keras-nlp runs on TensorFlow")
def test_the_encoder_computes_what_keras_nlp_computes():
    import keras_nlp

    # keras-nlp's blocks use the tanh form of GELU and an epsilon of 1e-12
    shape = BertConfig.of_size("tiny", 50, hidden_act="gelu_new", max_position_embeddings=12)
    encoder = BertEncoder(shape)
    rng = np.random.default_rng(0)
    for variable in encoder.trainable_variables:
        variable.assign(rng.normal(scale=0.3, size=variable.shape) + (variable.name == "gamma"))
    backbone = keras_nlp.models.BertBackbone(
        vocabulary_size=50, num_layers=2, num_heads=2, hidden_dim=128, intermediate_dim=512, max_sequence_length=12)
    copy_into_keras_nlp(encoder, backbone)
    inputs = {"token_ids": rng.integers(0, 50, (3, 12)), "segment_ids": rng.integers(0, 2, (3, 12)),
              "padding_mask": np.array([[1] * 12, [1] * 7 + [0] * 5, [1] * 2 + [0] * 10])}
    inputs = {key: value.astype("int32") for key, value in inputs.items()}
    ours, theirs = encoder.predict_on_batch(inputs), backbone.predict_on_batch(inputs)
    real = inputs["padding_mask"].astype(bool)
    np.testing.assert_allclose(ours["sequence_output"][real], theirs["sequence_output"][real], atol=1e-4)
    np.testing.assert_allclose(ours["pooled_output"], theirs["pooled_output"], atol=1e-4)


def test_the_tokenizer_cuts_as_tensorflow_text_does(tmp_path):
    import tensorflow as tf
    import tensorflow_text

    # no full-width punctuation: tensorflow-text folds it to ASCII, Google's own code does not
    letters = [chr(code) for code in range(33, 127)] + list("今天气很好我们去公园吧银行。")
    pieces = [*letters, *(f"##{letter}" for letter in letters if letter.isascii()),
              "the", "un", "##believ", "##able", "bank", "##s", "cafe"]
    vocab = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]", *dict.fromkeys(piece.lower() for piece in pieces)]
    (tmp_path / "vocab.txt").write_text("\n".join(vocab) + "\n", encoding="utf-8")
    texts = ["The unbelievable banks.", "今天天气很好我们去公园吧。", "Café 银行 (bank) - 3.14!", "don't  stop\tnow",
             "ÀÉÎ unknown 中文 x"]
    theirs = tensorflow_text.BertTokenizer(str(tmp_path / "vocab.txt"), token_out_type=tf.int32, lower_case=True)
    expected = [theirs.tokenize([text]).flat_values.numpy().tolist() for text in texts]
    ours = WordPieceTokenizer(vocab)
    assert [ours.token_ids(text) for text in texts] == expected
