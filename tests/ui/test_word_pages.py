"""The meaning lab and the word2vec page, driven without a browser, on the tiny model."""

import html
import re
import shutil

import numpy as np
import plotly.colors
import pytest
from driving import LANGUAGES, cells, figure, markup, open_page, said, type_into, whole, words

import bert_tf.sentence_bank
from bert_tf.sense_sets import sense_set
from bert_tf.static_vectors import StaticVectors
from ui import charts, word_charts, word_near, word_reading
from ui import models as opened
from ui.examples import WORD_SETS
from ui.html import DARK, LIGHT
from ui.static_examples import ANALOGIES, LISTS, NEAR

pytestmark = pytest.mark.usefixtures("quick")

SENTENCES = ["the bank is old", "I sat by the river bank", "money in the bank", "a bank by the sea 😀"]
STRANGE = ["שלום bank עולם", "the 😀 bank 👩‍👩‍👧 <b>x</b>", "bank", "我 bank 你", "THE BANK!"]


def lab(lang="en", word="bank", sentences=SENTENCES, **chosen):
    at = open_page("words_in_context", lang, word=word, sentences="\n".join(sentences))
    for key, value in chosen.items():
        at.query_params[key] = str(value)
        at.session_state[key] = value
    return whole(at)


def labelled(word="bank"):
    return [sentence for sentence, _ in sense_set(word).labelled()]


# ---- the map


@pytest.mark.parametrize("axes, scene", [(2, False), (3, True)])
@pytest.mark.parametrize("method", ["pca", "tsne", "umap"])
def test_map_of_every_kind(method, axes, scene):
    at = lab(words_method=method, words_axes=axes, lang="zh")
    dots = figure(at, "sense_chart")["data"][0]
    assert (dots["type"] == "scatter3d") == scene and len(cells(dots["x"])) == 4
    assert (words("words.mean_note", "zh") in said(at)) == (method == "pca")


def test_two_hundred_sentences():
    word = "苹果"
    sentences = [f"{word} {number} {'cat ' * (number % 9)}" for number in range(200)]
    at = lab("zh", word, sentences)
    assert not at.warning
    assert len(cells(figure(at, "sense_chart")["data"][0]["x"])) == 200
    assert cells(figure(at, "cosine_chart")["data"][0]["z"]).shape == (200, 200)
    assert len(re.findall("<mark>", markup(at))) == 200


@pytest.mark.parametrize("lang", LANGUAGES)
@pytest.mark.parametrize("view", ["map", "layers", "one_way", "pieces"])
def test_strange_sentences_in_every_view(view, lang):
    at = lab(lang, sentences=STRANGE, words_view=view)
    assert not at.warning and not at.info, said(at)
    if view == "map":
        assert html.escape("the 😀 ") in markup(at) and "<b>x</b>" not in markup(at)


@pytest.mark.parametrize("view", ["map", "layers", "one_way", "pieces"])
def test_two_equal_vectors(view):
    at = lab(sentences=["bank bank", "bank bank  bank"], words_view=view)
    assert not at.warning


def test_groups_and_their_agreement_with_the_labels(tiny_bert):
    from sklearn.metrics import adjusted_rand_score

    from bert_tf.sense_analysis import find_groups

    at = lab(sentences=labelled(), words_color="groups", words_groups=2)
    vectors = np.stack([tiny_bert.word_vectors(sentence, "bank")[-1] for sentence in labelled()])
    value = adjusted_rand_score([0] * 8 + [1] * 8, find_groups(vectors, 2).labels)
    assert words("words.agreement", "en", value=f"{value:.2f}") in said(at)
    assert len(set(figure(at, "sense_chart")["data"][0]["marker"]["color"])) == 2
    own = lab(word="cat", sentences=["the cat sat", "a cat", "cat in the rain", "my old cat"])
    assert words("words.agreement", "en", value="").split(":")[0] not in said(own)  # nobody knows the senses


def test_labelled_senses_name_the_colours():
    at = lab("zh", sentences=labelled())
    assert "银行" in markup(at) and "河岸" in markup(at)
    assert len(set(figure(at, "sense_chart")["data"][0]["marker"]["color"])) == 2


def test_ready_set_fills_the_inputs():
    at = open_page("words_in_context", "zh")
    assert len(at.selectbox(key="ready_set").options) == 32 and "后门" in at.selectbox(key="ready_set").options[3]
    at.selectbox(key="ready_set").set_value("后门")
    whole(at)
    assert at.text_input(key="word").value == "后门"
    assert at.text_area(key="sentences").value.splitlines() == labelled("后门")


def test_baseline_is_subtracted_on_request():
    plain = cells(figure(lab(), "cosine_chart")["data"][0]["z"])
    at = lab(words_above=True)
    taken = plain - cells(figure(at, "cosine_chart")["data"][0]["z"])
    shown = re.findall(r"<b>([\d.-]+)</b>", next(e.value for e in at.html if "bt-numbers" in e.value))
    assert np.ptp(taken) < 1e-6 and f"{taken.mean():.2f}" == shown[-2]


def test_link_reopens_the_view():
    at = lab(words_view="layers", word_layer=1)
    assert at.query_params["words_view"] == ["layers"] or at.query_params["words_view"] == "layers"
    assert at.segmented_control(key="words_view").value == "layers" and at.get("plotly_chart")


def test_layers_against_the_library(tiny_bert):
    from bert_tf.analysis import cosine

    at = lab(sentences=labelled()[:4] + labelled()[8:12], words_view="layers")
    same = cells(figure(at, "layer_chart")["data"][0]["y"])
    vectors = [tiny_bert.word_vectors(sentence, "bank") for sentence in labelled()[:4] + labelled()[8:12]]
    pairs = [(i, j) for i in range(8) for j in range(i) if (i < 4) == (j < 4)]
    for layer in range(3):
        assert same[layer] == pytest.approx(np.mean([cosine(vectors[i][layer], vectors[j][layer]) for i, j in pairs]),
                                            abs=1e-4)
    assert len(cells(figure(at, "share_chart")["data"][0]["y"])) == 3


@pytest.mark.parametrize("palette", [LIGHT, DARK])
def test_digits_of_the_matrix_stand_out_against_their_cells(palette):
    matrix = np.linspace(-0.5, 1, 100).reshape(10, 10)
    figure = word_charts.clear_digits(charts.cosine_heatmap(matrix, "1234567890", "abcdefghij", cosine="cosine",
                                                               dark=palette is DARK))
    digits, scale = figure.data[1], [(stop, plotly.colors.hex_to_rgb(color)) for stop, color in palette.scale]
    off = ~np.eye(10, dtype=bool)
    low, high = matrix[off].min(), matrix[off].max()
    for x, y, text, ink in zip(digits.x, digits.y, digits.text, digits.textfont.color):
        assert text == "" if x == y else float(text) == pytest.approx(matrix[y, x], abs=0.006)
        share = min(max((matrix[y, x] - low) / (high - low), 0), 1)
        fill = np.array([np.interp(share, *zip(*((stop, color[i]) for stop, color in scale))) for i in range(3)])
        assert word_charts.contrast(fill, np.array(plotly.colors.hex_to_rgb(ink))) > 4.5


def test_contrast_by_hand():
    assert word_charts.contrast(np.zeros(3), np.full(3, 255)) == pytest.approx(21)
    assert word_charts.contrast(np.array([119, 119, 119]), np.full(3, 255)) == pytest.approx(4.48, abs=0.01)  # #777


# ---- half a sentence, nearest occurrences, pieces


@pytest.fixture
def small_bank(monkeypatch):
    sentences = ("The bank was old.", "I read a book by the river.", "We sat on the grassy bank and watched the boats drift by.",
                 "我爱吃苹果。")
    monkeypatch.setattr(bert_tf.sentence_bank, "bank_sentences", lambda: sentences)
    word_reading.bank_of.clear()
    yield sentences
    word_reading.bank_of.clear()


def settled(at):
    """Runs a page until its bank is read."""
    for _ in range(50):
        if "bt-list wide" in markup(at):
            return at
        whole(at)
    raise AssertionError(said(at))


@pytest.mark.parametrize("lang", LANGUAGES)
def test_nearest_occurrences(small_bank, lang):
    at = settled(lab(lang, sentences=labelled(), words_view="near", words_at=9))
    listed = re.search(r'<div class="bt-list wide">(.*)</div>', markup(at)).group(1)
    assert "The <mark>bank</mark> was old." in listed and "苹果" in listed
    assert "grassy" not in listed  # the sentence that was asked about
    at.toggle(key="words_others").set_value(True)
    assert "<mark>bank</mark>" not in markup(whole(at)) and "<mark>river</mark>" in markup(at)


def test_examples_and_labelled_sets_agree_on_the_senses():
    """A word of the gloss, hand-picked, says which hand-labelled sense is the first of the example."""
    first = {"bank": "money", "spring": "season", "mouse": "animal", "苹果": "fruit", "小米": "grain", "杜鹃": "shrub",
             "包袱": "cloth"}
    for entry in (entry for entries in WORD_SETS.values() for entry in entries if sense_set(entry.word)):
        glosses = [gloss["en"] for gloss in sense_set(entry.word).glosses]
        order = word_near.labelled_order(entry.senses, sense_set(entry.word))
        assert sorted(order) == [0, 1] and first[entry.word] in glosses[order.index(0)]
    assert {entry.word for entries in WORD_SETS.values() for entry in entries if sense_set(entry.word)} == set(first)


@pytest.mark.parametrize("sentences", [WORD_SETS["zh"][0].text().splitlines(), ["我爱苹果", "苹果好吃"]])
def test_nearest_occurrences_have_the_colours_of_their_senses(monkeypatch, sentences):
    company, fruit = sense_set("苹果").sentences
    monkeypatch.setattr(bert_tf.sentence_bank, "bank_sentences", lambda: (company[0], fruit[0], "他吃了苹果。"))
    word_reading.bank_of.clear()
    at = settled(lab("zh", "苹果", sentences, words_view="near"))
    word_reading.bank_of.clear()
    colors = {sentence: color for color, sentence in re.findall(
        r'background:(#\w+)">[\d.-]+</i><span>(.*?)</span>', markup(at)) if "<mark>苹果</mark>" in sentence}
    legend = dict(re.findall(r'background:(#\w+)"></i>([^<]+)', markup(at)))
    shown = {re.sub("</?mark>", "", sentence): legend[color] for sentence, color in colors.items()}
    names = ["公司", "水果"] if len(sentences) == 8 else ["科技公司", "一种水果"]
    assert shown == dict(zip([company[0], fruit[0], "他吃了苹果。"], [*names, words("words.near_other", "zh")]))


@pytest.mark.parametrize("hide", ["cut", "mask"])
def test_half_a_sentence(small_bank, tiny_bert, hide):
    from bert_tf.batch_vectors import read_word
    from bert_tf.sense_analysis import sense_accuracy

    at = settled(lab(sentences=labelled(), words_view="one_way", words_hide=hide))
    for trace, context in enumerate(("full", "left", "right")):
        vectors = read_word(tiny_bert, labelled(), "bank", context=context, hide=hide).vectors
        shown = cells(figure(at, "accuracy_chart")["data"][trace]["y"])
        np.testing.assert_allclose(shown, [sense_accuracy(vectors[:, layer], [0] * 8 + [1] * 8) for layer in range(3)])
    assert "She went to the bank …" in said(at) and markup(at).count("bt-list wide") == 3


def test_half_a_sentence_of_unknown_senses(small_bank):
    at = lab(word="cat", sentences=["the cat sat", "a cat"], words_view="one_way")
    assert words("words.kept_note", "en") in said(at)
    assert cells(figure(at, "accuracy_chart")["data"][0]["y"]).tolist() == pytest.approx([1, 1, 1])


def test_pieces():
    at = lab(word="banker", sentences=["the banker", "a banker reads"], words_view="pieces")
    assert words("words.pieces_note", "en", count=2) in said(at)
    dots = figure(at, "pieces_chart")["data"][0]
    assert len(cells(dots["x"])) == 6 and dots["text"] == ["1", "1", "2", "2", "1", "2"]  # pieces, then the means
    assert words("words.pieces_map_note", "en", layer=2) in said(at)
    senses = set(figure(lab(sentences=labelled()), "sense_chart")["data"][0]["marker"]["color"])
    assert len(set(dots["marker"]["color"])) == 3 and not senses & set(dots["marker"]["color"])
    at = lab(words_view="pieces")
    assert words("words.one_piece", "en", word="bank") in said(at)


@pytest.mark.parametrize("view", ["layers", "near", "one_way", "pieces"])
def test_one_sentence_or_a_missing_word_say_what_to_do(view):
    for sentences in (["the bank"], ["the cat", "a dog"]):
        at = lab(sentences=sentences, words_view=view)
        assert words("words.few", "en") in said(at) and not at.get("plotly_chart")


# ---- word2vec


def static(view, lang="en", **values):
    at = open_page("static_words", lang)
    at.session_state["static_view"] = view
    return type_into(whole(at), **values) if values else whole(at)


def test_neighbours_of_a_word(models):
    vectors = StaticVectors.load(models / "word2vec-en")
    at = static("near", static_word="bank")
    for name, cosine in vectors.nearest("bank", 3):
        assert f"<b>{html.escape(name)}</b>" in markup(at) and f"{cosine:.2f}" in markup(at)
    dots = figure(at, "words_chart")["data"][0]
    assert dots["text"][0] == "bank" and dots["marker"]["size"][0] > max(dots["marker"]["size"][1:])
    assert dots["textfont"]["weight"] == [700] + [400] * 11
    assert words("static.unknown", "en", words="zebra") in said(type_into(at, static_word="zebra"))
    assert words("static.empty", "en") in said(type_into(at, static_word=""))


def test_analogy(models):
    vectors = StaticVectors.load(models / "word2vec-en")
    at = static("analogy", static_a="bank", static_b="river", static_c="sun")
    best = vectors.analogy("bank", "river", "sun", 1)[0][0]
    assert f"river − bank + sun ≈ <mark>{html.escape(best)}</mark>" in markup(at)
    drawn = figure(at, "words_chart")
    dots, arrows = drawn["data"][0], drawn["layout"]["annotations"]
    place = {name: (x, y) for name, x, y in zip(dots["text"], cells(dots["x"]), cells(dots["y"]))}
    ends = [((arrow["ax"], arrow["ay"]), (arrow["x"], arrow["y"])) for arrow in arrows]
    best_shown = html.escape(best)
    assert ends == [(place["bank"], place["river"]), (place["sun"], place[best_shown])]
    colors = dict(zip(dots["text"], dots["marker"]["color"]))
    others = {name: color for name, color in colors.items() if name not in ("bank", "river", "sun", best_shown)}
    assert len({colors["bank"], colors[best_shown], *others.values()}) == 3 and len(others) == 3
    assert colors["bank"] == colors["river"] == colors["sun"]
    assert words("static.analogy_empty", "en") in said(type_into(at, static_a=" "))
    assert words("static.unknown", "en", words="x, y") in said(type_into(at, static_a="x", static_b="y"))
    few = StaticVectors(["bank", "river", "sun"], np.eye(3, dtype=np.float32))
    at.session_state["static_trained"] = few
    whole(at).segmented_control(key="static_source").set_value("own")
    assert words("static.analogy_few", "en") in said(type_into(at, static_a="bank", static_b="river"))


@pytest.mark.parametrize(("word", "source"), [(None, "zh"), ("bank", "en")])
def test_the_first_example_takes_the_vectors_of_its_language_along(models, tmp_path, monkeypatch, word, source):
    shutil.copytree(models, tmp_path / "models")
    shutil.copytree(models / "word2vec-en", tmp_path / "models" / "word2vec-zh")
    monkeypatch.setenv("BERT_TF_MODELS", str(tmp_path / "models"))
    at = static("near", **({} if word is None else {"static_word": word}))
    at.segmented_control(key="lang").set_value("zh")
    assert whole(at).segmented_control(key="static_source").value == source


def test_analogy_of_a_word_with_itself():
    at = static("analogy", static_a="bank", static_b="bank", static_c="sun")
    assert len(figure(at, "words_chart")["layout"]["annotations"]) == 1  # nothing leads from a word to itself


@pytest.mark.parametrize("axes", [2, 3])
@pytest.mark.parametrize("method", ["pca", "tsne", "umap"])
def test_map_of_a_list(method, axes):
    at = static("map")
    at.session_state["static_method"], at.session_state["static_axes"] = method, axes
    at.text_area(key="static_list").input("bank, river，money、water\nsky zebra")
    whole(at)
    assert figure(at, "words_chart")["data"][0]["text"] == ["bank", "river", "money", "water", "sky"]
    said_axes = words("static.map_plane" if axes == 2 else "static.map_space", "en", share="").split(":")[0]
    assert (said_axes in said(at)) == (method == "pca")
    assert words("static.unknown", "en", words="zebra") in said(at)
    at.text_area(key="static_list").input("bank river")
    assert words("static.list_few", "en") in said(whole(at))


@pytest.mark.parametrize("lang, text, word", [("en", "the king rules the land\nthe queen rules the land\n" * 20, "king"),
                                              ("zh", "国王统治这个国家。\n王后统治这个国家。\n" * 20, "国王")])
def test_training_on_pasted_text(lang, text, word):
    at = static("train", lang)
    at.text_area(key="static_text").input(text)
    at.slider(key="static_epochs").set_value(2)
    whole(at)
    at.button(key="static_train").click()
    whole(at)
    assert at.success and at.session_state["static_trained"].dimensions == 50
    assert at.session_state["static_trained"].words[0] in ("the", "这个", "国家", "统治")
    assert at.selectbox(key="static_look").value in ("rules", "land", "king", "queen", "国家", "统治", "国王", "王后")
    at.session_state["static_view"] = "near"
    whole(at)
    assert at.segmented_control(key="static_source").value == "own"
    assert "bt-bars" in markup(type_into(at, static_word=word))


def test_training_on_too_little_text_says_so():
    at = static("train")
    at.button(key="static_train").click()
    assert words("static.train_empty", "en") in said(whole(at))
    at.text_area(key="static_text").input("one two three")
    at.button(key="static_train").click()
    assert "2 times" in said(whole(at)) and at.warning


def test_stories_to_train_on():
    at = static("train", "zh")
    at.button(key="static_use").click()
    lines = whole(at).text_area(key="static_text").value.splitlines()
    assert len(lines) > 500 and all(word_reading.is_chinese(line) for line in lines)


def test_no_vectors_at_all(monkeypatch, tmp_path, models):
    monkeypatch.setattr(opened, "models_folder", lambda: tmp_path)
    at = static("near", "zh")
    assert words("static.none", "zh") in said(at)


@pytest.mark.parametrize("lang", LANGUAGES)
def test_examples_work_with_the_bundled_vectors(lang):
    vectors = StaticVectors.load(opened.ROOT / "saved_models" / f"word2vec-{lang}")
    for a, b, c, answer in ANALOGIES[lang]:
        assert vectors.analogy(a, b, c, 1)[0][0] == answer
    assert all(word in vectors for word in NEAR[lang])
    assert all(word in vectors for text in LISTS[lang] for word in text.split())
