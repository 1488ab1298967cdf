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
    (0.0, "0.0%"), (0.0004, "<0.1%"), (0.00099, "<0.1%"), (0.001, "0.1%"), (0.004, "0.4%"), (0.8734, "87.3%"),
    (0.99961, "100.0%"), (1.0, "100.0%")])
def test_percent(value, written):
    assert html.percent(value) == written


def test_tint():
    assert html.tint("#4f63d8", 0.5) == "rgba(79,99,216,0.500)"
    assert html.tint("#000000", 7) == "rgba(0,0,0,1.000)"
    assert html.tint("#ffffff", -1) == "rgba(255,255,255,0.000)"


def test_surprise_bits():
    assert [html.surprise_bits(p) for p in (1.0, 0.5, 0.25, 2 ** -10)] == [0, 1, 2, 10]
    assert html.surprise_bits(0.0) == html.surprise_bits(1e-30) == 20


def test_bars_are_as_long_as_they_are_probable():
    read_back = read(html.bars([Candidate("cat", 3, 0.61), Candidate("##s", 4, 0.25), Candidate("狗", 5, 0.0001)]))
    widths = [float(match) for match in re.findall(r"width:([\d.]+)%", str(read_back.attributes))]
    assert widths == [61.0, 25.0, 0.01]
    assert read_back.words == "cat61.0%##s25.0%狗<0.1%"
    opacities = [float(match) for match in re.findall(r"opacity:([\d.]+)", str(read_back.attributes))]
    assert opacities == sorted(opacities, reverse=True) and min(opacities) > 0.3


def test_gauge_shows_the_share():
    read_back = read(html.gauge("A, then B", 0.653) + html.gauge("B, then A", 0.0, small=True))
    assert re.findall(r"left:([\d.]+)%", str(read_back.attributes)) == ["65.3", "0.0"]
    assert read_back.words == "A, then B65.3%B, then A0.0%"
    assert read(html.verdict("B follows A.", "65.3%")).words == "B follows A.65.3%"
    assert read(html.gauge_ends("stranger", "next")).words == "strangernext"


def test_facts_and_numbers():
    assert read(html.facts([("4", "layers"), ("16,000", "pieces")])).words == "4layers16,000pieces"
    read_back = read(html.numbers([("0.39", "random", "#aabbcc")]))
    assert read_back.words == "0.39random" and "border-color:#aabbcc" in str(read_back.attributes)


def test_marked_list_marks_the_word():
    written = html.marked_list(["my bank", "苹果好吃"], [(3, 7), (0, 2)], ["red", "blue"])
    assert re.findall("<mark>(.*?)</mark>", written) == ["bank", "苹果"]
    assert read(written).words == "1my bank2苹果好吃"
    assert re.findall('background:(.*?)"', written) == ["red", "blue"]


def test_lead_makes_bold_what_is_important():
    assert read(html.lead("on **both** sides")).words == "on both sides"
    assert "<b>both</b>" in html.lead("on **both** sides")


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
    ("[MASK] and [MASK]", ["one"], "<one> and <[MASK]>"),  # the second was cut off: the model never saw it
])
def test_filled_sentence(text, answers, shown):
    written = html.filled_sentence(text, answers)
    read(written)
    inside = re.sub("<(?!/?mark>)[^>]*>", "", written)
    assert inside.replace("<mark>", "<").replace("</mark>", ">") == shown


@pytest.mark.parametrize("written", [
    html.bars([Candidate(BAD, 1, 0.5)]), html.chips([BAD], ["red"], [BAD], [BAD]), html.table([BAD], [(BAD,)]),
    html.verdict(BAD, BAD), html.filled_sentence(f"{BAD}[MASK]{BAD}", [BAD]), html.gauge(BAD, 0.5),
    html.gauge_ends(BAD, BAD), html.facts([(BAD, BAD)]), html.marked_list([BAD], [(0, 0)], ["red"]), html.lead(BAD),
    html.numbers([(BAD, BAD, "red")]), html.legend([("red", BAD)]), html.piece(BAD), html.piece(f"##{BAD}")],
    ids=["bars", "chips", "table", "verdict", "filled_sentence", "gauge", "gauge_ends", "facts", "marked_list", "lead",
         "numbers", "legend", "piece", "continued piece"])
def test_everything_is_escaped(written):
    read_back = read(written)
    assert "script" not in read_back.tags
    assert BAD in read_back.words
    assert all(part["title"] == BAD for part in read_back.attributes if "title" in part)


@pytest.mark.parametrize("palette", [html.LIGHT, html.DARK], ids=["light", "dark"])
def test_style_is_one_element_and_asks_for_nothing(palette):
    style = html.style(palette, upload="选择", upload_limit="200 MB")
    assert style.startswith("<style>") and style.endswith("</style>") and style.count("<") == 2
    assert "url(" not in style and "@import" not in style
    assert style.count("{") == style.count("}")
    assert palette.ink in style and palette.paper in style
    defined, used = set(re.findall(r"(--bt-[\w-]+):", style)), set(re.findall(r"var\((--bt-[\w-]+)\)", style))
    assert used <= defined and "--bt-upload:'选择';--bt-upload-limit:'200 MB'" in style


def test_every_class_has_a_style():
    written = "".join([html.bars([]), html.chips(["a"], ["b"]), html.table([], []), html.verdict("", ""),
                       html.filled_sentence("", []), html.gauge("", 0.5), html.gauge_ends("", ""), html.facts([]),
                       html.marked_list([], [], []), html.lead(""), html.numbers([]), html.legend([])])
    used = set(re.findall(r'class="(bt-[a-z]+)', written))
    style = html.style(html.LIGHT, upload="", upload_limit="")
    assert len(used) > 10 and all(f".{name} " in style or f".{name}." in style for name in used)


def luminance(color: str) -> float:
    """The relative luminance of a hex colour as WCAG defines it."""
    parts = [int(color[i:i + 2], 16) / 255 for i in (1, 3, 5)]
    red, green, blue = (part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def contrast(first: str, second: str) -> float:
    """How two hex colours stand out from each other, from 1 to 21."""
    light, dark = sorted((luminance(first), luminance(second)), reverse=True)
    return (light + 0.05) / (dark + 0.05)


def test_contrast_of_black_and_white():
    assert contrast("#000000", "#ffffff") == pytest.approx(21)


@pytest.mark.parametrize("palette", [html.LIGHT, html.DARK], ids=["light", "dark"])
def test_letters_and_marks_stand_out_from_the_page(palette):
    assert contrast(palette.ink, palette.paper) > 10
    assert contrast(palette.soft, palette.paper) > 4.5  # WCAG AA for text
    assert min(contrast(color, palette.paper) for color in (palette.a, palette.b, palette.surprise)) > 3
    steps = [contrast(color, palette.paper) for _, color in palette.scale]
    assert steps == sorted(steps) and steps[-1] > 7  # more is further from the page


@pytest.mark.parametrize("palette", [html.LIGHT, html.DARK], ids=["light", "dark"])
@pytest.mark.parametrize("color", ["a", "b", "surprise"])
def test_words_can_be_read_on_the_deepest_tint(palette, color):
    def channels(code: str) -> list[int]:
        return [int(code[i:i + 2], 16) for i in (1, 3, 5)]

    mixed = [round(html.DEEPEST * above + (1 - html.DEEPEST) * below)
             for above, below in zip(channels(getattr(palette, color)), channels(palette.paper))]
    assert contrast(palette.ink, "#{:02x}{:02x}{:02x}".format(*mixed)) >= 4.5
    assert html.surprise_ground("#000000", 99) == html.tint("#000000", html.DEEPEST)
