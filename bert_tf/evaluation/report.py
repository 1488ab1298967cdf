"""All measures of a model in one record, and that record as Markdown and as pictures for its card."""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np

from bert_tf.analysis import anisotropy
from bert_tf.batch_vectors import hidden_states
from bert_tf.evaluation import heldout, sets
from bert_tf.explore import Bert
from bert_tf.records import read_json
from bert_tf.sense_sets import sense_sets
from bert_tf.static_vectors import StaticVectors
from bert_tf.text_files import write_atomically
from bert_tf.training.measures import names_apart
from bert_tf.weight_files import weight_files

MEASURES_FILE = "measures.json"
#: Frame the measures in a card, so that measuring again replaces them.
BEGIN, END = "<!-- measures -->", "<!-- end of measures -->"
_NAMES = {"en": "English", "zh": "Chinese"}


def measure_all(bert: Bert, files: Sequence[str] = (), *, scratch: str | Path, word2vec: dict[str, StaticVectors] | None = None,
                pairs: int = 4096, show: Callable[[str, float], None] = lambda name, share: None) -> dict:
    """Measures a model on held-out text and on the hand-written sets.

    Args:
        bert: the model.
        files: held-out text in corpus format; without any, the sets alone are measured. Two that begin alike are told
            apart by more of their names.
        scratch: folder for token shards.
        word2vec: word2vec vectors by language, to stand beside the senses.
        pairs: sentence pairs read of every file.
        show: called with the name of what is being measured and the share of it done.

    Returns:
        Plain values: `text` {file: masked_words, with the head for it next_sentences, and both again for `short` texts},
        `cloze` {language: ...},
        `senses` {word: ...}, `senses_word2vec`, `anisotropy` (one cosine a layer).

    Raises:
        ValueError, FileNotFoundError: as the single measures.
    """
    measures = {"text": {}, "cloze": {}}
    for name, path in zip(names_apart(files), files):
        row = heldout.masked_words(bert, path, scratch=scratch, pairs=pairs,
                                   progress=lambda share: show(f"{name}: masked words", share))
        if bert.has_nsp_head:
            row["next_sentence"] = heldout.next_sentences(
                bert, path, scratch=scratch, pairs=max(pairs // 2, 1),
                progress=lambda share: show(f"{name}: next sentences", share))
        row["short"] = heldout.masked_words(bert, path, scratch=scratch, pairs=pairs, alone=True,
                                            progress=lambda share: show(f"{name}: single sentences", share))
        if bert.has_nsp_head:
            row["short"] |= {"next_sentence": heldout.next_sentences(
                bert, path, scratch=scratch, pairs=max(pairs // 2, 1), kinds=["random"], longest=heldout.SHORT_PAIR)}
        measures["text"][name] = row
    if bert.has_mlm_head:
        for language in _NAMES:
            show(f"cloze, {_NAMES[language]}", 0.0)
            measures["cloze"][language] = sets.cloze(bert, language)
    measures["senses"] = sets.senses(bert, progress=lambda share: show("senses", share))
    if word2vec:
        measures["senses_word2vec"] = sets.senses_by_neighbours(word2vec)
    show("anisotropy", 0.0)
    measures["anisotropy"] = crowding(bert)
    return measures


def known(folder: str | Path) -> dict:
    """Returns what `measures.json` of a model folder holds; {} without one, or if it tells of other weights.

    Raises:
        ValueError: the file holds no JSON object.
    """
    file = Path(folder) / MEASURES_FILE
    measures = read_json(file) if file.is_file() else {}
    return measures if measures.get("weights") == fingerprint(folder) else {}


def joined(before: dict, found: dict) -> dict:
    """Returns measures with newer ones in their place; texts and fine-tuned sets that were not measured again stay."""
    rows = {(row["task"], row["train"]): row for part in (before, found) for row in part.get("tasks", [])}
    text = before.get("text", {}) | found.get("text", {})
    return {**before, **found, "text": text, **({"tasks": [*rows.values()]} if rows else {})}


def fingerprint(folder: str | Path) -> str:
    """Returns the SHA-256 of a model folder's weights, in hex."""
    digest = hashlib.sha256()
    for path in weight_files(Path(folder)):
        with path.open("rb") as file:
            while part := file.read(1 << 20):
                digest.update(part)
    return digest.hexdigest()


def crowding(bert: Bert, sentences: int = 200) -> list[float]:
    """Returns, for each of L+1 layers, the mean cosine of two random tokens of the sense sentences (Ethayarajh 2019)."""
    texts = [sentence for entry in sense_sets() for sentence, _ in entry.labelled()]
    texts = texts[::max(1, len(texts) // sentences)]
    states = [state for _, state in hidden_states(bert, [bert.encode(text) for text in texts])]
    return [float(value) for value in anisotropy(np.concatenate(states, axis=1))]


def save(measures: dict, folder: str | Path) -> None:
    """Writes `measures.json` and a picture into a model folder, and puts the tables into its `card.md`."""
    folder = Path(folder)
    measures = {**measures, "weights": fingerprint(folder)}
    write_atomically(folder / MEASURES_FILE, json.dumps(measures, indent=1, ensure_ascii=False) + "\n")
    write_atomically(folder / "layers.svg", layers_picture(measures))
    card = folder / "card.md"
    text = card.read_text(encoding="utf-8") if card.is_file() else f"# {folder.resolve().name}\n"
    block = f"{BEGIN}\n\n{markdown(measures)}\n\n![By layer](layers.svg)\n\n{END}"
    if BEGIN in text and END in text:
        text = re.sub(re.escape(BEGIN) + ".*?" + re.escape(END), lambda match: block, text, flags=re.DOTALL)
    else:
        text = f"{text.rstrip()}\n\n{block}\n"
    write_atomically(card, text)


def markdown(measures: dict) -> str:
    """Returns the measures as Markdown tables."""
    parts = ["## Measures"]
    if measures["text"]:
        parts.append("Held-out text; 15% of the tokens hidden one by one. Next sentence: half true pairs, half of the kind "
                     "named; chance is 50%.\n\n" + _table(
                         ["text", "loss (nats)", "perplexity", "top-1", "top-5", "next: random", "same document", "swapped"],
                         [[name, f"{row['loss']:.3f}", f"{row['perplexity']:.1f}", _share(row["top_1"]), _share(row["top_5"]),
                           *(_share(row["next_sentence"][kind]) if "next_sentence" in row else "–"
                             for kind in heldout.NEGATIVES)]
                          for name, row in measures["text"].items()]))
    if short := {name: row["short"] for name, row in measures["text"].items() if "short" in row}:
        parts.append("Short texts, such as people type: the same for one sentence alone, and next sentences (random "
                     f"negatives) in pairs of at most {heldout.SHORT_PAIR} tokens.\n\n" + _table(
                         ["text", "loss (nats)", "perplexity", "top-1", "top-5", "next: random"],
                         [[name, f"{row['loss']:.3f}", f"{row['perplexity']:.1f}", _share(row["top_1"]), _share(row["top_5"]),
                           _share(row["next_sentence"]["random"]) if "next_sentence" in row else "–"]
                          for name, row in short.items()]))
    if measures["cloze"]:
        parts.append("Hand-written sentences with one gap, answered by common knowledge:\n\n" + _table(
            ["language", "sentences", "top-1", "top-5"],
            [[_NAMES[language], str(row["sentences"]), _share(row["top_1"]), _share(row["top_5"])]
             for language, row in measures["cloze"].items()]))
    parts.append(_senses(measures))
    parts.append("Cosine of two random tokens, by layer (0 is the embedding output): "
                 + ", ".join(f"{value:.2f}" for value in measures["anisotropy"]) + ".")
    if "tasks" in measures:
        parts.append("Fine-tuned, beside the same network from random weights; examples drawn anew for every draw, the best look "
                     "at the dev examples, mean (and range):\n\n" + _table(
                         ["task", "examples", "dev", "draws", "figure", "pretrained", "from random weights"],
                         [[row["task"], f"{row['train']:,}", f"{row['dev']:,}", str(len(row["pretrained"])),
                           row["figure"].replace("_", " "), _shares(row["pretrained"]), _shares(row["scratch"])]
                          for row in measures["tasks"]]))
    return "\n\n".join(parts)


def by_language(senses: dict, figure: str) -> dict[str, np.ndarray]:
    """Returns the mean of a figure over the words of each language."""
    return {language: np.mean([row[figure] for row in senses.values() if row["language"] == language], axis=0)
            for language in sorted({row["language"] for row in senses.values()})}


def _senses(measures: dict) -> str:
    rows = []
    for language, accuracies in by_language(measures["senses"], "accuracy").items():
        silhouettes = by_language(measures["senses"], "silhouette")[language]
        best = int(np.argmax(accuracies))
        other = by_language(measures.get("senses_word2vec", {}), "accuracy").get(language)
        rows.append([_NAMES[language], _share(accuracies[best]), str(best), _share(accuracies[-1]),
                     f"{silhouettes[best]:.2f}", "50.0%", "-" if other is None else _share(float(other))])
    words = {word: max(row["accuracy"]) for word, row in measures["senses"].items()}
    order = sorted(words, key=words.get, reverse=True)
    return ("Senses of ambiguous words, two of each, 16 sentences a word: how many of a word's vectors are nearer to the mean of "
            "their own sense than to that of the other, themselves and one sentence of the other left out. word2vec's own vector "
            "never moves, so it is right by chance; "
            "the last column takes the mean of the word2vec vectors of all other words of the sentence.\n\n" + _table(
                ["language", "best layer", "which", "last layer", "silhouette", "chance", "word2vec, other words"], rows)
            + "\n\nBy word, best layer: " + ", ".join(f"{word} {words[word]:.0%}" for word in order) + ".")


def layers_picture(measures: dict) -> str:
    """Returns a small SVG: sense accuracy and anisotropy by layer."""
    lines = {f"senses, {_NAMES[language]}": values
             for language, values in by_language(measures["senses"], "accuracy").items()}
    lines["cosine of random tokens"] = np.array(measures["anisotropy"])
    width, height, left, top = 560, 240, 40, 16
    colors = ("#4454c4", "#c96f1e", "#8a8f9c")
    count = max(map(len, lines.values()))

    def place(layer: int, value: float) -> tuple[float, float]:
        return left + layer * (width - left - 190) / max(count - 1, 1), top + (1 - value) * (height - top - 30)

    parts = [f'<svg xmlns="http://www.w3.org/2000/svg" width="{width}" height="{height}" '
             f'viewBox="0 0 {width} {height}" font-family="sans-serif" '
             'font-size="12" fill="#5c6170">', f'<rect width="{width}" height="{height}" fill="#fcfcf9"/>']
    for value in (0, 0.25, 0.5, 0.75, 1):
        (x, y), (end, _) = place(0, value), place(count - 1, value)
        parts.append(f'<path d="M{x:.0f} {y:.0f}H{end:.0f}" stroke="#e4e2da"/>'
                     f'<text x="{left - 8}" y="{y + 4:.0f}" text-anchor="end">{value:.2f}</text>')
    for layer in range(count):
        parts.append(f'<text x="{place(layer, 0)[0]:.0f}" y="{height - 8}" text-anchor="middle">{layer}</text>')
    for (name, values), color in zip(lines.items(), colors):
        points = [place(layer, max(0.0, min(float(value), 1.0))) for layer, value in enumerate(values)]
        path = "L".join(f"{x:.1f} {y:.1f}" for x, y in points)
        parts.append(f'<path d="M{path}" fill="none" stroke="{color}" stroke-width="2.5"/>')
    for number, (name, color) in enumerate(zip(lines, colors)):
        y = top + 20 + 22 * number
        parts.append(f'<path d="M{width - 172} {y - 4}h18" stroke="{color}" stroke-width="2.5"/>'
                     f'<text x="{width - 148}" y="{y}">{name}</text>')
    return "\n".join([*parts, "</svg>"]) + "\n"


def _share(value: float) -> str:
    return f"{value:.1%}"


def _shares(values: Sequence[float]) -> str:
    mean = _share(sum(values) / len(values))
    return mean if len(values) == 1 else f"{mean} ({_share(min(values))} to {_share(max(values))})"


def _table(headers: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    lines = [list(headers), ["---"] * len(headers), *rows]
    return "\n".join("| " + " | ".join(line) + " |" for line in lines)
