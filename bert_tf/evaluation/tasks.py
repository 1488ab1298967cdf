"""What pretraining is worth: a model fine-tuned on labelled sets, beside the same network from random weights."""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Sequence
from pathlib import Path

from bert_tf.training.finetuning import create_finetuning, finetune
from bert_tf.training.finetuning_config import FinetuningConfig
from bert_tf.training.measures import names_apart
from bert_tf.training.run_folder import RunFolder


def fine_tuned(model: str | Path, files: Sequence[str], *, amounts: Sequence[int] = (0,), draws: int = 1,
               config: FinetuningConfig | None = None, show: Callable[[str, float], None] = lambda name, share: None,
               found: Callable[[list[dict]], None] = lambda rows: None) -> list[dict]:
    """Fine-tunes a model on labelled sets with a twin from random weights.

    Args:
        model: a BERT folder.
        files: training files whose names contain "train"; the dev file lies beside each, "dev" in its place.
        amounts: numbers of training examples to learn from, one after another; 0 is all there are.
        draws: how many times examples are drawn anew, with the seeds from `config.seed` on. A figure from a hundred
            examples says little: what is drawn moves it by several points.
        config: settings of every fine-tuning; None for the defaults.
        show: called with the name of the set and the share of one fine-tuning done.
        found: called after every set and amount with the rows so far.

    Returns:
        For each set (by its name, see `set_names`) and amount: `task`, `figure` (accuracy, entity_f1 or f1), `train` and
        `dev` (examples used), `pretrained` and `scratch` (a share in [0, 1] for each draw, its best evaluation).

    Raises:
        FileNotFoundError: a file or its dev file is not there.
        ValueError: a file without "train" in its name, or one that cannot be used; a recipe without the twin; no draws.
        KeyboardInterrupt: somebody asked to stop; what was being learnt is not among the results.
    """
    config, rows = config or FinetuningConfig(), []
    if not config.twin:
        raise ValueError("twin is false, but a model is measured beside its twin from random weights; leave it true.")
    if draws < 1:
        raise ValueError(f"There must be 1 draw or more, not {draws}.")
    for name, path in zip(set_names(files), map(Path, files)):
        for amount in amounts:
            label = f"{name}, {amount:,}" if amount else name
            outcomes = [_outcome(model, path, config.replace(most_train=amount, seed=config.seed + draw),
                                 show=lambda share: show(label, share)) for draw in range(draws)]
            figure = outcomes[0]["score_name"]
            rows.append({"task": name, "figure": figure, **outcomes[0]["examples"],
                         **{twin: [outcome["twins"][twin]["figures"][figure] for outcome in outcomes]
                            for twin in ("pretrained", "scratch")}})
            found(rows)
    return rows


def _outcome(model: str | Path, train: Path, config: FinetuningConfig, *, show: Callable[[float], None]) -> dict:
    with tempfile.TemporaryDirectory() as scratch:
        run = RunFolder(Path(scratch) / "run")
        create_finetuning(run, config, model=str(model), train=str(train), dev=str(dev_file(train)))
        result = finetune(run, show=lambda record: show(record.get("progress", 0.0)))
    if result["state"] == "stopped":
        raise KeyboardInterrupt
    return result


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
