"""The BertViz views: the right numbers, no network, no way out for a token, drawn in a browser."""

import html as html_text
import json
import re
from html.parser import HTMLParser

import numpy as np
import pytest

pytest.importorskip("bertviz")

from bert_tf.head_arithmetic import HeadVectors
from bert_tf.results import Encoding, Trace
from ui import bertviz_page
from ui.bertviz_inside import MOST_LINES, model_view_html, neuron_view_html, weakest_line
from ui.bertviz_page import split_params, without_addresses
from ui.bertviz_view import PAIRS, SCALE, head_view_html

PAIR = "[CLS] the bank ##s . [SEP] 太 阳 升 [SEP]".split()
HOSTILE = [
    "</script><script>window.broken = 1</script>", "</SCRIPT >", "<!--", "<script", "-->", "]]>", '"', "'",
    "\\", "&lt;", "\u2028", "\x00", "${window.broken = 1}", '<img src=x onerror="window.broken = 1">', "*/",
    "PYTHON_PARAMS", "const params = ", "require.config({});", "; // HACK: x", "https://example.org/x.js",
]
ODD = ["😀", "👩‍👧", "שלום", "مرحبا", "##كتاب", "##ing", "太", "[MASK]"]


def make_trace(tokens: list[str], layers: int = 2, heads: int = 3, seed: int = 0) -> Trace:
    """A trace with lively attentions; what follows the first [SEP] is the second sentence."""
    count = len(tokens)
    scores = np.exp(2 * np.random.default_rng(seed).normal(size=(layers, heads, count, count)))
    weights = (scores / scores.sum(-1, keepdims=True)).astype(np.float32)
    first_end = tokens.index("[SEP]") if "[SEP]" in tokens else count
    segments = (np.arange(count) > first_end).astype(np.int32)
    encoding = Encoding(tokens, np.arange(count, dtype=np.int32), segments, [(0, 0)] * count)
    return Trace(encoding, np.zeros((layers + 1, count, 4), np.float32), weights, np.zeros(4, np.float32))


def make_vectors(count: int, size: int = 8, seed: int = 1) -> HeadVectors:
    return HeadVectors(*np.random.default_rng(seed).normal(size=(3, count, size)).astype(np.float32))


def neuron_view(trace: Trace, layer: int = 1, head: int = 2, **options) -> str:
    return neuron_view_html(trace, make_vectors(len(trace.tokens), options.pop("size", 8)), layer, head, **options)


VIEWS = {"head": head_view_html, "model": model_view_html, "neuron": neuron_view}


def span_of_params(document: str) -> tuple[int, int]:
    """Where the data of the page's script start and end."""
    start = re.search(r"= headView\.unpack(Head)?\(", document).end()
    return start, json.JSONDecoder().raw_decode(document, start)[1]


def params_of(document: str) -> dict:
    """The data as the page's script gets them, the weights unpacked into every part as the script does."""
    start, end = span_of_params(document)
    params = json.loads(document[start:end])
    layers, heads, count = params["shape"]
    whole = np.zeros(layers * heads * count * count, int)
    at = 0
    for run in params["runs"]:
        if run < 0:
            at -= run
        else:
            whole[at] = run
            at += 1
    views = params["attention"] if isinstance(params["attention"], list) else params["attention"].values()
    for view in views:
        rows, columns = slice(*view["rows"]), slice(*view["columns"])
        view["attn"] = whole.reshape(layers, heads, count, count)[:, :, rows, columns]
    return params


class Elements(HTMLParser):
    """Collects start tags and attributes; the content of script and style is text, as in a browser."""

    def __init__(self, document: str):
        super().__init__()
        self.found: list[tuple[str, dict]] = []
        self.feed(document)

    def handle_starttag(self, tag, attrs):
        self.found.append((tag, dict(attrs)))


@pytest.mark.parametrize("tokens", [PAIR, ["x"], ["[CLS]", *HOSTILE, "[SEP]", *ODD, "[SEP]"]])
@pytest.mark.parametrize("dark", [False, True])
@pytest.mark.parametrize("view", VIEWS)
def test_document_is_whole_and_asks_for_nothing(tokens, dark, view):
    document = VIEWS[view](make_trace(tokens), dark=dark)
    assert document.startswith("<!doctype html>") and document.rstrip().endswith("</html>")
    elements = Elements(document).found
    tags = [tag for tag, _ in elements]
    scripts = 3 if view == "neuron" else 2
    assert tags.count("script") == scripts and not {"link", "img", "iframe", "base", "object"} & set(tags)
    assert not any({"src", "href", "onerror"} & set(attributes) for _, attributes in elements)
    policy = next(attributes["content"] for _, attributes in elements if "http-equiv" in attributes)
    assert policy.startswith("default-src 'none'") and "http" not in policy
    start, end = span_of_params(document)
    rest = document[:start] + document[end:]
    assert set(re.findall(r"https?://[^/\"'\s]+", rest)) == {"http://www.w3.org"}  # names of namespaces
    assert not re.search(r"<script\s[^>]*src|<link\s[^>]*href|@import|url\(|cdnjs|require\.config", rest)
    assert "<" not in document[start:end]
    assert document.lower().count("</script") == scripts and document.count("<!--") == 0


def test_numbers_are_the_trace_to_four_decimals():
    trace = make_trace(PAIR, layers=3, heads=2)
    assert params_of(head_view_html(trace))["heads"] is None
    params = params_of(head_view_html(trace, layer=1, head=1))
    assert params["heads"] == [1]
    drawn = np.array(params["attention"][0]["attn"]) / params["scale"]
    assert drawn.shape == trace.attentions.shape
    assert np.abs(drawn - trace.attentions).max() <= 0.5 / SCALE + 1e-7
    assert params["attention"][0]["left_text"] == params["attention"][0]["right_text"] == PAIR
    assert params["layer"] == 1 and params["include_layers"] == [0, 1, 2]


def test_second_sentence_is_found_and_can_be_moved():
    trace = make_trace(PAIR)
    ranges = {view["name"]: (view.get("rows"), view.get("columns"), view["left_text"], view["right_text"])
              for view in params_of(head_view_html(trace))["attention"]}
    assert ranges["Sentence A -> Sentence B"] == ([0, 6], [6, 10], PAIR[:6], PAIR[6:])
    assert ranges["Sentence B -> Sentence A"] == ([6, 10], [0, 6], PAIR[6:], PAIR[:6])
    moved = params_of(head_view_html(trace, sentence_b_start=2))["attention"]
    assert moved[1]["left_text"] == PAIR[:2]
    assert len(params_of(head_view_html(make_trace(PAIR[:6])))["attention"]) == 1


@pytest.mark.parametrize("pairs", PAIRS)
def test_pairs_choose_the_first_view(pairs):
    document = head_view_html(make_trace(PAIR), pairs=pairs, labels={"a_to_b": "甲 <看> 乙"})
    params = params_of(document)
    assert params["attention"][int(params["default_filter"])]["name"] == PAIRS[pairs]
    assert f'<option value="{params["default_filter"]}" selected>' in document
    assert "甲 &lt;看&gt; 乙" in document


def test_hide_special_drops_rows_and_columns_and_nothing_else():
    trace = make_trace(PAIR)
    params = params_of(head_view_html(trace, hide_special=True))
    keep = [1, 2, 3, 4, 6, 7, 8]
    view = params["attention"][0]
    assert view["left_text"] == [PAIR[i] for i in keep]
    expected = trace.attentions[np.ix_(range(2), range(3), keep, keep)]
    assert np.abs(np.array(view["attn"]) / SCALE - expected).max() <= 0.5 / SCALE + 1e-7
    assert params["attention"][1]["rows"] == [0, 4] and params["attention"][2]["rows"] == [4, 7]
    empty_b = params_of(head_view_html(make_trace(["[CLS]", "a", "[SEP]", "[SEP]"]), hide_special=True))
    assert len(empty_b["attention"]) == 1
    alone = params_of(head_view_html(make_trace(["[CLS]", "x", "[SEP]"]), hide_special=True))
    assert np.array(alone["attention"][0]["attn"]).shape == (2, 3, 1, 1)


def test_hostile_tokens_arrive_as_they_are():
    tokens = ["[CLS]", *HOSTILE, *ODD, "[SEP]"]
    assert params_of(head_view_html(make_trace(tokens)))["attention"][0]["left_text"] == tokens


def test_same_trace_gives_the_same_text():
    assert head_view_html(make_trace(PAIR)) == head_view_html(make_trace(PAIR))


@pytest.mark.parametrize("arguments, message", [
    ({"layer": 2}, "0 to 1"), ({"layer": -1}, "0 to 1"), ({"pairs": "a_to_c"}, "a_to_b"),
    ({"sentence_b_start": 0}, "1 to 9"), ({"sentence_b_start": 10}, "1 to 9"),
    ({"labels": {"number": "x"}}, "number"),
])
def test_arguments_out_of_range(arguments, message):
    with pytest.raises(ValueError, match=message):
        head_view_html(make_trace(PAIR), **arguments)


def test_traces_that_cannot_be_drawn():
    with pytest.raises(ValueError, match="two sentences"):
        head_view_html(make_trace(["[CLS]", "x", "[SEP]"]), pairs="a_to_b")
    with pytest.raises(ValueError, match="no token"):
        head_view_html(make_trace(["[CLS]", "[SEP]"]), hide_special=True)
    trace = make_trace(PAIR)
    with pytest.raises(ValueError, match=r"\(L, N, 10, 10\)"):
        head_view_html(Trace(trace.encoding, trace.hidden_states, trace.attentions[..., :9], trace.pooled))
    with pytest.raises(ValueError, match="finite"):
        head_view_html(Trace(trace.encoding, trace.hidden_states, trace.attentions * np.nan, trace.pooled))


LONG = ["[CLS]", *["word"] * 60, "[SEP]", *["词"] * 65, "[SEP]"]


@pytest.mark.parametrize("view", VIEWS)
@pytest.mark.parametrize("tokens, layers, heads, most", [(["太"] * 20, 4, 4, 0.6e6), (LONG, 4, 4, 2e6), (LONG, 12, 12, 3e6)])
def test_sizes_stay_small(view, tokens, layers, heads, most):
    options = {"size": 64} if view == "neuron" else {}
    assert len(VIEWS[view](make_trace(tokens, layers, heads), **options).encode()) < most


def test_of_too_many_weights_the_strongest_are_kept(monkeypatch):
    trace = make_trace(PAIR)
    monkeypatch.setattr("ui.bertviz_view.MOST_WEIGHTS", 50)
    drawn = params_of(head_view_html(trace))["attention"][0]["attn"] / SCALE
    floor = bertviz_page.weakest_drawn(trace.attentions, 50)
    assert (trace.attentions >= floor).sum() == 50 == np.count_nonzero(drawn)
    expected = np.where(trace.attentions >= floor, trace.attentions, 0)
    assert np.abs(drawn - expected).max() <= 0.5 / SCALE + 1e-7
    assert bertviz_page.weakest_drawn(trace.attentions, 600) == 0
    large = make_trace(LONG, 6, 12)
    assert weakest_line(trace) == 0.01 < weakest_line(large)
    assert (large.attentions >= weakest_line(large)).sum() == MOST_LINES


def test_runs_by_hand():
    assert bertviz_page.runs(np.array([[0.5, 0], [0, 0.25]]), 0) == [5000, -2, 2500]
    assert bertviz_page.runs(np.array([0.0, 0.1, 0.3, 0.00001]), 0.2) == [-2, 3000]


def test_neuron_view_holds_this_heads_own_numbers():
    trace, vectors = make_trace(PAIR), make_vectors(len(PAIR))
    params = params_of(neuron_view_html(trace, vectors, 1, 2, pairs="a_to_b"))
    assert params["default_filter"] == "a_to_b"
    assert np.abs(np.array(params["queries"]) / params["vector_scale"] - vectors.queries).max() <= 0.0051
    assert np.abs(np.array(params["keys"]) / params["vector_scale"] - vectors.keys).max() <= 0.0051
    drawn = params["attention"]["a_to_b"]["attn"][0, 0] / SCALE
    assert np.abs(drawn - trace.attentions[1, 2, :6, 6:]).max() <= 0.5 / SCALE + 1e-7


def test_another_version_of_bertviz_is_not_drawn_wrongly():
    with pytest.raises(RuntimeError, match="bertviz 1.4.1"):
        split_params("<script>nothing of the kind</script>")
    before, params, after = split_params('x const params = {"a": "; }"}; // HACK: {"a": "; }"}\nrest')
    assert (before, params, after) == ("x const params = ", {"a": "; }"}, ";\nrest")
    assert without_addresses('<script src="https://cdn/x.js"></script><p>kept</p>') == "<p>kept</p>"


class Shown:
    """A view in a sandboxed iframe, with everything it asked for and complained of; the network is shut."""

    def __init__(self, browser, document: str, width: int = 900, **options):
        self.requests, self.complaints = [], []
        self.page = browser.new_page(viewport={"width": width, "height": 800}, **options)
        self.page.on("request", lambda request: self.requests.append(request.url))
        self.page.on("pageerror", lambda error: self.complaints.append(str(error)))
        self.page.on("console", lambda said: said.type == "log" or self.complaints.append(said.text))
        self.page.route("**/*", lambda route: route.abort())
        self.page.set_content(
            '<!doctype html><meta name="viewport" content="width=device-width"><body style="margin:0"><iframe sandbox="allow-scripts" '
            f'style="width:100%;height:780px;border:0" srcdoc="{html_text.escape(document)}"></iframe>'
        )
        self.view = self.page.frame_locator("iframe")
        self.view.locator("#vis svg text").first.wait_for(state="attached", timeout=20_000)

    def lines(self) -> dict[tuple[int, int, int], float]:
        """(head, left, right) -> the weight bound to each line that is drawn."""
        found = self.view.locator("#attention line").evaluate_all(
            "lines => lines.map(line => [line.parentNode.parentNode.getAttribute('head-index'),"
            " line.getAttribute('left-token-index'), line.getAttribute('right-token-index'), line.__data__])")
        return {(int(head), int(left), int(right)): weight for head, left, right, weight in found}

    def expect(self, weights: np.ndarray) -> None:
        """Asserts that the lines are these weights (N, rows, columns), all of them that can be seen."""
        lines = self.lines()
        assert {key for key, weight in np.ndenumerate(weights) if weight > 1 / 500} <= set(lines)
        assert max(abs(weights[key] - weight) for key, weight in lines.items()) <= 0.5 / SCALE + 1e-7

    def texts(self, side: str) -> list[str]:
        return self.view.locator(f"#{side} text").all_text_contents()


def test_browser_draws_and_answers(chromium):
    trace = make_trace(PAIR)
    shown = Shown(chromium, head_view_html(trace))
    view = shown.view
    assert shown.texts("left") == shown.texts("right") == PAIR
    shown.expect(trace.attentions[0])

    assert view.locator("#layer option").all_text_contents() == ["1", "2"]
    view.locator("#layer").select_option("2")
    shown.expect(trace.attentions[1])
    a, b = slice(0, 6), slice(6, 10)
    for index, (rows, columns) in enumerate([(a, a), (b, b), (a, b), (b, a)], start=1):
        view.locator("#filter").select_option(str(index))
        assert (shown.texts("left"), shown.texts("right")) == (PAIR[rows], PAIR[columns])
        shown.expect(trace.attentions[1][:, rows, columns])
    view.locator("#filter").select_option("0")

    hidden = "#attention line[visibility='visible'][left-token-index='2']"
    assert view.locator(hidden).count() == 0
    view.locator("#left text").nth(2).hover()
    assert view.locator(hidden).count() > 0
    assert view.locator("#attention").get_attribute("visibility") == "hidden"

    heads = view.locator(".heads rect")
    assert heads.count() == 3 and heads.nth(1).locator("title").text_content() == "Head 2"
    assert view.locator(".heads .number").all_text_contents() == ["1", "2", "3"]
    before = heads.nth(1).get_attribute("fill")
    heads.nth(1).click()
    assert heads.nth(1).get_attribute("fill") != before
    opacities = view.locator("[head-index='1'] line").evaluate_all(
        "lines => lines.map(line => line.getAttribute('stroke-opacity'))")
    assert opacities and set(opacities) == {"0"}
    assert shown.complaints == [] and shown.requests == []


def test_browser_takes_hostile_and_odd_tokens_on_a_phone(chromium):
    tokens = ["[CLS]", *HOSTILE, *ODD, "internationalization", "[SEP]"]
    shown = Shown(chromium, head_view_html(make_trace(tokens), dark=True), width=390)
    drawn = shown.texts("left")
    assert [text.replace("\ufffd", "\x00") for text in drawn] == tokens
    frame = shown.page.frames[1]
    assert frame.evaluate("typeof window.broken") == "undefined"
    sizes = frame.evaluate(
        "[document.documentElement.scrollWidth, document.getElementById('vis').scrollWidth,"
        " document.querySelector('svg').getBoundingClientRect().width]")
    assert sizes[0] <= 390 < sizes[1] == sizes[2]  # wide tokens scroll inside the view, not the page
    boxes = frame.evaluate(
        "['left', 'right'].map(side => document.querySelectorAll(`#${side} text`)[1].getBBox())"
        ".map(box => [box.x, box.x + box.width])")
    assert boxes[0][0] >= 0 and boxes[0][1] < boxes[1][0] and boxes[1][1] <= sizes[1]
    assert shown.complaints == [] and shown.requests == []


def test_browser_redraws_when_its_frame_changes_and_keeps_what_was_chosen(chromium):
    trace = make_trace(PAIR, layers=3)
    shown = Shown(chromium, head_view_html(trace, layer=2, pairs="a_to_b"), width=390)
    width = "document.querySelector('svg').getBoundingClientRect().width"
    narrow = shown.page.frames[1].evaluate(width)
    assert narrow <= 390 and shown.view.locator("#layer").input_value() == "2"
    assert shown.view.locator("#filter option:checked").text_content() == "Sentence A → Sentence B"
    shown.page.set_viewport_size({"width": 900, "height": 800})
    for _ in range(100):  # not wait_for_function: the page's policy forbids it to look a second time
        if shown.page.frames[1].evaluate(width) > narrow + 50:
            break
        shown.page.wait_for_timeout(100)
    assert shown.page.frames[1].evaluate(width) > narrow + 50
    shown.expect(trace.attentions[2][:, :6, 6:])
    assert shown.view.locator("#vis svg").count() == 1


@pytest.mark.parametrize("dark", [False, True])
def test_browser_draws_every_head_and_enlarges_one(chromium, dark):
    trace = make_trace([*PAIR, *HOSTILE[:3]])
    shown = Shown(chromium, model_view_html(trace, dark=dark, labels={"layer": "层", "head": "头"}))
    view = shown.view
    assert view.locator(".attn_background").count() == 6
    assert view.locator("#vis line").count() == (trace.attentions >= 0.01).sum()
    view.locator("#vis > svg > g").nth(4).locator("rect").last.click()
    view.locator("text.detail", has_text="层 2 · 头 2").wait_for()
    enlarged = view.locator(".attn-line-group line")
    assert enlarged.count() == (trace.attentions[1, 1] >= 0.01).sum()
    assert set(view.locator("text.token").all_text_contents()) == set(trace.tokens)
    view.locator("#filter").select_option("3")
    assert view.locator("#vis line").count() == (trace.attentions[:, :, :6, 6:] >= 0.01).sum()
    assert shown.complaints == [] and shown.requests == []


def test_browser_multiplies_queries_and_keys(chromium):
    trace, vectors = make_trace(PAIR), make_vectors(len(PAIR))
    shown = Shown(chromium, neuron_view_html(trace, vectors, 1, 2, labels={"key": "键 k"}), width=1100)
    view = shown.view
    assert view.locator("#heading text", has_text="键 k").count() == 1
    view.locator("#expanded #leftText text").nth(2).hover()
    dots = view.locator("#dotproducts rect").evaluate_all("all => all.map(dot => +dot.dataset.value)")
    np.testing.assert_allclose(dots, vectors.keys @ vectors.queries[2] / np.sqrt(8), atol=0.06)
    products = view.locator("#product .vector").nth(4).locator(".element").evaluate_all(
        "all => all.map(dot => +dot.dataset.value)")
    np.testing.assert_allclose(products, vectors.keys[4] * vectors.queries[2], atol=0.04)
    shares = view.locator("#expanded #rightText .highlight").evaluate_all("all => all.map(one => +one.style.opacity)")
    np.testing.assert_allclose(shares, trace.attentions[1, 2, 2], atol=1e-4)
    assert shown.complaints == [] and shown.requests == []


def test_neuron_view_on_a_phone_says_what_to_do_and_goes_to_what_comes_of_it(chromium):
    """What stands on the right is out of sight at first, fading out; after a tap it is in sight, queries and keys too."""
    trace, vectors = make_trace(PAIR), make_vectors(len(PAIR), 64)
    shown = Shown(chromium, neuron_view_html(trace, vectors, 1, 2), width=326, has_touch=True, is_mobile=True)
    view, frame = shown.view, shown.page.frames[1]

    def within(selector: str) -> bool:
        """Whether the whole of the first such element is in sight."""
        left, right = frame.evaluate("selector => { const box = document.querySelector(selector).getBoundingClientRect();"
                                     " return [box.left, box.right]; }", selector)
        return left >= 0 and right <= 326

    assert within("#placeholder") and not within("#heading text:nth-of-type(5)")
    assert frame.evaluate("getComputedStyle(document.getElementById('vis'), '::after').position") == "sticky"
    view.locator("#expanded #leftText text").nth(2).tap()
    for _ in range(50):
        if within("#heading text:nth-of-type(5)"):  # Softmax
            break
        shown.page.wait_for_timeout(100)
    assert all(within(selector) for selector in ("#queries .vectorborder", "#product .vectorborder", "#dotproducts rect",
                                                 "#heading text:nth-of-type(5)"))
    assert not within("#expanded #leftText text")
    assert shown.complaints == [] and shown.requests == []
