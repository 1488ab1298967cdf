"""Training on JAX without TensorFlow, alone and in a cluster: the same losses. Each single step: test_backends."""

import json
import os
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pytest

from bert_tf.config import BertConfig
from bert_tf.training.flops import flops_per_step

pytestmark = pytest.mark.timeout(600)
ROOT = Path(__file__).resolve().parent.parent


@pytest.fixture(scope="module")
def run(tmp_path_factory):
    """Runs Python with Keras on JAX where TensorFlow cannot be imported; returns what it printed."""
    pytest.importorskip("jax")
    blocked = tmp_path_factory.mktemp("no-tensorflow")
    (blocked / "tensorflow.py").write_text("raise ImportError('there is no TensorFlow here')", encoding="utf-8")
    environment = os.environ | {"KERAS_BACKEND": "jax", "JAX_PLATFORMS": "cpu", "CUDA_VISIBLE_DEVICES": "",
                                "PYTHONPATH": os.pathsep.join(map(str, (blocked, ROOT)))}

    def start(*arguments) -> str:
        done = subprocess.run([sys.executable, *map(str, arguments)], cwd=ROOT, env=environment, capture_output=True,
                              text=True)
        assert done.returncode == 0, done.stdout[-2000:] + done.stderr[-4000:]
        return done.stdout

    return start


@pytest.fixture
def command(tmp_path, tiny_model_folder):
    """A tiny pretraining of six steps."""
    text = "the cat sat on the mat.\nit was a good day.\n\nwater in the river.\nthe dog is old.\n\n"
    (tmp_path / "text.txt").write_text(text * 40, encoding="utf-8")
    return ["-m", "bert_tf", "pretrain", "--initial-model", tiny_model_folder, "--corpus", tmp_path / "text.txt",
            "--steps", "6", "--stages", "16x8", "--log-every", "2", "--seed", "3",
            "--mixed-precision", "float32", "--peak-learning-rate", "0.01"]


def losses(folder: Path) -> list[tuple]:
    lines = (folder / "metrics.jsonl").read_text(encoding="utf-8").splitlines()
    return [(record["step"], record.get("heldout"), record["mlm_loss"], record["nsp_loss"])
            for record in map(json.loads, lines)]


def test_two_processes_train_as_one_does(tmp_path, run, command):
    with ThreadPoolExecutor() as pool:  # at once: most of the time they start
        shown = pool.map(lambda options: run(*command, "--run", *options),
                         [(tmp_path / "alone",), (tmp_path / "together", "--data-parallel", "2")])
        assert all("finished" in lines for lines in shown)
    alone, together = losses(tmp_path / "alone"), losses(tmp_path / "together")
    assert [record[:2] for record in alone] == [record[:2] for record in together] and len(alone) == 3
    np.testing.assert_allclose([record[2:] for record in together], [record[2:] for record in alone], atol=2e-4)
    from safetensors.numpy import load_file

    ours, theirs = (load_file(folder / "checkpoints" / "step-00000006" / "model.safetensors")
                    for folder in (tmp_path / "alone", tmp_path / "together"))
    for name in ours:
        np.testing.assert_allclose(ours[name], theirs[name], atol=2e-4, err_msg=name)


def test_several_processes_need_jax(tmp_path, capsys):
    from bert_tf.__main__ import main

    (tmp_path / "text.txt").write_text("a b\nc d\n\n" * 9, encoding="utf-8")
    assert main(["pretrain", "--run", str(tmp_path / "run"), "--corpus", str(tmp_path / "text.txt"), "--steps", "1",
                 "--data-parallel", "2"]) == 1
    assert "KERAS_BACKEND=jax" in capsys.readouterr().err


def test_floating_point_operations_by_hand():
    config = BertConfig(vocab_size=10, hidden_size=2, num_hidden_layers=1, num_attention_heads=1, intermediate_size=8)
    assert flops_per_step(config, batch_size=1, sequence_length=1, predictions=1) == 672
    two = BertConfig(vocab_size=10, hidden_size=2, num_hidden_layers=2, num_attention_heads=1, intermediate_size=8)
    # one more block on both tokens: 2 x (24 + 16) + 2 x 72; attention now over two tokens: 16 a token
    assert flops_per_step(two, batch_size=3, sequence_length=2, predictions=1) == 3 * 3 * (
        2 * 2 * (24 + 16) + 2 * 72 + 2 * 72 + 48)
