"""A word in its sentences as the words-in-context page shows it: its vectors, senses or groups, and their colours.

Letters in shapes: n sentences, L layers, H hidden.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace

import numpy as np

from ui import common, models, word_charts
from ui.text import t
from ui.word_reading import group

COLOURINGS = ["senses", "groups"]
COUNTS = ["auto", 2, 3, 4, 5, 6]


@dataclass(frozen=True)
class Lab:
    """A word in its sentences as the page shows it.

    Attributes:
        model: the `ui.models.Model` that read it.
        word: the word.
        reading: a `bert_tf.batch_vectors.WordReading`, of n texts.
        layer: the layer chosen.
        senses: n senses, None where nobody knows.
        names: what the senses are called.
        baseline: mean cosine of random words at that layer.
        colors: n CSS colours.
        legend: (CSS colour, words) for the colours.
        note: what the colours say in words, if they are groups.
    """

    model: models.Model
    word: str
    reading: object
    layer: int
    senses: list[int | None]
    names: list[str]
    baseline: float
    colors: list[str] = field(default_factory=list)
    legend: list[tuple[str, str]] = field(default_factory=list)
    note: str = ""

    @property
    def here(self) -> np.ndarray:
        """The vectors at the layer chosen, float32 (n, H)."""
        return self.reading.vectors[:, self.layer]

    @property
    def labelled(self) -> bool:
        """Whether there are two senses or more of at least two sentences each, which can be compared."""
        known = [sense for sense in self.senses if sense is not None]
        return len(set(known)) > 1 and min(map(known.count, set(known))) > 1


def prepare(lab: Lab) -> Lab:
    """Adds the colours that are chosen: of the senses, or of the groups found."""
    known = any(sense is not None for sense in lab.senses)
    default = "senses" if known else "groups"
    view = common.settle("words_view", ["map", "layers", "near", "one_way", "pieces"], "map")
    colouring = common.settle("words_color", COLOURINGS, default) if known and view == "map" else default
    wheel = word_charts.group_colors(common.palette())
    if colouring == "senses":
        unknown = common.palette().soft
        colors = [unknown if sense is None else wheel[sense] for sense in lab.senses]
        legend = list(zip(wheel, lab.names)) + [(unknown, t("words.own"))] * (None in lab.senses)
        return replace(lab, colors=colors, legend=legend)
    wanted = common.settle("words_groups", COUNTS, "auto")
    with common.friendly(stop=True):
        found = group(lab.here, None if wanted == "auto" or wanted > len(np.unique(lab.here, axis=0)) else wanted)
    legend = [(wheel[number], t("words.group", number=number + 1)) for number in range(found.count)]
    return replace(lab, colors=[wheel[label] for label in found.labels], legend=legend, note=group_note(lab, found))


def group_note(lab: Lab, found) -> str:
    """Says how many groups were found, how well apart they are, and how well they agree with the labels."""
    from sklearn.metrics import adjusted_rand_score

    note = t("words.groups_one") if found.count == 1 else t(
        "words.groups_note", count=found.count, silhouette=f"{found.silhouettes.get(found.count, 0):.2f}")
    rows = [i for i, sense in enumerate(lab.senses) if sense is not None]
    if len({lab.senses[i] for i in rows}) < 2:
        return note
    value = adjusted_rand_score([lab.senses[i] for i in rows], found.labels[rows])
    return f"{note} {t('words.agreement', value=f'{value:.2f}')}"
