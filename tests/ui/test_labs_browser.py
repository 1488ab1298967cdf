"""The labs in a real browser: tiny runs started from the page, watched, stopped, resumed, tried and taken away."""

import re
import zipfile

import pytest
from browsing import Visit, running_app

from bert_tf.data.stories import stories
from bert_tf.training import launch, run_states

pytestmark = [pytest.mark.browser, pytest.mark.timeout(400)]
#: The page says a later step than `before`.
LATER = "before => Number((document.body.innerText.match(/Step ([\\d,]+),/) || ['', '0'])[1].replace(',', '')) > before"
SUBJECTS = ("the cat", "a dog", "he", "she", "猫", "我", "the old man", "they", "we", "you")
ROWS = [f"{subject} {deed} {end}\t{label}" for subject in SUBJECTS for end in ("today", "now")
        for label, deed in (("good", "is good"), ("bad", "is old"))]


@pytest.fixture(scope="module")
def lab_site(tmp_path_factory, models):
    """The address of an app of its own with an empty folder of runs; what trains there afterwards is ended."""
    folder = tmp_path_factory.mktemp("labs")
    (folder / "runs").mkdir()
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("BERT_TF_RUNS", str(folder / "runs"))
        patch.setenv("BERT_TF_MODELS", str(models))
        try:
            with running_app(folder / "log.txt") as address:
                yield address
        finally:
            for state in run_states.list_runs(kind=None):
                launch.kill(state.path)


def step(tab) -> int:
    """The step that the page shows."""
    found = tab.page.get_by_text(re.compile(r"Step [\d,]+,")).first
    found.wait_for()
    return int(re.search(r"Step ([\d,]+),", found.inner_text())[1].replace(",", ""))


def test_a_pretraining_from_the_page(chromium, lab_site):
    tab = Visit(chromium, lab_site)
    page = tab.page
    page.goto(f"{lab_site}/pretraining?lang=en&corpus=upload&length=16&batch=16&vocabulary=1000")
    text = "\n\n".join("\n".join(told) for told in stories("en", 200, seed=0))
    page.locator(".st-key-files input").set_input_files({"name": "mine.txt", "mimeType": "text/plain", "buffer": text.encode()})
    page.get_by_text("200 documents").wait_for()
    page.locator(".st-key-start button").click()
    page.locator(".st-key-curve_mlm_loss .js-plotly-plot .scatterlayer path").first.wait_for(
        state="attached", timeout=150_000)  # the trainer first loads its libraries, beside whatever else is at work
    first = step(tab)
    page.wait_for_function(LATER, arg=first)  # the page follows by itself
    page.locator(".bt-sentence mark").first.wait_for()

    second = Visit(chromium, lab_site)  # another tab sees the same run
    second.page.goto(page.url)
    assert step(second) >= first
    second.page.locator(".st-key-stop button").click()
    page.locator(".st-key-resume button").wait_for()  # and the first one hears of it
    assert run_states.list_runs()[0].state == "stopped"
    second.close()

    stopped = step(tab)
    page.locator(".st-key-resume button").click()
    page.locator(".st-key-stop button").wait_for()
    page.reload()
    page.wait_for_function(LATER, arg=stopped)
    page.locator(".st-key-kill button").first.click()
    page.locator("[data-testid=stAlert]").first.wait_for()
    assert run_states.list_runs()[0].state == "died"
    tab.close()


def test_a_fine_tuning_from_the_page(chromium, lab_site, tmp_path):
    tab = Visit(chromium, lab_site, accept_downloads=True)
    page = tab.page
    page.goto(f"{lab_site}/finetuning?lang=en&tune_set=upload&tune_epochs=2&tune_batch=4")
    one_column = {"name": "bad.csv", "mimeType": "text/csv", "buffer": b"text\ngood\nbad\n"}
    page.locator(".st-key-tune_train input").set_input_files(one_column)
    page.get_by_text("one column").first.wait_for()
    good = {"name": "good.tsv", "mimeType": "text/plain", "buffer": ("text\tlabel\n" + "\n".join(ROWS)).encode()}
    page.locator(".st-key-tune_train input").set_input_files(good)
    page.get_by_text("Examples of each label").wait_for()
    page.locator(".st-key-tune_start button").click()
    page.locator(".bt-twins").wait_for()  # figures came without anybody asking again
    page.get_by_text("Finished").first.wait_for()
    page.locator("[class*=st-key-tune_curve_loss] .scatterlayer .trace").nth(1).wait_for(state="attached")
    assert "tune_run=mine-1" in page.url

    second = Visit(chromium, lab_site)  # the address alone shows the same
    second.page.goto(page.url)
    second.page.locator(".bt-twins").wait_for()
    second.close()

    page.locator(".st-key-tune_view").get_by_text("Try it").click()
    page.locator(".bt-bars").wait_for()
    tab.settle()
    tab.type("tune_text", "the dog is good now")
    page.wait_for_function("() => new URL(location).searchParams.get('tune_text') === 'the dog is good now'")
    page.wait_for_timeout(1500)  # the answer to the last letter
    tab.settle()
    with page.expect_download() as download:
        page.locator(".st-key-tune_zip button").click()
    download.value.save_as(tmp_path / "model.zip")
    names = zipfile.ZipFile(tmp_path / "model.zip").namelist()
    assert any(re.fullmatch(r"mine-1/model\.safetensors", name) for name in names)
    tab.close()
