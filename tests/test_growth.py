"""A widened model answers as the narrow one did, and its copies do not stay copies."""

import shutil

import numpy as np
import pytest
from safetensors.numpy import load_file, save_file

from bert_tf import checkpoint
from bert_tf.__main__ import main
from bert_tf.training.growth import grow_model, shared_out

IDS = np.array([[2, 70, 71, 4, 90, 3, 75, 76, 3, 0], [2, 60, 4, 61, 62, 63, 3, 64, 65, 3]])
SEGMENTS = np.array([[0] * 6 + [1] * 3 + [0], [0] * 7 + [1] * 3])


def answers(folder, **options):
    """What transformers computes with a folder."""
    torch, transformers = pytest.importorskip("torch"), pytest.importorskip("transformers")
    model = transformers.BertForPreTraining.from_pretrained(folder, attn_implementation="eager").eval()
    with torch.no_grad():
        out = model(torch.tensor(IDS), token_type_ids=torch.tensor(SEGMENTS), output_attentions=True,
                    attention_mask=torch.tensor((IDS != 0).astype(np.int64)))
    return out.prediction_logits.numpy(), out.seq_relationship_logits.numpy(), [a.numpy() for a in out.attentions]


@pytest.mark.parametrize("times", [2, 3])
def test_transformers_computes_the_same_with_the_wide_folder(tiny_model_folder, tmp_path, capsys, times):
    assert main(["grow", str(tiny_model_folder), str(tmp_path / "wide"), "--times", str(times)]) == 0
    assert f"hidden size {32 * times}, {4 * times} heads" in capsys.readouterr().out
    wide, narrow = answers(tmp_path / "wide"), answers(tiny_model_folder)
    np.testing.assert_allclose(wide[0], narrow[0], atol=2e-4)
    np.testing.assert_allclose(wide[1], narrow[1], atol=2e-4)
    for wide_heads, narrow_heads in zip(wide[2], narrow[2], strict=True):
        np.testing.assert_allclose(wide_heads, np.tile(narrow_heads, (1, times, 1, 1)), atol=1e-5)


def test_shares_add_up_and_differ():
    kernel = np.random.default_rng(0).standard_normal((40, 60)).astype(np.float32)
    shares = shared_out(kernel, 3, np.random.default_rng(1)).reshape(40, 3, 60)
    np.testing.assert_allclose(shares.sum(axis=1), kernel, atol=1e-5)
    noise = 3 * shares - kernel[:, None]
    assert noise.std() == pytest.approx(kernel.std(), rel=0.05)
    assert abs(np.corrcoef(shares[:, 0].ravel(), shares[:, 1].ravel())[0, 1]) < 0.4


def test_copies_part_with_the_first_step(tiny_model_folder, tmp_path):
    from bert_tf.training.optimizers import adamw

    grow_model(tiny_model_folder, tmp_path / "wide")
    model = checkpoint.load(tmp_path / "wide").model
    model.compile(optimizer=adamw(model, weight_decay=0.0, beta_2=0.98, epsilon=1e-6, clip_norm=1.0),
                  jit_compile=False)
    model.optimizer.learning_rate.assign(1e-3)
    model.train_on_batch(
        {"token_ids": IDS, "segment_ids": SEGMENTS, "padding_mask": (IDS != 0).astype(np.int32),
         "mask_positions": np.array([[3], [2]])},
        {"mask_ids": np.array([[72], [66]]), "mask_weights": np.ones((2, 1), np.float32), "next_labels": np.array([0, 1])})
    for name, value in checkpoint.model_tensors(model).items():
        if name.endswith(("word_embeddings.weight", "value.weight", "intermediate.dense.weight")):
            axis = 1 if "embeddings" in name else 0
            first, second = np.split(value, 2, axis=axis)
            moved = np.abs(first - second).max(axis=1 - axis)
            assert (moved > 1e-4).mean() > 0.9, name


def test_what_cannot_grow_is_said(tiny_model_folder, model_copy, tmp_path):
    tensors = {name: value for name, value in load_file(model_copy / "model.safetensors").items()
               if not name.startswith("cls.seq_relationship")}
    save_file(tensors, model_copy / "model.safetensors")
    with pytest.raises(ValueError, match="has no nsp_head"):
        grow_model(model_copy, tmp_path / "wide")
    with pytest.raises(ValueError, match="times should be an integer of at least 2"):
        grow_model(tiny_model_folder, tmp_path / "wide", times=1)
    with pytest.raises(FileNotFoundError, match="is not a folder"):
        grow_model(tmp_path / "nowhere", tmp_path / "wide")
    assert not (tmp_path / "wide").exists()
    shutil.copytree(tiny_model_folder, tmp_path / "other")
    with pytest.raises(ValueError, match="holds something already"):
        grow_model(tiny_model_folder, tmp_path / "other")
