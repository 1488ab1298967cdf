"""The lab in a real browser: a tiny run started from the page, watched, stopped, resumed; nothing lost on the way."""

import re

import pytest
from browsing import Visit, running_app

from bert_tf.data.stories import stories
from bert_tf.training import launch

pytestmark = [pytest.mark.browser, pytest.mark.slow, pytest.mark.timeout(400)]
#: The page says a later step than `before`.
LATER = "before => Number((document.body.innerText.match(/Step ([\\d,]+),/) || ['', '0'])[1].replace(',', '')) > before"


@pytest.fixture
def lab_site(tmp_path, monkeypatch, models):
    """The address of an app of its own with an empty folder of runs; what trains there afterwards is ended."""
    (tmp_path / "runs").mkdir()
    monkeypatch.setenv("BERT_TF_RUNS", str(tmp_path / "runs"))
    monkeypatch.setenv("BERT_TF_MODELS", str(models))
    try:
        with running_app(tmp_path / "log.txt") as address:
            yield address
    finally:
        for state in launch.list_runs():
            launch.kill(state.path)


def step(tab) -> int:
    """The step that the page shows."""
    found = tab.page.get_by_text(re.compile(r"Step [\d,]+,")).first
    found.wait_for()
    return int(re.search(r"Step ([\d,]+),", found.inner_text())[1].replace(",", ""))


def test_a_run_from_the_page(chromium, lab_site):
    tab = Visit(chromium, lab_site)
    page = tab.page
    page.goto(f"{lab_site}/pretraining?lang=en&corpus=upload&length=16&batch=16&vocabulary=1000")
    text = "\n\n".join("\n".join(told) for told in stories("en", 200, seed=0))
    page.locator(".st-key-files input").set_input_files({"name": "mine.txt", "mimeType": "text/plain", "buffer": text.encode()})
    page.get_by_text("200 documents").wait_for()
    page.locator(".st-key-start button").click()
    page.locator(".st-key-curve_mlm_loss .js-plotly-plot .scatterlayer path").first.wait_for(state="attached")
    first = step(tab)
    page.wait_for_function(LATER, arg=first)  # the page follows by itself
    page.locator(".bt-sentence mark").first.wait_for()

    second = Visit(chromium, lab_site)  # another tab sees the same run
    second.page.goto(page.url)
    assert step(second) >= first
    second.page.locator(".st-key-stop button").click()
    page.locator(".st-key-resume button").wait_for()  # and the first one hears of it
    assert launch.list_runs()[0].state == "stopped"
    second.close()

    stopped = step(tab)
    page.locator(".st-key-resume button").click()
    page.locator(".st-key-stop button").wait_for()
    page.reload()
    page.wait_for_function(LATER, arg=stopped)
    page.locator(".st-key-kill button").first.click()
    page.locator("[data-testid=stAlert]").first.wait_for()
    assert launch.list_runs()[0].state == "died"
    tab.close()
