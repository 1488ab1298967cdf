"""The fine-tuning lab in a real browser: a file uploaded, a tiny run trained, its model tried and taken away."""

import re
import zipfile

import pytest
from browsing import Visit
from test_training_browser import lab_site  # noqa: F401  an app of its own with an empty folder of runs

from bert_tf.training import launch

pytestmark = [pytest.mark.browser, pytest.mark.slow, pytest.mark.timeout(400)]
SUBJECTS = ("the cat", "a dog", "he", "she", "猫", "我", "the old man", "they", "we", "you")
ROWS = [f"{subject} {deed} {end}\t{label}" for subject in SUBJECTS for end in ("today", "now")
        for label, deed in (("good", "is good"), ("bad", "is old"))]


@pytest.fixture
def tune_site(lab_site):  # noqa: F811
    """The app; what trains there afterwards is ended."""
    yield lab_site
    for state in launch.list_runs(kind="finetuning"):
        launch.kill(state.path)


def test_a_run_from_the_page(chromium, tune_site, tmp_path):
    tab = Visit(chromium, tune_site, accept_downloads=True)
    page = tab.page
    page.goto(f"{tune_site}/finetuning?lang=en&tune_set=upload&tune_epochs=2&tune_batch=4")
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

    second = Visit(chromium, tune_site)  # the address alone shows the same
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
