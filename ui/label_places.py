"""Where the names of dots stand on a map, so that none lies on another, on a dot or on an arrow.

Plotly puts a name on one of eight sides of its dot and leaves the choice to its caller, who does not know how wide the
page is. So the choice is made for maps of several widths at once. A box is (left, bottom, right, top) in pixels.
Letters in shapes: n dots, W widths.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

#: Pixels across a map on a phone, beside a list, and alone.
WIDTHS = (350, 470, 812)
#: The sides of a dot, the best first: plotly's name for it, and how far right and up of the dot that is.
SIDES = {"top center": (0, 1), "bottom center": (0, -1), "middle right": (1, 0), "middle left": (-1, 0),
         "top right": (1, 1), "bottom right": (1, -1), "top left": (-1, 1), "bottom left": (-1, -1)}
#: How wide a letter and a Chinese character are taken to be, and how high both, in font sizes.
LETTER, CHARACTER, LINE = 0.56, 1.0, 1.2
#: What it costs not to be on the best side, in square pixels of overlap; and what is not worth another try.
WORSE_SIDE, GOOD_ENOUGH = 0.2, 2.0
TRIES, ROUNDS = 16, 4
#: With more names than this, one beginning must do: they cannot all be clear of each other.
MANY = 40


def label_places(share: np.ndarray, words: Sequence[str], height: int, *, sizes: Sequence[float],
                 radii: Sequence[float], arrows: Sequence[tuple[int, int]] = (), fixed: Sequence[int] = ()) -> list[str]:
    """Chooses a side for every name: in turn each goes where it overlaps least, until none moves.

    From another beginning the turns may end better, so several are tried, always the same ones.

    Args:
        share: (n, 2), how far right and up each dot is on the map, from 0 to 1.
        words: n names.
        height: of the map, in pixels.
        sizes: n font sizes.
        radii: n dots' radii in pixels.
        arrows: pairs of dots with an arrow between them.
        fixed: the dots whose names stay on top.

    Returns:
        n values for plotly's `textposition`.
    """
    count, frames = len(words), np.array([[0, 0, width, height] for width in WIDTHS], float)
    at = share[:, None] * frames[:, 2:]  # (n, W, 2)
    boxes = _boxes(at, words, sizes, radii)  # (n, sides, W, 4)
    taken = np.concatenate([_around(at, np.asarray(radii)[:, None, None])]
                           + [_around(_along(at[start], at[end]), 3) for start, end in arrows])
    in_the_way = sum(overlap(boxes, box) for box in taken) + overlap(boxes, boxes) - overlap(boxes, frames)
    alone = in_the_way.sum(axis=-1) + WORSE_SIDE * np.arange(len(SIDES))  # (n, sides)
    movable = np.setdiff1d(np.arange(count), fixed)
    random, best, least = np.random.default_rng(0), None, np.inf
    for beginning in range(TRIES if count <= MANY else 1):
        chosen = random.integers(len(SIDES), size=count) if beginning else np.zeros(count, int)
        chosen[list(fixed)] = 0
        cost = _take_turns(chosen, movable, boxes, alone)
        if cost < least:
            best, least = chosen, cost
        if least <= GOOD_ENOUGH * count:
            break
    return [list(SIDES)[side] for side in best]


def _take_turns(chosen: np.ndarray, movable: np.ndarray, boxes: np.ndarray, alone: np.ndarray) -> float:
    """Moves names in `chosen` (n,) to better sides until none is better; returns what the last round cost."""
    every = np.arange(len(chosen))
    for _ in range(ROUNDS):
        before, cost = chosen.copy(), 0.0
        for i in movable:
            others = boxes[every, chosen][every != i]  # (n-1, W, 4)
            costs = alone[i] + overlap(boxes[i][:, None], others[None]).sum(axis=(1, 2))
            chosen[i] = costs.argmin()
            cost += costs.min()
        if (chosen == before).all():
            break
    return cost


def overlap(one: np.ndarray, other: np.ndarray) -> np.ndarray:
    """Returns how many square pixels boxes (..., 4) share."""
    sides = np.minimum(one[..., 2:], other[..., 2:]) - np.maximum(one[..., :2], other[..., :2])
    return np.maximum(sides, 0).prod(axis=-1)


def _boxes(at: np.ndarray, words: Sequence[str], sizes: Sequence[float], radii: Sequence[float]) -> np.ndarray:
    """Returns where names stand on each side of their dots at (n, W, 2), as plotly puts them: (n, sides, W, 4)."""
    ems = [sum(CHARACTER if letter > "\u2e80" else LETTER for letter in word) for word in words]
    half = np.stack([ems, np.full(len(words), LINE)], axis=-1) * np.asarray(sizes)[:, None] / 2  # (n, 2)
    away = half * [1, 1 / LINE] + np.asarray(radii)[:, None] / 0.8 + 1  # plotly counts a line as high as its font
    middles = at[:, None] + (away[:, None] * list(SIDES.values()))[:, :, None]
    return _around(middles, half[:, None, None])


def _around(middles: np.ndarray, half: np.ndarray | float) -> np.ndarray:
    """Returns boxes (..., 4) around their middles (..., 2)."""
    return np.concatenate([middles - half, middles + half], axis=-1)


def _along(start: np.ndarray, end: np.ndarray) -> np.ndarray:
    """Returns points (50, W, 2) on the way from one point (W, 2) to another."""
    steps = np.linspace(0, 1, 50)[:, None, None]
    return start * (1 - steps) + end * steps
