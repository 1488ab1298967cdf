"""The small pieces of HTML: right numbers, and every text escaped."""

import re
from html.parser import HTMLParser

import pytest

from bert_tf.results import Candidate
from ui import html

BAD = "<script>alert('x')</script> & \"quoted\""


class Reader(HTMLParser):
    """Reads HTML back: the tags in order, and the text that a browser would show."""

    def __init__(self, written: str):
        super().__init__()
        self.tags, self.attributes, self.words, self.open = [], [], "", []
        self.feed(written)
        self.close()

    def handle_starttag(self, tag, attrs):
        self.tags.append(tag)
        self.attributes.append(dict(attrs))
        self.open.append(tag)

    def handle_endtag(self, tag):
        assert self.open.pop() == tag

    def handle_data(self, data):
        self.words += data


def read(written: str) -> Reader:
    reader = Reader(written)
    assert not reader.open
    return reader


@pytest.mark.parametrize("value, written", [
    (0.0, "0.0 %"), (0.0004, "<0.1 %"), (0.00099, "<0.1 %"), (0.001, "0.1 %"), (0.004, "0.4 %"), (0.8734, "87.3 %"),
    (0.99961, "100.0 %"), (1.0, "100.0 %")])
def test_percent(value, written):
    assert html.percent(value) == written


def test_tint():
    assert html.tint("#4f63d8", 0.5) == "rgba(79,99,216,0.500)"
    assert html.tint("#000000", 7) == "rgba(0,0,0,1.000)"
    assert html.tint("#ffffff", -1) == "rgba(255,255,255,0.000)"


def test_bars_are_as_long_as_they_are_probable():
    read_back = read(html.bars([Candidate("cat", 3, 0.61), Candidate("##s", 4, 0.25), Candidate("狗", 5, 0.0001)]))
    widths = [float(match) for match in re.findall(r"width:([\d.]+)%", str(read_back.attributes))]
    assert widths == [61.0, 25.0, 0.01]
    assert read_back.words == "cat61.0 %##s25.0 %狗<0.1 %"
    opacities = [float(match) for match in re.findall(r"opacity:([\d.]+)", str(read_back.attributes))]
    assert opacities == sorted(opacities, reverse=True) and min(opacities) > 0.3


def test_verdict_shows_the_share():
    read_back = read(html.verdict("B follows A.", "65.3 %", 0.653, "stranger", "next"))
    assert "width:65.3%" in str(read_back.attributes)
    assert read_back.words == "B follows A.65.3 %strangernext"
    yes, no = (html.verdict("", "", share, "", "") for share in (0.5, 0.49))
    assert html.COLOR_A in yes and html.COLOR_SURPRISE in no


def test_chips():
    read_back = read(html.chips(["a", "b"], ["red", "blue"], ["1", "2"], ['say "a"', "<b>"]))
    assert read_back.words == "a1b2"
    assert [part["style"] for part in read_back.attributes if "style" in part] == ["background:red", "background:blue"]
    assert [part["title"] for part in read_back.attributes if "title" in part] == ['say "a"', "<b>"]


def test_table():
    read_back = read(html.table(["n", "token"], [(0, "[CLS]"), (1, "的")]))
    assert read_back.tags.count("tr") == 3 and read_back.tags.count("th") == 2 and read_back.tags.count("td") == 4
    assert read_back.words == "ntoken0[CLS]1的"


@pytest.mark.parametrize("text, answers, shown", [
    ("The [MASK] sat.", ["cat"], "The <cat> sat."),
    ("play[MASK] all day", ["##ing"], "play<ing> all day"),
    ("play [MASK] all day", ["##ing"], "play<ing> all day"),  # a piece goes on from the word before
    ("[MASK][MASK]", ["苹", "果"], "<苹><果>"),
    ("The [MASK] of [MASK] is [MASK].", ["a", "b", "c"], "The <a> of <b> is <c>."),
    ("[MASK]", ["##s"], "<s>"),
    ("no mask", [], "no mask"),
    ("[MASK] and [MASK]", ["one"], "<one> and [MASK]"),  # the second was cut off: the model never saw it
])
def test_filled_sentence(text, answers, shown):
    written = html.filled_sentence(text, answers)
    read(written)
    inside = re.sub("<(?!/?mark>)[^>]*>", "", written)
    assert inside.replace("<mark>", "<").replace("</mark>", ">") == shown


@pytest.mark.parametrize("written", [
    html.bars([Candidate(BAD, 1, 0.5)]), html.chips([BAD], ["red"], [BAD], [BAD]), html.table([BAD], [(BAD,)]),
    html.verdict(BAD, BAD, 0.5, BAD, BAD), html.filled_sentence(f"{BAD}[MASK]{BAD}", [BAD])],
    ids=["bars", "chips", "table", "verdict", "filled_sentence"])
def test_everything_is_escaped(written):
    read_back = read(written)
    assert "script" not in read_back.tags
    assert BAD in read_back.words
    assert all(part["title"] == BAD for part in read_back.attributes if "title" in part)


def test_style_is_one_element_and_asks_for_nothing():
    assert html.STYLE.startswith("<style>") and html.STYLE.endswith("</style>")
    assert html.STYLE.count("<") == 2 and "url(" not in html.STYLE and "@import" not in html.STYLE
    assert html.STYLE.count("{") == html.STYLE.count("}")
    used = set(re.findall(r'class="(bt-[a-z]+)"', html.bars([]) + html.chips(["a"], ["b"]) + html.table([], [])
                          + html.verdict("", "", 0, "", "") + html.filled_sentence("", [])))
    assert used and all(f".{name}" in html.STYLE for name in used)
