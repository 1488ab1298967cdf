"""The table of texts is whole, and nothing reaches the screen past it."""

import ast
import re
import string
from pathlib import Path

import pytest

from bert_tf.head_roles import ROLES
from bert_tf.task_folder import TASKS
from ui.bertviz_page import LABELS
from ui.text import LANGUAGES, TEXT

ROOT = Path(__file__).resolve().parents[2]
SOURCES = [ROOT / "streamlit_app.py", *sorted((ROOT / "ui").rglob("*.py"))]
#: What may stand in the braces of a key, where a key is put together: t(f"attention.{name}").
FILLINGS = {
    "fill.view_{}": ["answers", "words", "together", "layers", "surprise", "two"],
    "home.{}": ["fill", "pair", "attention", "words", "heads", "onehead", "static", "data", "pretraining", "tune"],
    "{}.name": ["fill", "pair", "attention", "words", "heads", "onehead", "static", "data", "pretraining", "tune"],
    "{}.lead": ["fill", "pair", "attention", "words", "heads", "onehead", "static", "pretraining", "data", "tune"],
    "attention.{}": ["bertviz", "model", "neuron", "grid", "heatmap", "one", "layer_mean", "head_mean", "all_mean",
                     "rollout", "matrix", "sums", "row"],
    "attention.{}_hint": ["bertviz", "model", "neuron"],
    "heads.{}": ["roles", "off", "hide", "rank", "one", "layer_off", "edge", "mask", "unknown", "attention", "heads",
                 "words"],
    "heads.role_{}": list(ROLES),
    "bertviz.{}": list(LABELS),
    "takeaway.{}": ["csv", "json", "html", "figure"],
    "words.view_{}": ["map", "layers", "near", "one_way", "pieces"],
    "words.{}": ["pca", "tsne", "umap"],
    "words.color_{}": ["senses", "groups"],
    "static.view_{}": ["near", "analogy", "map", "train"],
    "pretraining.{}_note": ["stories", "everyday"],
    "pretraining.{}": ["stories", "everyday", "upload", "rate", "batch", "length", "vocabulary", "watch", "new", "mlm_loss",
                       "mlm_accuracy", "nsp_accuracy", "learning_rate", "tokens_per_second", "fills", "senses", "head"],
    "pretraining.{}_help": ["rate", "batch", "length", "vocabulary"],
    "pretraining.more_{}": ["minutes", "steps"],
    "pretraining.is_{}": ["preparing", "running", "stopping", "stopped", "finished", "failed", "died"],
    "pretraining.doing_{}": ["starting", "vocabulary", "shards", "words", "word2vec"],
    "pretraining.{}_axis": ["minutes", "steps", "tokens"],
    "tune.{}": ["watch", "new", "pretrained", "scratch", "expected", "predicted", "text", "first",
                "second", "names", "question", "rate", "warmup", "batch", "length", "patience", "frozen", "dropout",
                "decay", "clip", "looks", "epochs", "amount"],
    "tune.{}_help": ["rate", "warmup", "batch", "length", "patience", "frozen", "dropout", "decay", "clip", "looks",
                     "epochs", "amount"],
    "tune.set_{}": ["sentiment", "pairs", "entities", "questions", "upload"],
    "tune.about_{}": ["sentiment", "pairs", "entities", "questions"],
    "tune.task_{}": ["auto", *TASKS],
    "tune.part_{}": ["text", "text_a", "text_b", "label", "tokens", "tags"],
    "tune.kind_{}": ["PER", "LOC", "ORG", "negative", "positive", "same", "different"],
    "tune.doing_{}": ["starting", "examples", "network", "tokens", "first", "last_look"],
    "tune.view_{}": ["figures", "wrong", "try"],
    "tune.score_{}": ["accuracy", "tag_accuracy", "macro_f1", "entity_f1", "entity_precision", "entity_recall",
                      "exact_match", "f1"],
    "data.{}": ["stories_en", "stories_zh", "everyday_en", "everyday_zh"],
    "data.fate_{}": ["mask", "random", "kept"],
    "data.part_{}": ["token", "position", "segment", "sum", "normed"],
    "data.shown_{}": ["mask", "random", "kept"],
}
#: The one text that is the same in every language, since it is how one finds the switch.
ALLOWED = {"Language / 语言"}


def trees():
    return {path: ast.parse(path.read_text(encoding="utf-8")) for path in SOURCES}


def keys_used() -> dict[str, str]:
    """Every key that the code asks for, and where."""
    used = {}
    for path, tree in trees().items():
        for node in ast.walk(tree):
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr == "hint":
                used[node.args[0].value] = f"{path.name}:{node.lineno}"
            if isinstance(node, ast.Call) and "friendly" in (getattr(node.func, "id", ""), getattr(node.func, "attr", "")):
                used |= {key.value: f"{path.name}:{node.lineno}" for key in node.args}
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "t":
                place = f"{path.name}:{node.lineno}"
                key = node.args[0]
                if isinstance(key, ast.Constant):
                    used[key.value] = place
                elif isinstance(key, ast.JoinedStr):
                    pattern = "".join(part.value if isinstance(part, ast.Constant) else "{}" for part in key.values)
                    assert pattern in FILLINGS, f"{place}: say in FILLINGS what {pattern!r} may become"
                    used |= {pattern.format(filling): place for filling in FILLINGS[pattern]}
                else:  # t(variable): its keys stand as literals somewhere in the same file
                    used |= {literal.value: place for literal in ast.walk(tree)
                             if isinstance(literal, ast.Constant) and literal.value in TEXT}
    return used


def placeholders(text: str) -> set[str]:
    return {name for _, name, _, _ in string.Formatter().parse(text) if name is not None}


@pytest.mark.parametrize("key", TEXT)
def test_every_entry_is_whole(key):
    texts = TEXT[key]
    assert isinstance(texts, tuple) and len(texts) == len(LANGUAGES)
    assert all(text.strip() == text and text for text in texts)
    first, *others = map(placeholders, texts)
    assert all(other == first for other in others)


def test_chinese_entries_are_chinese():
    for key, (_, chinese) in TEXT.items():
        assert re.search(r"[\u4e00-\u9fff]", chinese) or TEXT[key][0] == chinese, key


def test_english_entries_are_english():
    for key, (english, _) in TEXT.items():
        chinese = re.findall(r"[\u4e00-\u9fff]+", english)
        assert set(chinese) <= {"苹果"}, key


def test_every_key_asked_for_is_there():
    missing = {key: place for key, place in keys_used().items() if key not in TEXT}
    assert not missing


def test_every_entry_is_used():
    assert not set(TEXT) - set(keys_used())


#: Streamlit calls that put their words on the screen, and which of their arguments do.
SHOWN = {"title", "header", "subheader", "markdown", "caption", "write", "text", "info", "warning", "error", "success",
         "button", "text_input", "text_area", "selectbox", "slider", "toggle", "checkbox", "radio", "pills",
         "segmented_control", "expander", "popover", "subheader", "spinner", "dialog", "html", "Page", "page_link", "tabs", "metric", "code",
         "toast", "link_button", "download_button", "number_input", "multiselect", "select_slider"}
SHOWN_OPTIONS = {"label", "title", "help", "placeholder", "body"}


def words_in(node: ast.AST) -> list[str]:
    """The letters of a display call's argument that do not come out of a call or a variable."""
    if isinstance(node, ast.Constant):
        return [node.value] if isinstance(node.value, str) else []
    if isinstance(node, ast.JoinedStr):
        return [part.value for part in node.values if isinstance(part, ast.Constant)]
    if isinstance(node, ast.BinOp):
        return words_in(node.left) + words_in(node.right)
    if isinstance(node, ast.IfExp):
        return words_in(node.body) + words_in(node.orelse)
    return []


def test_pages_show_no_words_of_their_own():
    found = []
    for path, tree in trees().items():
        for node in ast.walk(tree):
            if not (isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr in SHOWN):
                continue
            if isinstance(node.func.value, ast.Constant):
                continue
            first = [] if node.func.attr in ("Page", "page_link") else node.args[:1]  # these start with a path
            options = [option.value for option in node.keywords if option.arg in SHOWN_OPTIONS]
            for words in (words for argument in first + options for words in words_in(argument)):
                if re.search(r"\w", words) and words not in ALLOWED:
                    found.append(f"{path.name}:{node.lineno}: {words!r}")
    assert not found
