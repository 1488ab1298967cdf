"""From a run folder to a model folder: weights, tokenizer, history and a card that says what it is."""

from __future__ import annotations

import json
from pathlib import Path

from bert_tf import checkpoint
from bert_tf.config import PretrainingConfig
from bert_tf.training.run_folder import RunFolder


def export_run(run_folder: str | Path, folder: str | Path, *, dtype: str = "float16", about: str = "") -> None:
    """Writes a run's newest checkpoint as a model folder.

    Args:
        run_folder: the run.
        folder: the model folder, made if it is not there.
        dtype: `float32` or `float16`.
        about: Markdown for the card's first part: what the text was, what the model is good and bad at.

    Raises:
        FileNotFoundError: there is no run, or it has no checkpoint yet.
    """
    run, folder = RunFolder(run_folder), Path(folder)
    wanted = run.config()
    checkpoints = run.checkpoints()
    if not checkpoints:
        raise FileNotFoundError(f"{run.path} has no checkpoint yet.")
    loaded = checkpoint.load(checkpoints[-1])
    checkpoint.save(loaded.model, loaded.tokenizer, folder, dtype=dtype)
    metrics = run.metrics()
    with (folder / "history.jsonl").open("w", encoding="utf-8") as file:
        file.writelines(json.dumps(record) + "\n" for record in thinned(metrics))
    (folder / "card.md").write_text(
        card(folder.name, loaded.model.config, wanted, metrics, about=about), encoding="utf-8")


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
    lines += [f"- corpus files: {', '.join(Path(p).name for p in wanted['corpus'])}",
              f"- started from: {started_from(wanted)}", f"- batches: {stages}"]
    lines += [f"- {key.replace('_', ' ')}: {value}" for key, value in training.to_dict().items()
              if value is not None and key not in ("stages", "steps", "minutes", "log_every", "save_minutes", "keep_checkpoints")]
    heldout = [record for record in metrics if "heldout" in record]
    if heldout:
        lines += ["", "## Held-out figures on the way", "",
                  "Pairs from text that is in no training file; masks as in training.", "",
                  "| step | text | MLM loss | MLM accuracy | NSP accuracy |", "| --- | --- | --- | --- | --- |"]
        lines += [f"| {r['step']:,} | {r['heldout']} | {r['mlm_loss']:.3f} | {r['mlm_accuracy']:.1%} | "
                  f"{r['nsp_accuracy']:.1%} |" for r in heldout]
    return "\n".join(lines) + "\n"
