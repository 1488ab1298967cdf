"""From a run folder to a model folder: weights, tokenizer, history and a card that says what it is."""

from __future__ import annotations

import contextlib
import json
import os
import shutil
from collections.abc import Iterator
from pathlib import Path

from bert_tf import checkpoint
from bert_tf.records import read_json
from bert_tf.tokenizer_files import TOKENIZER_FILES
from bert_tf.training.pretraining_config import PretrainingConfig
from bert_tf.training.run_folder import PROGRESS_FILE, RunFolder
from bert_tf.weight_files import INDEX_FILE, WEIGHTS_FILE

#: What else lies in a model folder and says something of its weights; replacing the model takes it away.
BESIDE_WEIGHTS = ("measures.json", "layers.svg", "card.md", "card.zh.md", "history.jsonl", "pytorch_model.bin",
                  INDEX_FILE, *TOKENIZER_FILES)


def export_run(run_folder: str | Path, folder: str | Path, *, dtype: str = "float16", about: str = "",
               replace: bool = False) -> None:
    """Writes a run's newest checkpoint as a model folder.

    Args:
        run_folder: the run.
        folder: the model folder, made if it is not there.
        dtype: `float32` or `float16`.
        about: Markdown for the card's first part: what the text was, what the model is good and bad at.
        replace: whether a model that is in the folder already may go, with its measures and cards.

    Raises:
        FileNotFoundError: there is no run, or it has no checkpoint yet.
        ValueError: it is a fine-tuning, the folder holds a model and `replace` is not set, it belongs to a run, or it
            cannot be written.
    """
    run, folder = RunFolder(run_folder), Path(folder)
    wanted = run.config()
    if wanted.get("kind") == "finetuning":
        raise ValueError(f"{run.path} is a fine-tuning run; its model is a model folder already: copy "
                         f"{run.path / 'model'}.")
    require_room(folder, replace=replace)
    checkpoints = run.checkpoints()
    if not checkpoints:
        raise FileNotFoundError(f"{run.path} has no checkpoint yet.")
    loaded = checkpoint.load(checkpoints[-1])
    metrics = run.metrics()
    with filled_at_once(folder) as scratch:
        checkpoint.save(loaded.model, loaded.tokenizer, scratch, dtype=dtype)
        with (scratch / "history.jsonl").open("w", encoding="utf-8") as file:
            file.writelines(json.dumps(record) + "\n" for record in thinned(metrics))
        (scratch / "card.md").write_text(
            card(folder.name, loaded.model.config, wanted, metrics, about=about), encoding="utf-8")


def require_room(folder: Path, *, replace: bool) -> None:
    """Refuses a folder that a model must not be written into.

    Raises:
        ValueError: it is a file or belongs to a run, or holds a model that may not go.
    """
    if folder.exists() and not folder.is_dir():
        raise ValueError(f"{folder} is a file; name a folder to write the model into.")
    settings = folder / "config.json"
    kind = read_json(settings).get("kind") if settings.is_file() else None
    if (folder / PROGRESS_FILE).exists() or kind in ("pretraining", "finetuning"):
        raise ValueError(f"{folder} belongs to a run; name another folder to write the model into.")
    if not replace and any((folder / name).exists() for name in ("config.json", WEIGHTS_FILE)):
        raise ValueError(f"{folder} holds a model already. Name another folder, or give --replace to put this model in "
                         "its place; its measures and cards go with it.")


@contextlib.contextmanager
def filled_at_once(folder: Path) -> Iterator[Path]:
    """Gives an empty folder, and moves what was written there into `folder` at the end, in the place of another model.

    Raises:
        ValueError: the disk refuses; `folder` is as it was.
    """
    from safetensors import SafetensorError

    scratch = folder.resolve().with_name(f".{folder.resolve().name}.{os.getpid()}")
    try:
        scratch.mkdir(parents=True)
        yield scratch
        folder.mkdir(exist_ok=True)
        for name in BESIDE_WEIGHTS:
            (folder / name).unlink(missing_ok=True)
        for path in scratch.iterdir():
            os.replace(path, folder / path.name)
    except ValueError as error:
        raise ValueError(str(error).replace(str(scratch), str(folder))) from None
    except (OSError, SafetensorError) as error:
        raise ValueError(f"The model {folder} could not be written ({error}). Make room, or name a folder that can be "
                         "written, and export again.") from None
    finally:
        shutil.rmtree(scratch, ignore_errors=True)


def thinned(metrics: list[dict], most: int = 400) -> list[dict]:
    """Keeps every held-out record and evenly spaced training records, at most about `most` of them."""
    training = [record for record in metrics if "heldout" not in record]
    stride = max(1, len(training) // most)
    kept = {id(record) for record in training[::stride] + training[-1:]}
    return [record for record in metrics if "heldout" in record or id(record) in kept]


def started_from(wanted: dict) -> str:
    """Says what a run's weights were before its first step."""
    if wanted.get("initial_model"):
        folder = Path(wanted["initial_model"])
        return f"{folder.name} of the run {folder.parts[-3]}" if folder.parent.name == "checkpoints" else f"the model {folder.name}"
    return "random weights" + (", token embeddings from word2vec" if wanted["initial_embeddings"] == "word2vec" else "")


def card(name: str, shape, wanted: dict, metrics: list[dict], *, about: str) -> str:
    """Returns the model card, Markdown: shape, recipe and figures come from the run itself."""
    training = PretrainingConfig.from_dict(wanted["training"])
    last = next((r for r in reversed(metrics) if "heldout" not in r), None)
    lines = [f"# {name}", "", about.strip(), "", "## Shape", "",
             f"{shape.num_hidden_layers} layers, hidden size {shape.hidden_size}, {shape.num_attention_heads} heads, "
             f"{shape.vocab_size:,} word pieces, at most {shape.max_position_embeddings} tokens; "
             f"{shape.parameter_count():,} parameters in embeddings, blocks and pooler.", "", "## Recipe", ""]
    if last:
        lines += [f"{last['step']:,} steps, {last['tokens']:,} tokens, {last['seconds'] / 60:.0f} minutes.", ""]
    stages = ", then ".join(f"{s.batch_size} pairs of {s.sequence_length} tokens up to {s.until:.0%}"
                            for s in training.stages)
    lines += [f"- corpus files: {', '.join(Path(p).name for p in wanted['corpus'])}"]
    if wanted.get("shares"):
        total = sum(wanted["shares"].values())
        lines += ["- shares of every batch, by how file names begin: " + ", ".join(
            f"{name} {share / total:.1%}" for name, share in wanted["shares"].items())]
    lines += [f"- started from: {started_from(wanted)}", f"- batches: {stages}"]
    lines += [f"- {key.replace('_', ' ')}: {value}" for key, value in training.to_dict().items()
              if value is not None and key not in ("stages", "steps", "minutes", "log_every", "save_minutes", "keep_checkpoints")]
    if training.nsp_weight == 0:
        lines += ["", "The next-sentence head learnt nothing in this run: its loss did not count."]
    heldout = [record for record in metrics if "heldout" in record]
    if heldout:
        lines += ["", "## Held-out figures on the way", "",
                  "Pairs from text that is in no training file; masks as in training.", "",
                  "| step | text | MLM loss | MLM accuracy | NSP accuracy |", "| --- | --- | --- | --- | --- |"]
        lines += [f"| {r['step']:,} | {r['heldout']} | {r['mlm_loss']:.3f} | {r['mlm_accuracy']:.1%} | "
                  f"{r['nsp_accuracy']:.1%} |" for r in heldout]
    return "\n".join(lines) + "\n"
