"""The attention pages in a real browser, on the bundled model: BertViz's frames, clicks on pictures, downloads."""

import csv

import pytest
from playwright.sync_api import expect

pytestmark = pytest.mark.browser


def start(tab, page: str, **values: str):
    """Opens a page that is not among those that every browser test knows."""
    tab.page.goto(f"{tab.site}/{page}?" + "&".join(f"{key}={value}" for key, value in values.items()))
    tab.page.locator("h1").wait_for()
    tab.settle()
    return tab.page


def test_bertviz_views_draw_offline(visit):
    tab = visit(color_scheme="dark")
    page = start(tab, "attention", lang="en", view="model", look="A quiet river runs here.")
    frame = page.frame_locator("[data-testid=stIFrame]")
    frame.locator(".attn_background").nth(15).wait_for(state="attached")
    assert frame.locator("svg line").count() > 100
    page.locator(".st-key-view button").nth(2).click()
    token = frame.locator("#expanded #leftText text", has_text="river")
    token.hover()
    expect(frame.locator("#dotproducts rect")).to_have_count(6)
    heading = frame.locator("#heading text").last.bounding_box()
    box = page.locator("[data-testid=stIFrame]").bounding_box()
    assert heading["x"] + heading["width"] <= box["x"] + box["width"]  # the whole calculation fits beside the menu


def test_a_click_on_a_small_picture_enlarges_it_and_it_can_be_taken_away(visit):
    tab = visit()
    page = start(tab, "attention", lang="en", view="grid", look="A quiet river runs here.")
    plot = page.locator(".st-key-heads_grid .js-plotly-plot")
    plot.locator(".scatterlayer .point").nth(31).wait_for(state="attached")
    page.locator(".st-key-attention_chart .js-plotly-plot").wait_for()
    tab.settle()
    plot.scroll_into_view_if_needed()
    target = plot.locator(".scatterlayer .point").nth(17).bounding_box()  # layer 3, head 2, of eight
    page.mouse.click(target["x"] + target["width"] / 2, target["y"] + target["height"] / 2)
    for key, chosen in (("layer", "3"), ("head", "2")):  # whichever was shown at first
        tab.holds(key, chosen)
    tab.settle()
    page.locator(".st-key-matrix_away button").click()
    with page.expect_download() as waiting:
        page.locator(".st-key-matrix_csv button").click()
    assert waiting.value.suggested_filename == "attention-matrix.csv"
    with open(waiting.value.path(), encoding="utf-8-sig", newline="") as file:
        rows = list(csv.DictReader(file))
    assert len(rows) == 36 and rows[2]["from"] == "a" and rows[2]["to"] == "river"


def test_names_of_heads_are_whole_on_a_phone_and_go_on_to_the_right(visit):
    tab = visit(width=390)
    page = start(tab, "heads_at_work", lang="en", work_text="She went to the bank to borrow some [MASK].")
    cells = page.locator(".bt-heads > div")
    expect(cells.nth(31)).to_be_attached()
    assert "separator" in " ".join(cells.all_inner_texts())
    assert cells.evaluate_all("""cells => cells.every(cell => {
        const range = document.createRange(), words = cell.firstChild.textContent.split(" ");
        let at = 0;
        return cell.scrollWidth <= cell.clientWidth && words.every(word => {  // each word on one line
            range.setStart(cell.firstChild, at);
            range.setEnd(cell.firstChild, at + word.length);
            at += word.length + 1;
            return range.getClientRects().length === 1;
        });
    })""")
    grid = page.locator(".bt-scroll").first
    assert grid.evaluate("grid => getComputedStyle(grid, '::after').position") == "sticky"
    grid.evaluate("grid => grid.scrollLeft = grid.scrollWidth")
    box, last = grid.bounding_box(), cells.nth(31).bounding_box()
    assert last["x"] + last["width"] <= box["x"] + box["width"] - 1.8 * 16  # what fades there covers no head


def test_a_ranking_is_reopened_by_its_address(visit):
    tab = visit()
    page = start(tab, "heads_at_work", lang="zh", work_text="他是一名医[MASK]，在医院工作。")
    page.locator(".st-key-try button", has_text="全部排名").click()
    page.locator(".bt-table tr").nth(5).wait_for()
    tab.settle()
    figures = page.locator(".bt-heads small, .bt-heads > div").all_inner_texts()
    again = visit()
    again.page.goto(page.url)
    again.page.locator(".bt-table tr").nth(5).wait_for()
    expect(again.page.locator(".bt-heads small, .bt-heads > div")).to_have_text(figures, use_inner_text=True)
