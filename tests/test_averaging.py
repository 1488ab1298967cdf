"""The mean of models is the mean of their numbers, and only of models that belong together."""

import shutil

import numpy as np
import pytest
from safetensors.numpy import load_file, save_file

from bert_tf.__main__ import main
from bert_tf.training.averaging import average_models


@pytest.fixture
def other(tiny_model_folder, tmp_path):
    """The tiny model with other weights."""
    shutil.copytree(tiny_model_folder, tmp_path / "other")
    random = np.random.default_rng(1)
    save_file({name: random.standard_normal(value.shape).astype(np.float32)
               for name, value in load_file(tiny_model_folder / "model.safetensors").items()},
              tmp_path / "other" / "model.safetensors", metadata={"format": "pt"})
    return tmp_path / "other"


@pytest.mark.parametrize(("options", "weight"), [([], 0.5), (["--shares", "3", "1"], 0.75)])
def test_every_number_is_the_mean(tiny_model_folder, other, tmp_path, options, weight):
    assert main(["average", str(tmp_path / "mean"), str(tiny_model_folder), str(other), *options]) == 0
    first, second, mean = (load_file(folder / "model.safetensors") for folder in (tiny_model_folder, other, tmp_path / "mean"))
    assert len(mean) > 30
    for name, value in mean.items():
        np.testing.assert_allclose(value, weight * first[name] + (1 - weight) * second[name], atol=1e-6)


def test_what_cannot_be_averaged_is_said(tiny_model_folder, other, model_copy, tmp_path):
    with pytest.raises(ValueError, match="two models or more"):
        average_models([other], tmp_path / "mean")
    with pytest.raises(ValueError, match="positive share for each"):
        average_models([other, tiny_model_folder], tmp_path / "mean", shares=[1, 0])
    with pytest.raises(ValueError, match="holds a model already"):
        average_models([other, tiny_model_folder], other)
    vocabulary = model_copy / "vocab.txt"
    vocabulary.write_text(vocabulary.read_text().replace("cat\n", "tac\n"))
    with pytest.raises(ValueError, match="another vocabulary"):
        average_models([other, model_copy], tmp_path / "mean")
    assert main(["grow", str(tiny_model_folder), str(tmp_path / "wide")]) == 0
    with pytest.raises(ValueError, match="wide has another shape"):
        average_models([other, tmp_path / "wide"], tmp_path / "mean")
    tensors = load_file(other / "model.safetensors")
    save_file({name: value for name, value in tensors.items() if not name.startswith("cls.seq")}, other / "model.safetensors")
    with pytest.raises(ValueError, match="no nsp_head"):
        average_models([tiny_model_folder, other], tmp_path / "mean")
    assert not (tmp_path / "mean").exists()
