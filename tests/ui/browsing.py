"""Driving the app in a real browser: one visitor's tab."""

import re
from urllib.parse import parse_qs, quote, urlparse

#: What shows that a page has answered.
ANSWER = {"": "[data-testid=stPageLink]", "fill_mask": ".bt-chip", "sentence_pair": ".bt-verdict",
          "attention": "[data-testid=stIFrame]", "words_in_context": "[data-testid=stPlotlyChart]",
          "heads_at_work": ".bt-heads", "one_head": ".bt-step", "static_words": "[data-testid=stPlotlyChart]",
          "training_data": ".bt-chip", "pretraining": "[data-testid=stSelectbox]"}
SECONDS = 1000  # Playwright counts milliseconds


class Visit:
    """One visitor's tab, and what happened in it that should not."""

    def __init__(self, browser, site: str, width: int = 1280, **options):
        self.site = site
        self.context = browser.new_context(viewport={"width": width, "height": 900}, **options)
        self.page = self.context.new_page()
        self.page.set_default_timeout(120 * SECONDS)  # a machine may be busy, and XLA compiles first
        self.remote, self.errors = [], []
        self.page.on("request", self._request)
        self.page.on("pageerror", lambda error: self.errors.append(str(error)))

    def _request(self, request):
        address = urlparse(request.url)
        if address.scheme not in ("data", "blob", "about") and address.hostname != "127.0.0.1":
            self.remote.append(request.url)

    def open(self, page: str, **values: str):
        """Opens a page of the app by its address and waits for its answer."""
        query = "&".join(f"{key}={quote(value)}" for key, value in values.items())
        self.page.goto(f"{self.site}/{page}?{query}")
        self.page.locator(ANSWER[page]).first.wait_for(state="attached")
        self.settle()
        return self.page

    def settle(self) -> None:
        """Waits until Streamlit has nothing more to do."""
        self.page.locator("[data-testid=stApp][data-test-script-state=notRunning]").wait_for(state="attached")

    def type(self, key: str, text: str) -> None:
        """Types into an input as a person would, and presses no key that says that one is done."""
        box = self.input(key)
        box.click()
        box.press("ControlOrMeta+a")
        box.press_sequentially(text, delay=5)

    def input(self, key: str):
        return self.page.locator(f".st-key-{key} input, .st-key-{key} textarea").first

    def expect(self, selector: str, text: str) -> None:
        """Waits until an element shows a text."""
        self.page.locator(selector, has_text=re.compile(re.escape(text))).first.wait_for()

    def close(self) -> None:
        shown = self.page.locator("body").inner_text()
        self.context.close()
        assert not self.remote, "the app asked the network for something"
        assert not self.errors
        assert not re.search(r"Traceback|Error\b|Exception\b", shown), shown


def from_address(page, key: str) -> str | None:
    return parse_qs(urlparse(page.url).query).get(key, [None])[0]
