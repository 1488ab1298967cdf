"""A training on the terminal: one line with the share done, what is measured, and the time left."""

from __future__ import annotations

import time


class ProgressBar:
    """Shows what a training tells: its metrics records and its changes of status. Used in a `with` statement.

    Args:
        disable: draw nothing.
    """

    def __init__(self, *, disable: bool = False):
        self.disable = disable
        self.drawn = 0.0  # when the bar last drew what is being prepared

    def __enter__(self):
        from tqdm import tqdm

        self.bar = tqdm(total=1.0, bar_format="{l_bar}{bar}| {elapsed}<{remaining} {postfix}", mininterval=1.0,
                        disable=self.disable)
        return self

    def __exit__(self, *error) -> None:
        self.bar.close()

    def show(self, record: dict) -> None:
        """Takes a metrics record or a change of status."""
        if "status" not in record:
            self.measured(record)
        elif record["status"] == "preparing":
            draw = time.monotonic() - self.drawn >= 1.0
            self.bar.set_postfix_str(f"preparing {record['message']}", refresh=draw)
            if draw:
                self.drawn = time.monotonic()
        elif self.bar.n == 0 and record.get("progress"):  # resumed
            self.bar.reset(total=1.0)
            self.bar.initial = self.bar.n = min(record["progress"], 1.0)

    def measured(self, record: dict) -> None:
        """Takes a metrics record."""
        raise NotImplementedError

    def advance(self, progress: float, text: str) -> None:
        """Draws the share done, in [0, 1], and what is measured."""
        self.bar.n = min(progress, 1.0)
        self.bar.set_postfix_str(text)
