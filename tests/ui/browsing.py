"""Driving the app in a real browser: one visitor's tab."""

import contextlib
import re
import socket
import subprocess
import sys
import time
import urllib.request
from pathlib import Path
from urllib.parse import quote, urlparse

from playwright.sync_api import expect

#: What shows that a page has answered.
ANSWER = {"": "[data-testid=stPageLink]", "fill_mask": ".bt-sentence, .bt-chip", "sentence_pair": ".bt-verdict",
          "attention": "[data-testid=stIFrame]", "words_in_context": "[data-testid=stPlotlyChart]",
          "heads_at_work": ".bt-heads", "one_head": ".bt-step", "static_words": "[data-testid=stPlotlyChart]",
          "training_data": ".bt-chip", "pretraining": "[data-testid=stSelectbox]", "finetuning": "[data-testid=stSelectbox]"}
SECONDS = 1000  # Playwright counts milliseconds
expect.set_options(timeout=60 * SECONDS)
ROOT = Path(__file__).resolve().parents[2]
CONTEXTS = {}  # (browser, options) -> its context


@contextlib.contextmanager
def running_app(log: Path, patience_seconds: float = 60):
    """Starts the app as a process of its own and yields its address; ends it, and holds that nothing went wrong."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        address = f"http://127.0.0.1:{probe.getsockname()[1]}"
    with log.open("w") as output:
        server = subprocess.Popen(
            [sys.executable, "-m", "streamlit", "run", "streamlit_app.py", "--server.port", address.rpartition(":")[2],
             "--server.address", "127.0.0.1", "--server.headless", "true"], cwd=ROOT, stdout=output, stderr=output)
    try:
        end = time.monotonic() + patience_seconds
        while not healthy(address):
            assert server.poll() is None and time.monotonic() < end, f"The app did not start:\n{log.read_text()}"
            time.sleep(0.1)
        yield address
        assert "Traceback" not in log.read_text(), log.read_text()
    finally:
        server.kill()  # asked kindly, it would wait for tabs that are still open
        server.wait()


def healthy(address: str) -> bool:
    """Whether a server answers."""
    try:
        with urllib.request.urlopen(f"{address}/_stcore/health", timeout=2):
            return True
    except OSError:
        return False


def context_with(browser, **options):
    """Returns the browser's context with these options: tabs that share one load the app's own scripts once."""
    key = (browser, *sorted(options.items()))
    if key not in CONTEXTS:
        CONTEXTS[key] = browser.new_context(reduced_motion="reduce", **options)
    return CONTEXTS[key]


class Visit:
    """One visitor's tab, and what happened in it that should not."""

    def __init__(self, browser, site: str, width: int = 1280, **options):
        self.site = site
        self.page = context_with(browser, **options).new_page()
        self.page.set_viewport_size({"width": width, "height": 900})
        self.page.set_default_timeout(60 * SECONDS)  # a machine may be busy, and XLA compiles first
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

    def turn_to(self, page: str) -> None:
        """Goes to another page by its link in the menu, which is faster than by its address, and waits for its answer."""
        link = self.page.locator(f"[data-testid=stSidebarNavLink][href$='/{page}']").first
        link.evaluate("link => link.click()")  # on a narrow screen the menu is folded away
        self.page.wait_for_url(re.compile(rf"/{page}(\?|$)"))
        self.settle()
        self.page.locator(ANSWER[page]).first.wait_for(state="attached")
        self.settle()

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

    def holds(self, key: str, text: str) -> None:
        """Waits until an input holds a text: the browser fills it in just after it has drawn it."""
        expect(self.input(key)).to_have_value(text)

    def at(self, **values: str) -> None:
        """Waits until the address holds values, so that it can be sent to somebody."""
        for key, value in values.items():
            self.page.wait_for_function("([key, value]) => new URLSearchParams(location.search).get(key) === value",
                                        arg=[key, value], timeout=60 * SECONDS)

    def expect(self, selector: str, text: str) -> None:
        """Waits until an element shows a text."""
        self.page.locator(selector, has_text=re.compile(re.escape(text))).first.wait_for()

    def close(self) -> None:
        shown = self.page.locator("body").inner_text()
        self.page.close()
        assert not self.remote, "the app asked the network for something"
        assert not self.errors
        assert not re.search(r"Traceback|Error\b|Exception\b", shown), shown
