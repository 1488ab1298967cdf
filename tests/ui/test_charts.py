"""The figures draw the numbers that they are given, and every word letter for letter."""

import numpy as np
import pytest

from ui import charts

WORDS = {"looking": "looking", "looked_at": "looked at", "weight": "weight"}
WEIGHTS = np.array([[0.1, 0.7, 0.2], [0.05, 0.05, 0.9]], np.float32)


def attention(rows=("a", "b"), columns=("a", "b", "c"), weights=WEIGHTS, **options):
    return charts.attention_heatmap(weights, rows, columns, **WORDS, **options)


def test_attention_heatmap_draws_the_weights():
    figure = attention()
    cells = figure.data[0]
    np.testing.assert_array_equal(np.asarray(cells.z), WEIGHTS)
    assert (cells.zmin, cells.zmax) == (0, pytest.approx(0.9))
    assert list(figure.layout.xaxis.ticktext) == ["a", "b", "c"]
    assert list(figure.layout.yaxis.ticktext) == ["a", "b"]
    assert figure.layout.yaxis.autorange == "reversed"  # the first word on top
    np.testing.assert_array_equal(np.asarray(cells.customdata[1][2]), ["b", "c"])


def test_equal_tokens_stay_apart():
    figure = attention(rows=["the", "the"], columns=["the", "the", "the"])
    assert list(figure.data[0].x) == [0, 1, 2] and list(figure.data[0].y) == [0, 1]
    assert list(figure.layout.xaxis.tickvals) == [0, 1, 2]


def test_attention_heatmap_of_zeros_and_of_one_cell():
    zeros = attention(weights=np.zeros((2, 3), np.float32))
    assert zeros.data[0].zmax > 0  # a scale from 0 to 0 would colour everything as the most
    single = attention(rows=["a"], columns=["b"], weights=np.ones((1, 1), np.float32))
    assert single.layout.height >= 260


@pytest.mark.parametrize("count, size", [(10, 13), (40, 10), (100, 7)])
def test_many_tokens_get_small_letters_and_a_bounded_height(count, size):
    names = [f"word{i}" for i in range(count)]
    figure = attention(rows=names, columns=names, weights=np.full((count, count), 1 / count, np.float32))
    assert figure.layout.xaxis.tickfont.size == size
    assert figure.layout.height <= 900


def test_short_tokens_stand_upright():
    assert attention(rows=["我", "你"], columns=["我", "你", "他"]).layout.xaxis.tickangle == 0
    assert attention(columns=["a", "b", "longer"]).layout.xaxis.tickangle == -60


def test_cosine_heatmap_draws_the_matrix_and_its_numbers():
    matrix = np.array([[1.0, 0.256], [0.256, 1.0]])
    cells = charts.cosine_heatmap(matrix, ["1", "2"], ["one", "two"], cosine="cosine").data[0]
    np.testing.assert_array_equal(np.asarray(cells.z), matrix)
    assert [list(row) for row in cells.text] == [["1.00", "0.26"], ["0.26", "1.00"]]
    assert (cells.zmin, cells.zmax) == (0.256, 1.0)
    np.testing.assert_array_equal(np.asarray(cells.customdata[0][1]), ["one", "two"])
    assert "cosine" in cells.hovertemplate


def test_cosine_heatmap_of_equal_vectors_has_a_scale():
    cells = charts.cosine_heatmap(np.ones((2, 2)), ["1", "2"], ["one", "two"], cosine="cosine").data[0]
    assert cells.zmin < cells.zmax


@pytest.mark.parametrize("points", [
    np.array([[0.0, 1.0], [2.0, -3.0], [0.5, 0.25]]),
    np.array([[0.0, 0.0], [1.0, 0.0]]),  # on a line
    np.zeros((3, 2)),  # all in one place
])
def test_sense_map_draws_every_point_inside_its_frame(points):
    labels = [str(i + 1) for i in range(len(points))]
    figure = charts.sense_map(points, labels, [f"sentence {label}" for label in labels])
    drawn = figure.data[0]
    np.testing.assert_array_equal(np.stack([drawn.x, drawn.y], axis=1), points)
    assert list(drawn.text) == labels
    assert list(drawn.customdata) == [f"sentence {label}" for label in labels]
    for axis, values in ((figure.layout.xaxis, points[:, 0]), (figure.layout.yaxis, points[:, 1])):
        low, high = axis.range
        assert low < values.min() and high > values.max()


def test_static_map_sets_the_word_off():
    points = np.array([[0.0, 0.0], [1.0, 0.1], [1.1, 0.1]])
    drawn = charts.static_map(points, ["bank", "banks", "loan"], ["bank", "banks: 0.9", "loan: 0.7"]).data[0]
    np.testing.assert_array_equal(np.stack([drawn.x, drawn.y], axis=1), points)
    assert list(drawn.text) == ["bank", "banks", "loan"]
    assert list(drawn.customdata) == ["bank", "banks: 0.9", "loan: 0.7"]
    assert drawn.marker.size[0] > max(drawn.marker.size[1:])
    assert drawn.marker.color[0] not in drawn.marker.color[1:]
    assert drawn.textposition[1] != drawn.textposition[2]  # neighbours do not write over each other


BAD, SAFE = "<b>x</b> &lt;", "&lt;b&gt;x&lt;/b&gt; &amp;lt;"


def test_plotly_gets_no_markup_from_words():
    heatmap = attention(rows=[BAD, "b"], columns=["a", "b", BAD])
    assert heatmap.layout.xaxis.ticktext[2] == heatmap.layout.yaxis.ticktext[0] == SAFE
    assert list(heatmap.data[0].customdata[0][2]) == [SAFE, SAFE]
    cosine = charts.cosine_heatmap(np.eye(2), ["1", "2"], [BAD, "b"], cosine="cosine")
    assert list(cosine.data[0].customdata[0][1]) == [SAFE, "b"]
    points = np.array([[0.0, 0.0], [1.0, 1.0]])
    assert charts.sense_map(points, ["1", "2"], [BAD, "b"]).data[0].customdata[0] == SAFE
    static = charts.static_map(points, [BAD, "b"], [BAD, "b"]).data[0]
    assert static.text[0] == static.customdata[0] == SAFE


def contrast(first: str, second: str) -> float:
    """The contrast of two hex colours as WCAG defines it."""
    def luminance(color):
        parts = np.array([int(color[i:i + 2], 16) for i in (1, 3, 5)]) / 255
        return np.where(parts <= 0.04045, parts / 12.92, ((parts + 0.055) / 1.055) ** 2.4) @ [0.2126, 0.7152, 0.0722]
    light, dark = sorted((luminance(first), luminance(second)), reverse=True)
    return (light + 0.05) / (dark + 0.05)


@pytest.mark.parametrize("dark, page", [(False, "#fcfcfa"), (True, "#14161c")])
def test_letters_stand_out_from_the_page(dark, page):
    points = np.array([[0.0, 0.0], [1.0, 1.0]])
    figures = [attention(dark=dark), charts.cosine_heatmap(np.eye(2), "12", "ab", cosine="c", dark=dark),
               charts.sense_map(points, "12", "ab", dark=dark), charts.static_map(points, "ab", "ab", dark=dark)]
    for figure in figures:
        assert contrast(figure.layout.xaxis.tickfont.color, page) > 7
    for figure in figures[2:]:
        assert contrast(figure.data[0].textfont.color, page) > 7


def test_the_strongest_cell_is_the_furthest_from_the_page():
    assert contrast(charts.SCALE[-1][1], "#fcfcfa") > 7
    assert contrast(charts.DARK_SCALE[-1][1], "#14161c") > 3
    assert contrast(charts.DARK_SCALE[-1][1], "#ffffff") > 4  # the numbers of the cosine matrix are white there
