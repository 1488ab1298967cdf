"""Which precision a machine trains in."""

import pytest

from bert_tf import precision
from bert_tf.training.finetuning_config import FinetuningConfig
from bert_tf.training.pretraining_config import PretrainingConfig


@pytest.fixture
def machine(tmp_path, monkeypatch):
    """Stands another machine in this one's place: what /proc/cpuinfo says there, and whether a GPU is in it."""
    def stand_in(facts: str | None, *, gpu: bool = False) -> None:
        for name, text in (("CPU_FACTS", facts), ("NVIDIA_DRIVER", "" if gpu else None)):
            path = tmp_path / name
            path.unlink(missing_ok=True)
            if text is not None:
                path.write_text(text)
            monkeypatch.setattr(precision, name, path)
        precision.native_precision.cache_clear()

    yield stand_in
    precision.native_precision.cache_clear()


@pytest.mark.parametrize("facts, gpu, expected", [
    ("flags\t\t: fpu sse avx2 avx512f avx512_bf16 fsrm\n", False, "mixed_bfloat16"),
    ("flags\t\t: fpu sse avx2 amx_bf16 amx_tile\n", False, "mixed_bfloat16"),
    ("flags\t\t: fpu sse avx2 avx512f avx512_vnni\n", False, "float32"),
    ("flags\t\t: fpu sse avx2\n", True, "mixed_bfloat16"),
    (None, False, "float32"),
])
def test_bfloat16_is_taken_where_it_is_computed_in_hardware(machine, facts, gpu, expected):
    machine(facts, gpu=gpu)
    assert precision.native_precision() == expected


def test_a_run_is_written_down_in_the_precision_of_the_machine_it_began_on(machine, tmp_path):
    machine("flags\t\t: avx2\n")
    PretrainingConfig(steps=1).save(tmp_path / "recipe.json")
    assert FinetuningConfig().mixed_precision == "float32"
    machine("flags\t\t: avx512_bf16\n")
    assert PretrainingConfig.load(tmp_path / "recipe.json").mixed_precision == "float32"
    assert PretrainingConfig(steps=1).mixed_precision == FinetuningConfig().mixed_precision == "mixed_bfloat16"
    assert PretrainingConfig(steps=1, mixed_precision="float32").mixed_precision == "float32"
