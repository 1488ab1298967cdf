"""Shared by the tests of the pages: a tiny set of models, and one browser with one running app."""

import functools
import os
import shutil
from pathlib import Path

import numpy as np
import pytest
from browsing import Visit, running_app


@pytest.fixture(scope="session", autouse=True)
def installed_components_are_looked_up_once():
    """Each AppTest would read the metadata of every installed package again, looking for components: 0.15 s."""
    from streamlit.components.v2 import manifest_scanner

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(manifest_scanner, "scan_component_manifests",
                      functools.cache(manifest_scanner.scan_component_manifests))
        yield


@pytest.fixture(scope="session")
def models(tmp_path_factory, tiny_model_folder) -> Path:
    """A `saved_models` with the tiny BERT and word2vec vectors of a few words; broken ones lie beside it."""
    from safetensors.numpy import load_file, save_file

    from bert_tf.static_vectors import StaticVectors

    root = tmp_path_factory.mktemp("pages")
    folder = root / "saved_models"
    shutil.copytree(tiny_model_folder, folder / "tiny-random")
    (folder / "tiny-random" / "card.md").write_text("# A tiny BERT\n\nIt knows nothing.\n", encoding="utf-8")
    rng = np.random.default_rng(0)
    names = ["bank", "river", "money", "water", "sky", "book", "sun", "rain", "day", "cat", "dog", "<b>x</b>"]
    StaticVectors(names, rng.standard_normal((12, 8)).astype(np.float32)).save(folder / "word2vec-en")

    shutil.copytree(tiny_model_folder, root / "encoder")
    tensors = load_file(root / "encoder" / "model.safetensors")
    kept = {name: tensor for name, tensor in tensors.items() if not name.startswith("cls.")}
    assert 0 < len(kept) < len(tensors)
    save_file(kept, root / "encoder" / "model.safetensors", metadata={"format": "pt"})

    shutil.copytree(tiny_model_folder, root / "truncated")
    weights = root / "truncated" / "model.safetensors"
    weights.write_bytes(weights.read_bytes()[:-1000])
    shutil.copytree(tiny_model_folder, root / "no-json")
    (root / "no-json" / "config.json").write_text("{", encoding="utf-8")
    (root / "empty").mkdir()
    return folder


@pytest.fixture
def quick(monkeypatch, models, tmp_path):
    """The tiny model is the bundled one, and is not warmed up beside the tests; there are no runs."""
    monkeypatch.setenv("BERT_TF_MODELS", str(models))
    monkeypatch.setenv("BERT_TF_RUNS", str(tmp_path / "no-runs"))
    from ui import models as opened

    monkeypatch.setattr(opened, "_compile", lambda bert: None)


def find_chromium() -> str:
    """Returns the path of a browser; skips, or fails where a browser is required, when there is none."""
    named = os.environ.get("CHROMIUM")
    found = named or next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)
    if not found:
        reason = "no Chromium here: install it, or name its program in the environment variable CHROMIUM"
        if os.environ.get("REQUIRE_BROWSER") == "1":
            pytest.fail(reason)
        pytest.skip(reason)
    return found


@pytest.fixture(scope="session")
def chromium():
    """A browser without a window; it does nothing on the network of its own accord."""
    program = find_chromium()
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=program, args=[
            "--no-sandbox", "--headless", "--disable-gpu", "--disable-background-networking"])
        yield browser
        browser.close()


@pytest.fixture(scope="session")
def site(chromium, tmp_path_factory) -> str:
    """The address of the running app."""
    with running_app(tmp_path_factory.mktemp("streamlit") / "log.txt") as address:
        yield address


@pytest.fixture
def visit(chromium, site):
    """Opens a tab; what it must never do is checked when the test is over."""
    tabs = []

    def start(**options) -> Visit:
        tabs.append(Visit(chromium, site, **options))
        return tabs[-1]

    yield start
    for tab in tabs:
        tab.close()
