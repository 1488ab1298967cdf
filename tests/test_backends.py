"""The same weights and the same batch give the same numbers on TensorFlow and on JAX, step by step on its device too."""

import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from bert_tf.weight_files import read_tensors

pytestmark = pytest.mark.timeout(600)  # two frameworks start and compile: minutes on a busy machine

#: Run in a fresh Python for each backend: all that the encoder computes, then AdamW steps.
PROGRAM = """
import sys

import keras
import numpy as np

from bert_tf import checkpoint
from bert_tf.explore import Bert
from bert_tf.model import tracer

folder, batch_path, out_path, backend = sys.argv[1:]
assert keras.backend.backend() == backend
batch = dict(np.load(batch_path))
x = {key: batch[key] for key in ("token_ids", "segment_ids", "padding_mask", "mask_positions")}
y = {key: batch[key] for key in ("mask_ids", "mask_weights", "next_labels")}

loaded = checkpoint.load(folder)
model, inside = loaded.model, tracer(loaded.model.encoder)
bert = Bert(loaded, checkpoint.Path(folder))
inside.compile(jit_compile=True)
found = dict(inside.predict_on_batch({key: x[key] for key in ("token_ids", "segment_ids", "padding_mask")}))
found |= model.predict_on_batch(x)
candidates, = bert.fill_mask("the [MASK] sat on 苹", top_k=1000)
found["fill_mask"] = np.array([c.probability for c in sorted(candidates, key=lambda c: c.token_id)])
found["next_sentence"] = bert.next_sentence("太阳升起。", "the sun").logits

model.compile(optimizer=keras.optimizers.AdamW(1e-3, weight_decay=0.01, epsilon=1e-6, global_clipnorm=1.0),
              jit_compile=backend == "jax")
for step in range(2):
    for name, value in model.train_on_batch(x, y, return_dict=True).items():
        found[f"step {step}: {name}"] = np.array(value)
found |= {f"after: {name}": value for name, value in checkpoint.model_tensors(model).items()}
np.savez(out_path, **found)
"""


#: Ten steps by Keras' train_on_batch and ten by JaxSteps, from the same weights, on the same batches: the JAX half
#: of the program goes on with them, since it is the start of a process that takes time.
DEVICE_STEPS = """
from bert_tf.config import BertConfig
from bert_tf.model import BertForPreTraining
from bert_tf.training.steps import KerasSteps, steps_of

config = BertConfig(vocab_size=40, hidden_size=16, num_hidden_layers=1, num_attention_heads=2, intermediate_size=32,
                    max_position_embeddings=16, hidden_dropout_prob=0.0, attention_probs_dropout_prob=0.0)

def model():
    keras.utils.set_random_seed(0)
    made = BertForPreTraining.from_shape(config)
    made.compile(optimizer=keras.optimizers.AdamW(0.0, weight_decay=0.01, global_clipnorm=1.0), jit_compile=True)
    made.optimizer.build(made.trainable_variables)
    return made

rng = np.random.default_rng(0)
batches = [dict(token_ids=rng.integers(0, 40, (4, 16), np.int32), segment_ids=np.zeros((4, 16), np.int32),
                padding_mask=np.ones((4, 16), np.int32), mask_positions=rng.integers(0, 16, (4, 3), np.int32),
                mask_ids=rng.integers(0, 40, (4, 3), np.int32), mask_weights=np.ones((4, 3), np.float32),
                next_labels=rng.integers(0, 2, 4, np.int32)) for _ in range(10)]
found = []
for maker in (KerasSteps, steps_of):
    trained = model()
    steps, means = maker(trained), []
    for number, batch in enumerate(batches):
        steps.step(batch, 1e-2 * (number + 1) / 10)
        if number % 5 == 4:
            means.append(steps.read())
            steps.sync()
            steps.refresh()
    found.append((means, [np.asarray(v) for v in trained.trainable_variables]))
assert type(steps).__name__ == "JaxSteps" and not steps.waits
np.savez(out_path.replace("jax.npz", "steps.npz"), **{
    f"{maker} {number}: {name}": value for maker, (means, weights) in zip(("keras", "device"), found)
    for number, values in enumerate([*means, {str(i): weight for i, weight in enumerate(weights)}])
    for name, value in values.items()})
"""


@pytest.fixture(scope="module")
def numbers(tmp_path_factory, tiny_model_folder, tiny_vocabulary):
    """Runs the program on both backends at once: {backend: {name: array}}; "steps" are those of DEVICE_STEPS."""
    from bert_tf import checkpoint
    from bert_tf.tokenizer import WordPieceTokenizer

    pytest.importorskip("tensorflow")
    pytest.importorskip("jax")
    folder = tmp_path_factory.mktemp("backends")
    rng, size, mask = np.random.default_rng(0), len(tiny_vocabulary), np.ones((3, 16), np.int32)
    mask[1, 9:] = 0
    np.savez(folder / "batch.npz", padding_mask=mask,
             token_ids=rng.integers(0, size, (3, 16)).astype(np.int32),
             segment_ids=rng.integers(0, 2, (3, 16)).astype(np.int32),
             mask_positions=rng.integers(0, 9, (3, 4)).astype(np.int32),
             mask_ids=rng.integers(0, size, (3, 4)).astype(np.int32),
             mask_weights=np.array([[1, 1, 1, 0], [1, 0, 0, 0], [1, 1, 1, 1]], np.float32),
             next_labels=np.array([0, 1, 1], np.int32))
    # Dropout draws other numbers on each backend, so it is off; one layer compiles faster than two.
    config = checkpoint.read_config(tiny_model_folder).replace(
        num_hidden_layers=1, hidden_dropout_prob=0.0, attention_probs_dropout_prob=0.0)
    weights = {name: value for name, value in read_tensors(tiny_model_folder).items()
               if "layer.1" not in name}
    model_folder = folder / "model"
    write_folder(model_folder, config, WordPieceTokenizer(tiny_vocabulary), weights)

    running = {}
    for backend in ("tensorflow", "jax"):
        environment = os.environ | {"KERAS_BACKEND": backend, "CUDA_VISIBLE_DEVICES": "",
                                    "JAX_PLATFORMS": "cpu"}
        running[backend] = subprocess.Popen(
            [sys.executable, "-c", PROGRAM + DEVICE_STEPS * (backend == "jax"), model_folder, folder / "batch.npz",
             folder / f"{backend}.npz", backend],
            cwd=Path(__file__).resolve().parent.parent, env=environment, stderr=subprocess.PIPE, text=True)
    messages = {backend: process.communicate(timeout=600)[1] for backend, process in running.items()}
    for backend, process in running.items():
        assert process.returncode == 0, messages[backend]
    return {name: dict(np.load(folder / f"{name}.npz")) for name in (*running, "steps")}


def write_folder(folder, config, tokenizer, weights) -> None:
    """Writes a model folder without building a model."""
    from safetensors.numpy import save_file

    tokenizer.save(folder)
    config.save(folder / "config.json")
    save_file(weights, folder / "model.safetensors")


def compare(numbers, names, atol=1e-4):
    for name in names:
        ours, theirs = numbers["tensorflow"][name], numbers["jax"][name]
        assert ours.dtype == theirs.dtype and ours.shape == theirs.shape
        np.testing.assert_allclose(ours, theirs, atol=atol, err_msg=name)


def test_both_backends_compute_the_same(numbers):
    names = ["hidden_states", "attentions", "pooled_output", "mlm_logits", "nsp_logits", "fill_mask",
             "next_sentence"]
    compare(numbers, names)
    assert numbers["jax"]["hidden_states"].shape == (3, 2, 16, 32)
    assert numbers["jax"]["mlm_logits"].std() > 0.5


def test_both_backends_train_the_same(numbers):
    assert set(numbers["jax"]) == set(numbers["tensorflow"])
    compare(numbers, [name for name in numbers["jax"] if name.startswith("step")])
    weights = [name for name in numbers["jax"] if name.startswith("after")]
    compare(numbers, weights)
    assert len(weights) == 30
    assert numbers["jax"]["step 1: loss"] < numbers["jax"]["step 0: loss"]


def test_steps_on_the_device_are_those_of_keras(numbers):
    steps = numbers["steps"]
    assert steps["keras 0: loss"] > steps["keras 1: loss"] > 0
    of_keras = {name.removeprefix("keras ") for name in steps if name.startswith("keras ")}
    assert of_keras == {name.removeprefix("device ") for name in steps if name.startswith("device ")}
    assert len(steps) == 2 * len(of_keras) and len({name for name in of_keras if name.startswith("2: ")}) == 26
    for name in of_keras:
        atol = 1e-5 if name.startswith("2: ") else 1e-4  # the weights in the end
        np.testing.assert_allclose(steps[f"keras {name}"], steps[f"device {name}"], atol=atol, err_msg=name)
