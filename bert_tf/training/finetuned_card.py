"""The card of a fine-tuned model: what it was made from, what it learnt, how well, and how to ask it."""

from __future__ import annotations

from pathlib import Path

TASK_WORDS = {"classification": ("texts with a label", "BertForSequenceClassification"),
              "pairs": ("pairs of texts with a label", "BertForSequenceClassification"),
              "tagging": ("entities in a text", "BertForTokenClassification"),
              "questions": ("answers to questions in a passage", "BertForQuestionAnswering")}
TWIN_WORDS = {"pretrained": "this model", "scratch": "the same network from random weights"}
#: Settings of the recipe that the card names, if the run has them.
RECIPE = ("peak_learning_rate", "warmup", "batch_size", "epochs", "weight_decay", "dropout", "frozen_blocks", "seed")


def finetuned_card(name: str, wanted: dict, result: dict) -> str:
    """Returns the card, Markdown.

    Args:
        name: of the run.
        wanted: the run's config.json.
        result: the run's result.json.
    """
    task, network = TASK_WORDS[result["task"]]
    examples, recipe = result["examples"], result["training"]
    labels = [f"Labels: {', '.join(result['labels'])}."] if result["labels"] else []
    figures = {twin: {key: value for key, value in found["figures"].items() if isinstance(value, float)}
               for twin, found in result["twins"].items()}
    names = list(next(iter(figures.values()))) if figures else []
    table = ["| on the dev examples | " + " | ".join(name.replace("_", " ") for name in names) + " |",
             "| --- |" + " --- |" * len(names)]
    table += [f"| {TWIN_WORDS[twin]} | " + " | ".join(f"{100 * found[name]:.1f}%" for name in names) + " |"
              for twin, found in figures.items()]
    largest = result.get("largest_class")
    chance = [f"Always saying the most frequent label would be right for {largest:.1%} of them.", ""] if largest else []
    return "\n".join([
        f"# {name}", "", f"{Path(wanted['model']).name}, fine-tuned for {task}: {Path(wanted['train']).name}, "
        f"{examples['train']:,} examples to learn from and {examples['dev']:,} to measure on.", *labels, "",
        "## Figures", "", *table, "", *chance,
        "One run with one seed; what was measured on also chose the best moment of the run.", "",
        "## Recipe", "", *(f"- {key.replace('_', ' ')}: {recipe[key]:g}" for key in RECIPE if key in recipe), "",
        "## Asking it", "",
        f"`python -m bert_tf predict MODEL TEXT`, or `{network}.from_pretrained(MODEL)` in transformers.", ""])
