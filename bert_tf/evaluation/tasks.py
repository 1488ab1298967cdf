"""What pretraining is worth: a model fine-tuned on labelled sets, beside the same network from random weights."""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Sequence
from pathlib import Path

from bert_tf.training.finetuning import create_finetuning, finetune
from bert_tf.training.finetuning_config import FinetuningConfig
from bert_tf.training.measures import names_apart
from bert_tf.training.run_folder import RunFolder


def fine_tuned(model: str | Path, files: Sequence[str], *, config: FinetuningConfig | None = None,
               show: Callable[[str, float], None] = lambda name, share: None,
               found: Callable[[dict], None] = lambda results: None) -> dict[str, dict]:
    """Fine-tunes a model on labelled sets with a twin from random weights.

    Args:
        model: a BERT folder.
        files: training files whose names contain "train"; the dev file lies beside each, "dev" in its place.
        config: settings of every fine-tuning; None for the defaults.
        show: called with the name of the set and the share done.
        found: called after every set with the results so far.

    Returns:
        For each set, by its name (see `set_names`): `figure` (accuracy, entity_f1 or f1), `pretrained` and `scratch`
        (shares in [0, 1], the best evaluation of each), `train` and `dev` (examples used).

    Raises:
        FileNotFoundError: a file or its dev file is not there.
        ValueError: a file without "train" in its name, or one that cannot be used; a recipe without the twin.
        KeyboardInterrupt: somebody asked to stop; the set that was being learnt is not among the results.
    """
    config, results = config or FinetuningConfig(), {}
    if not config.twin:
        raise ValueError("twin is false, but a model is measured beside its twin from random weights; leave it true.")
    for name, path in zip(set_names(files), map(Path, files)):
        dev = dev_file(path)
        with tempfile.TemporaryDirectory() as scratch:
            run = RunFolder(Path(scratch) / "run")
            create_finetuning(run, config, model=str(model), train=str(path), dev=str(dev))
            result = finetune(run, show=lambda record: show(name, record.get("progress", 0.0)))
        if result["state"] == "stopped":
            raise KeyboardInterrupt
        figure = result["score_name"]
        results[name] = {"figure": figure, "train": result["examples"]["train"], "dev": result["examples"]["dev"],
                         **{twin: result["twins"][twin]["figures"][figure] for twin in ("pretrained", "scratch")}}
        found(results)
    return results


def set_names(files: Sequence[str]) -> list[str]:
    """Returns a name for each training file: `x` for `x-train.tsv`, more of it where two would be called alike."""
    names = names_apart([Path(path).with_suffix("") for path in files])
    short = [name.replace("-train", "").replace("train", "").strip("/") or name for name in names]
    return [one if short.count(one) == 1 else name for one, name in zip(short, names)]


def dev_file(train: Path) -> Path:
    """Returns the dev file that belongs to a training file: `x-train.tsv` has `x-dev.tsv` beside it.

    Raises:
        FileNotFoundError: one of the two is not there.
        ValueError: the name does not contain "train".
    """
    if "train" not in train.name:
        raise ValueError(f"{train} should have \"train\" in its name, with the dev file beside it: x-train.tsv, x-dev.tsv.")
    dev = train.with_name(train.name.replace("train", "dev"))
    for path in (train, dev):
        if not path.is_file():
            raise FileNotFoundError(f"{path} is not there; a labelled set is a pair of files such as x-train.tsv, x-dev.tsv.")
    return dev
