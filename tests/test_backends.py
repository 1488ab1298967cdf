"""The same weights and the same batch give the same numbers on TensorFlow and on JAX."""

import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

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
    model.reset_metrics()
    for name, value in model.train_on_batch(x, y, return_dict=True).items():
        found[f"step {step}: {name}"] = np.array(value)
found |= {f"after: {name}": value for name, value in checkpoint.model_tensors(model).items()}
np.savez(out_path, **found)
"""


@pytest.fixture(scope="module")
def numbers(tmp_path_factory, tiny_model_folder, tiny_vocabulary):
    """Runs the program on both backends at once: {backend: {name: array}}."""
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
    weights = {name: value for name, value in checkpoint.read_tensors(tiny_model_folder).items()
               if "layer.1" not in name}
    model_folder = folder / "model"
    write_folder(model_folder, config, WordPieceTokenizer(tiny_vocabulary), weights)

    running = {}
    for backend in ("tensorflow", "jax"):
        environment = os.environ | {"KERAS_BACKEND": backend, "CUDA_VISIBLE_DEVICES": "",
                                    "JAX_PLATFORMS": "cpu"}
        running[backend] = subprocess.Popen(
            [sys.executable, "-c", PROGRAM, model_folder, folder / "batch.npz", folder / f"{backend}.npz",
             backend],
            cwd=Path(__file__).resolve().parent.parent, env=environment, stderr=subprocess.PIPE, text=True)
    messages = {backend: process.communicate(timeout=600)[1] for backend, process in running.items()}
    for backend, process in running.items():
        assert process.returncode == 0, messages[backend]
    return {backend: dict(np.load(folder / f"{backend}.npz")) for backend in running}


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
