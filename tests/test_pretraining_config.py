"""Recipes of a pretraining: read, refused, made longer."""

import math

import numpy as np
import pytest

from bert_tf.training.pretraining_config import PretrainingConfig, Stage

# Stage ----------------------------------------------------------------------------------------------


def test_parse_all():
    assert Stage.parse_all("32x64:0.3, 64x64:0.8,128x32") == (
        Stage(sequence_length=32, batch_size=64, until=0.3),
        Stage(sequence_length=64, batch_size=64, until=0.8),
        Stage(sequence_length=128, batch_size=32, until=1.0))


@pytest.mark.parametrize("text", ["", "32", "32x", "x64", "32x64x2", "32x64:half", "4x64", "32x0",
                                  "32x64:1.5", "32x64:-1", "32x64:nan", "32x64,,128x64", "32.5x64"])
def test_parse_all_refuses(text):
    with pytest.raises(ValueError, match="Cannot read the stage .*Write LENGTHxBATCH:UNTIL"):
        Stage.parse_all(text)


# PretrainingConfig ----------------------------------------------------------------------------------


def test_round_trip_of_a_recipe_with_stages(tmp_path):
    recipe = PretrainingConfig(steps=10, stages=Stage.parse_all("32x8:0.5,64x8"), schedule="trapezoid")
    recipe.save(tmp_path / "recipe.json")
    assert PretrainingConfig.load(tmp_path / "recipe.json") == recipe
    with pytest.raises(ValueError, match="PretrainingConfig does not know learning_rate"):
        PretrainingConfig.from_dict(recipe.to_dict() | {"learning_rate": 1e-3})


@pytest.mark.parametrize("changes, message", [
    ({"steps": 0}, "either as steps or as minutes"),
    ({"minutes": 5.0}, "either as steps or as minutes"),
    ({"steps": 1.5}, "steps should be an integer"),
    ({"stages": ()}, "at least one stage"),
    ({"stages": Stage.parse_all("32x8:0.5")}, "the last at 1"),
    ({"stages": Stage.parse_all("32x8:0.5,64x8:0.5,128x8")}, "rising shares"),
    ({"stages": Stage.parse_all("32x8:0.8,64x8:0.5,128x8")}, "rising shares"),
    ({"stages": Stage.parse_all("32x8,64x8")}, "rising shares"),
    ({"size": "huge"}, "Unknown size 'huge'"),
    ({"peak_learning_rate": 0.0}, "peak_learning_rate"),
    ({"warmup": 1.1}, "warmup is a share"),
    ({"cooldown": -0.1}, "cooldown"),
    ({"single_rate": 1.0}, "single_rate should be"),
    ({"same_document_rate": 0.6, "swapped_rate": 0.5}, "cannot be more than 1 together: 0.6 and 0.5"),
    ({"schedule": "cosine"}, "schedule should be linear, trapezoid or constant"),
    ({"beta_2": 1.0}, "beta_2"),
    ({"dropout": 1.0}, "dropout"),
    ({"mask_rate": 0.0}, "mask_rate"),
    ({"accumulation": 0}, "accumulation should be an integer of at least 1"),
    ({"accumulation": 3}, "8 pairs cannot be cut into 3 equal micro-batches"),
    ({"mixed_precision": "float16"}, "mixed_precision should be float32 or mixed_bfloat16"),
    ({"max_position_embeddings": 16}, "32 tokens does not fit max_position_embeddings 16"),
    ({"seed": -1}, "seed"),
])
def test_recipes_that_cannot_be_run_are_refused(changes, message):
    recipe = PretrainingConfig(steps=10, stages=Stage.parse_all("32x8"))
    with pytest.raises(ValueError, match=message):
        recipe.replace(**changes)


def test_stage_at():
    recipe = PretrainingConfig(minutes=1.0, stages=Stage.parse_all("32x8:0.25,64x8:0.5,128x8"))
    lengths = [recipe.stage_at(progress).sequence_length for progress in (0.0, 0.249, 0.25, 0.5, 0.999, 1.0)]
    assert lengths == [32, 32, 64, 128, 128, 128]


def test_mask_slots_hold_fifteen_percent():
    recipe = PretrainingConfig(steps=1)
    assert recipe.mask_slots(128) == 20  # the 20 predictions for 128 tokens of Google's recipe
    assert all(recipe.mask_slots(length) == math.ceil(length * 15 / 100) for length in range(8, 513))


def test_a_longer_run_keeps_what_was_trained_where_it_was():
    recipe = PretrainingConfig(steps=100, warmup=0.1, max_position_embeddings=64, stages=(
        Stage(sequence_length=16, batch_size=8, until=0.5), Stage(sequence_length=32, batch_size=8)))
    longer = recipe.longer(400)
    assert longer.steps == longer.length == 400 and isinstance(longer.steps, int)
    assert longer.warmup == pytest.approx(0.025)  # ten steps before and now
    assert [stage.until for stage in longer.stages] == [pytest.approx(0.125), 1.0]  # fifty steps before and now
    assert longer.stage_at(49 / 400) == longer.stages[0] and longer.stage_at(51 / 400) == longer.stages[1]
    with pytest.raises(ValueError, match="100 steps long; .* more than that, not 100"):
        recipe.longer(100)
    assert recipe.replace(steps=0, minutes=3).longer(4.5).minutes == 4.5
    with pytest.raises(ValueError, match="more than that, not 100"):
        recipe.longer(100.5)  # steps are whole


def test_numbers_of_numpy_are_numbers():
    config = PretrainingConfig(steps=np.int64(3), peak_learning_rate=np.float32(0.5))
    assert config.to_dict()["peak_learning_rate"] == 0.5 and config.to_dict()["steps"] == 3
