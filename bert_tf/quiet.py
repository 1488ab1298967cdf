"""Starts Keras without the greetings that TensorFlow prints to standard error."""

from __future__ import annotations

import logging
import os
import sys
import tempfile


def start_keras_quietly() -> None:
    """Imports Keras and starts TensorFlow; what it prints to standard error is shown only if that fails.

    For programs with a terminal or a log to keep clean. The messages come from C++ code before any log
    level is read, so the file descriptor itself is turned aside for the moment.
    """
    if "keras" in sys.modules:
        return
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")
    logging.getLogger("tensorflow").setLevel(logging.ERROR)  # inputs of a few lengths are meant, not a mistake
    sys.stderr.flush()
    kept = os.dup(2)
    with tempfile.TemporaryFile() as aside:
        os.dup2(aside.fileno(), 2)
        try:
            import keras

            if keras.backend.backend() == "tensorflow":  # JAX is silent, and must not start before a cluster is joined
                keras.ops.convert_to_numpy(keras.ops.zeros((1,)))
        except BaseException:
            os.dup2(kept, 2)
            aside.seek(0)
            sys.stderr.write(aside.read().decode(errors="replace"))
            raise
        finally:
            os.dup2(kept, 2)
            os.close(kept)
