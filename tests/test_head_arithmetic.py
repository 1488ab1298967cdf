"""One head's arithmetic: numbers worked out by hand, and the model's own attention as the answer to reach."""

import math

import numpy as np
import pytest
from safetensors.numpy import load_file

from bert_tf.head_arithmetic import attend, head_arithmetic, head_vectors

TEXT = ("the cat sat on the mat.", "我 爱 苹果。")


def test_a_worked_example():
    steps = attend(np.array([1.0, 2.0]), np.array([[3.0, 1.0], [0.0, 1.0]]), np.array([[1.0, 0.0], [0.0, 10.0]]))
    assert steps.products.tolist() == [[3, 2], [0, 2]] and steps.dots.tolist() == [5, 2]
    np.testing.assert_allclose(steps.scores, [3.5355, 1.4142], atol=1e-4)
    np.testing.assert_allclose(steps.exponentials, [1, math.exp(-3 / math.sqrt(2))], atol=1e-6)
    weight = 1 / (1 + math.exp(-3 / math.sqrt(2)))
    np.testing.assert_allclose(steps.weights, [weight, 1 - weight], atol=1e-6)
    np.testing.assert_allclose(steps.weighted, [[weight, 0], [0, 10 * (1 - weight)]], atol=1e-6)
    np.testing.assert_allclose(steps.output, [weight, 10 * (1 - weight)], atol=1e-6)


@pytest.mark.parametrize("layer, head", [(0, 0), (0, 3), (1, 1)])
def test_the_steps_end_at_the_models_own_attention(tiny_bert, layer, head):
    trace = tiny_bert.trace(*TEXT)
    for token in (0, 4, len(trace.tokens) - 1):
        steps = head_arithmetic(tiny_bert, trace, layer, head, token)
        np.testing.assert_allclose(steps.weights, trace.attentions[layer, head, token], atol=1e-5)


def test_vectors_are_hidden_states_times_the_weights_on_disk(tiny_bert, tiny_model_folder):
    trace, tensors = tiny_bert.trace(*TEXT), load_file(tiny_model_folder / "model.safetensors")
    vectors = head_vectors(tiny_bert, trace, 1, 2)
    for part, name in ((vectors.queries, "query"), (vectors.keys, "key"), (vectors.values, "value")):
        prefix = f"bert.encoder.layer.1.attention.self.{name}"
        whole = trace.hidden_states[1] @ tensors[f"{prefix}.weight"].T + tensors[f"{prefix}.bias"]
        np.testing.assert_allclose(part, whole[:, 16:24], atol=1e-5)  # head 2 of 4, 8 numbers each


def test_what_the_head_hands_on_leads_to_the_next_layer(tiny_bert, tiny_model_folder):
    trace, tensors = tiny_bert.trace(*TEXT), load_file(tiny_model_folder / "model.safetensors")
    tensors = {name.removeprefix("bert.encoder.layer.0."): value for name, value in tensors.items()}
    outputs = np.concatenate([head_arithmetic(tiny_bert, trace, 0, head, 4).output for head in range(4)])  # (H,)

    def norm(x, name):
        x = (x - x.mean()) / np.sqrt(x.var() + 1e-12)
        return x * tensors[f"{name}.weight"] + tensors[f"{name}.bias"]

    def dense(x, name):
        return tensors[f"{name}.weight"] @ x + tensors[f"{name}.bias"]

    x = norm(trace.hidden_states[0, 4] + dense(outputs, "attention.output.dense"), "attention.output.LayerNorm")
    inner = dense(x, "intermediate.dense")
    inner = inner * np.array([0.5 * (1 + math.erf(value / math.sqrt(2))) for value in inner])
    np.testing.assert_allclose(norm(x + dense(inner, "output.dense"), "output.LayerNorm"),
                               trace.hidden_states[1, 4], atol=1e-4)


@pytest.mark.parametrize("place, message", [((2, 0, 0), "layer should be from 0 to 1"), ((0, -1, 0), "head should be"),
                                            ((0, 0, 99), "token should be")])
def test_places_that_are_not_there(tiny_bert, place, message):
    with pytest.raises(ValueError, match=message):
        head_arithmetic(tiny_bert, tiny_bert.trace("the cat"), *place)
