"""The figures draw the numbers that they are given, and every word letter for letter."""

import itertools
import time

import numpy as np
import pytest

from ui import charts, word_charts
from ui.html import DARK, LIGHT

WEIGHTS = np.array([[0.1, 0.7, 0.2], [0.05, 0.05, 0.9]], np.float32)


def attention(rows=("a", "b"), columns=("a", "b", "c"), weights=WEIGHTS, **options):
    return charts.attention_heatmap(weights, rows, columns, weight="weight", **options)


def test_attention_heatmap_draws_the_weights():
    figure = attention()
    cells = figure.data[0]
    np.testing.assert_array_equal(np.asarray(cells.z), WEIGHTS)
    assert (cells.zmin, cells.zmax) == (0, pytest.approx(0.9))
    assert list(figure.layout.xaxis.ticktext) == ["a", "b", "c"]
    assert list(figure.layout.yaxis.ticktext) == ["a", "b"]
    assert figure.layout.yaxis.autorange == "reversed"  # the first word on top
    np.testing.assert_array_equal(np.asarray(cells.customdata[1][2]), ["b", "c"])
    assert "weight %{z" in cells.hovertemplate


def test_equal_tokens_stay_apart():
    figure = attention(rows=["the", "the"], columns=["the", "the", "the"])
    assert list(figure.data[0].x) == [0, 1, 2] and list(figure.data[0].y) == [0, 1]
    assert list(figure.layout.xaxis.tickvals) == [0, 1, 2]


def test_attention_heatmap_of_zeros_and_of_one_cell():
    zeros = attention(weights=np.zeros((2, 3), np.float32))
    assert zeros.data[0].zmax > 0  # a scale from 0 to 0 would colour everything as the most
    single = attention(rows=["a"], columns=["b"], weights=np.ones((1, 1), np.float32))
    assert single.layout.height >= 200


@pytest.mark.parametrize("count, size", [(10, 14), (40, 11), (100, 8)])
def test_many_tokens_get_small_letters_and_a_bounded_height(count, size):
    names = [f"word{i}" for i in range(count)]
    figure = attention(rows=names, columns=names, weights=np.full((count, count), 1 / count, np.float32))
    assert figure.layout.xaxis.tickfont.size == size
    assert figure.layout.height <= 1000


def test_short_tokens_stand_upright():
    assert attention(rows=["我", "你"], columns=["我", "你", "他"]).layout.xaxis.tickangle == 0
    assert attention(columns=["a", "b", "longer"]).layout.xaxis.tickangle < 0


def test_cosine_heatmap_draws_the_matrix_and_its_numbers():
    matrix = np.array([[1.0, 0.256, -0.1], [0.256, 1.0, 0.5], [-0.1, 0.5, 1.0]])
    figure = charts.cosine_heatmap(matrix, ["a 1", "b 2", "c 3"], ["one", "two", "three"], cosine="cosine")
    cells = figure.data[0]
    np.testing.assert_array_equal(np.asarray(cells.z), matrix)
    assert [list(row) for row in cells.text] == [["", ".26", "-.10"], [".26", "", ".50"], ["-.10", ".50", ""]]
    assert (cells.zmin, cells.zmax) == (-0.1, 0.5)  # the diagonal does not stretch the colours
    assert list(figure.layout.xaxis.ticktext) == ["1", "2", "3"]
    assert list(figure.layout.yaxis.ticktext) == ["a 1", "b 2", "c 3"]
    np.testing.assert_array_equal(np.asarray(cells.customdata[0][1]), ["one", "two"])
    assert "cosine" in cells.hovertemplate


def test_cosine_near_one_keeps_its_digits():
    matrix = np.array([[1.0, 0.9999], [0.9999, 1.0]])
    assert charts.cosine_heatmap(matrix, "12", "ab", cosine="cosine").data[0].text[0][1] == "1.00"


def test_cosine_heatmap_of_equal_vectors_and_of_one():
    equal = charts.cosine_heatmap(np.ones((2, 2)), ["1", "2"], ["one", "two"], cosine="cosine").data[0]
    assert equal.zmin < equal.zmax
    single = charts.cosine_heatmap(np.ones((1, 1)), ["1"], ["one"], cosine="cosine").data[0]
    assert single.zmin < single.zmax


def test_many_sentences_get_no_numbers():
    many = charts.cosine_heatmap(np.eye(30), [str(i) for i in range(30)], ["s"] * 30, cosine="cosine")
    assert many.data[0].texttemplate is None and many.layout.height <= 1000


POINTS = [np.array([[0.0, 1.0], [2.0, -3.0], [0.5, 0.25]]), np.array([[0.0, 0.0], [1.0, 0.0]]), np.zeros((3, 2))]


def inside(figure, points) -> bool:
    """Whether the frame holds every point."""
    return all(axis.range[0] < values.min() and axis.range[1] > values.max()
               for axis, values in ((figure.layout.xaxis, points[:, 0]), (figure.layout.yaxis, points[:, 1])))


@pytest.mark.parametrize("points", POINTS, ids=["apart", "on a line", "all in one place"])
def test_sense_map_draws_every_point_inside_its_frame(points):
    colors = ["#111111", "#222222", "#333333"][:len(points)]
    figure = charts.sense_map(points, [f"sentence {i}" for i in range(len(points))], colors)
    drawn = figure.data[0]
    np.testing.assert_array_equal(np.stack([drawn.x, drawn.y], axis=1), points)
    assert list(drawn.text) == [str(i + 1) for i in range(len(points))]
    assert list(drawn.customdata) == [f"sentence {i}" for i in range(len(points))]
    assert list(drawn.marker.color) == colors
    assert inside(figure, points)


@pytest.mark.parametrize("points", POINTS, ids=["apart", "on a line", "all in one place"])
def test_static_map_sets_the_word_off(points):
    words = ["bank", "banks", "loan"][:len(points)]
    figure = charts.static_map(points, words, [f"{word}!" for word in words], badge="1–8")
    near, word = figure.data
    np.testing.assert_array_equal(np.stack([near.x, near.y], axis=1), points[1:])
    np.testing.assert_array_equal([word.x[0], word.y[0]], points[0])
    assert list(near.text) == words[1:] and list(word.text) == ["1–8"]
    assert list(near.customdata) + list(word.customdata) == [f"{word}!" for word in words[1:] + words[:1]]
    assert np.min(word.marker.size) > np.max(near.marker.size)
    assert figure.layout.annotations[0].text == "<b>bank</b>"
    assert inside(figure, points)


def test_labels_of_neighbours_keep_clear_of_each_other():
    points = np.array([[0.0, 0.0], [1.0, 1.0], [1.02, 1.0], [-1.0, 0.5]])
    near = charts.static_map(points, ["a", "bbbbbb", "cccccc", "d"], ["", "", "", ""], badge="1").data[0]
    assert near.textposition[0] != near.textposition[1]


def stretch(side: str, low: str, high: str, width: float, gap: float) -> tuple[float, float]:
    """From where to where a name of a width reaches along one axis, from the middle of its dot."""
    return (gap, gap + width) if high in side else (-gap - width, -gap) if low in side else (-width / 2, width / 2)


@pytest.mark.parametrize("width", [350, 812])
def test_names_of_crowded_dots_do_not_overlap_however_wide_the_map(width):
    """Five dots close together, names as large as Plotly would write them: no two have a pixel in common."""
    points = np.array([[0.0, 0.0], [0.02, 0.0], [0.0, 0.06], [0.03, 0.06], [0.9, 1.0], [1.0, 1.0], [0.5, 0.5]])
    names = ["mother", "daughter", "father", "son", "grandmother", "aunt", "母亲"]
    dots = word_charts.label_map(points, names).data[0]
    at, boxes = charts.within(points) * [width, 512], []
    for (x, y), name, side in zip(at, names, dots.textposition):
        letters = len(name) * (13 if name == "母亲" else 6.2)
        left, right = stretch(side, "left", "right", letters, 5)
        bottom, top = stretch(side, "bottom", "top", 13, 5)
        boxes.append((x + left, x + right, y + bottom, y + top))
    for one, other in itertools.combinations(boxes, 2):
        assert one[0] >= other[1] or other[0] >= one[1] or one[2] >= other[3] or other[2] >= one[3]
    assert all(0 <= left and right <= width for left, right, _, _ in boxes)


def test_names_keep_clear_of_arrows():
    points = np.array([[0.0, 0.0], [0.0, 1.0], [1.0, 0.2]])  # an arrow straight up from the first dot
    figure = word_charts.add_arrows(word_charts.label_map(points, ["king", "queen", "man"]), [(0, 1)])
    assert figure.data[0].textposition[0] != "top center" and figure.data[0].textposition[1] != "bottom center"
    figure = word_charts.add_arrows(word_charts.label_map(points, ["king", "queen", "man"]), [(1, 0), (2, 2)])
    assert figure.data[0].textposition[0] != "top center" and len(figure.layout.annotations) == 1


def test_so_many_names_that_they_must_overlap_are_placed_soon():
    points = np.random.default_rng(0).random((150, 2))
    start = time.perf_counter()
    assert len(word_charts.label_map(points, ["daughter"] * 150).data[0].textposition) == 150
    assert time.perf_counter() - start < 10


BAD, SAFE = "<b>x</b> &lt;", "&lt;b&gt;x&lt;/b&gt; &amp;lt;"


def test_plotly_gets_no_markup_from_words():
    heatmap = attention(rows=[BAD, "b"], columns=["a", "b", BAD])
    assert heatmap.layout.xaxis.ticktext[2] == heatmap.layout.yaxis.ticktext[0] == SAFE
    assert list(heatmap.data[0].customdata[0][2]) == [SAFE, SAFE]
    cosine = charts.cosine_heatmap(np.eye(2), [BAD, "2"], [BAD, "b"], cosine="cosine")
    assert list(cosine.data[0].customdata[0][1]) == [SAFE, "b"] and cosine.layout.yaxis.ticktext[0] == SAFE
    points = np.array([[0.0, 0.0], [1.0, 1.0]])
    assert charts.sense_map(points, [BAD, "b"], ["red", "red"]).data[0].customdata[0] == SAFE
    static = charts.static_map(points, [BAD, BAD], [BAD, BAD], badge="1")
    assert static.data[0].text[0] == static.data[0].customdata[0] == static.data[1].customdata[0] == SAFE
    assert static.layout.annotations[0].text == f"<b>{SAFE}</b>"


def test_endless_words_are_cut():
    assert len(attention(rows=["x" * 300, "b"]).layout.yaxis.ticktext[0]) <= 90


@pytest.mark.parametrize("dark, palette", [(False, LIGHT), (True, DARK)])
def test_figures_wear_the_colours_of_the_page(dark, palette):
    points = np.array([[0.0, 0.0], [1.0, 1.0]])
    figures = [attention(dark=dark), charts.cosine_heatmap(np.eye(2), "12", "ab", cosine="c", dark=dark),
               charts.sense_map(points, "ab", ["red"] * 2, dark=dark),
               charts.static_map(points, "ab", "ab", badge="1", dark=dark)]
    assert all(figure.layout.font.color == palette.ink for figure in figures)
    for figure in figures[:2]:
        assert [tuple(stop) for stop in figure.data[0].colorscale] == list(palette.scale)
