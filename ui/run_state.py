"""What both labs show of a run, pretraining or fine-tuning: how it stands, and what can be done with it."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import streamlit as st

from bert_tf.training import launch, run_states
from ui import common
from ui.text import t

#: How a state looks: colour of its badge, and icon.
BADGES = {"preparing": ("blue", "hourglass_top"), "running": ("green", "play_arrow"), "stopping": ("orange", "pause"),
          "stopped": ("gray", "pause"), "finished": ("blue", "check"), "failed": ("red", "error"),
          "died": ("red", "heart_broken")}

#: How much longer a finished run may get, in parts of its length.
MORE = [0.5, 1.0, 2.0, 4.0]
#: Learning rates below it are not told apart on the screen.
NEXT_TO_NOTHING = 1e-6


def clock(seconds: float) -> str:
    """Writes a stretch of time: 2:05, 1:02:03."""
    minutes, seconds = divmod(round(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02}:{seconds:02}" if hours else f"{minutes}:{seconds:02}"


def decimal(value: float) -> str:
    """Writes a small number without an exponent, two digits of it: 0.00035; one that is next to nothing as that."""
    if 0 < value < NEXT_TO_NOTHING:
        return f"< {np.format_float_positional(NEXT_TO_NOTHING)}"
    return np.format_float_positional(float(f"{value:.2g}"), trim="-")


def show_state(state: run_states.RunState, *, doing: str | None, died: str) -> None:
    """Draws how the run stands, and what it said last if it did not end well.

    Args:
        state: the run.
        doing: what it does while no figures come, in the visitor's language.
        died: what to say where its process is gone.
    """
    color, icon = BADGES[state.state]
    with st.container(horizontal=True, vertical_alignment="center"):
        st.badge(t(f"pretraining.is_{state.state}"), icon=f":material/{icon}:", color=color)
        if doing:
            st.caption(doing)
    if state.state == "failed":
        off = any(words in state.message for words in ("no longer a number", "loss is NaN", "loss is infinite"))
        words = "pretraining.not_a_number" if off else "pretraining.failed"
        st.warning(f"**{t(words)}**  \n{common.explained(state.message)}", icon=":material/error:")
    if state.state == "died":
        st.warning(f"**{died}**", icon=":material/heart_broken:")
        if state.message:
            st.code(state.message, language=None, wrap_lines=True)


def act(deed, *arguments) -> None:
    """Does something to a run; what does not work is said where the page begins."""
    try:
        deed(*arguments)
    except (ValueError, OSError) as error:
        st.session_state.refused = str(error)


def show_refusal() -> None:
    """Says what could not be done to a run."""
    if refused := st.session_state.pop("refused", None):
        st.warning(f"**{t('pretraining.refused')}**  \n{common.explained(refused)}", icon=":material/info:")


def show_controls(state: run_states.RunState, *, key: str, stop_help: str | None = None) -> None:
    """Draws what can be done with the run.

    Args:
        state: the run.
        key: where the page and the address keep the name of the run that is watched.
        stop_help: what stopping means.
    """
    with st.container(horizontal=True):
        if state.active:
            st.button(t("pretraining.stop"), icon=":material/stop:", key="stop", on_click=act,
                      args=(launch.stop, state.path), disabled=state.state == "stopping", help=stop_help)
            st.button(t("pretraining.kill"), icon=":material/bolt:", key="kill", type="tertiary", on_click=act,
                      args=(launch.kill, state.path), help=t("pretraining.kill_help"))
            return
        if state.resumable:
            st.button(t("pretraining.resume"), icon=":material/play_arrow:", key="resume", on_click=act,
                      args=(launch.resume, state.path), type="primary")
        elif state.state == "finished" and state.length:
            _offer_more(state)
        with st.popover(t("pretraining.rename"), icon=":material/edit:", type="tertiary", key="rename_box"):
            st.text_input(t("pretraining.run_name"), value=state.name, key=f"name_of_{state.name}",
                          max_chars=run_states.LONGEST_NAME)
            st.button(t("pretraining.rename"), key="rename", on_click=act, args=(_give_name, state.path, key))
        with st.popover(t("pretraining.delete"), icon=":material/delete:", type="tertiary", key="delete_box"):
            st.markdown(t("pretraining.delete_sure", name=common.plain(state.name)))
            st.button(t("pretraining.delete_yes"), key="delete", on_click=act, args=(_delete, state.path, key))


def _offer_more(state: run_states.RunState) -> None:
    """Draws how a finished pretraining can go on."""
    length, unit = state.length
    with st.popover(t("pretraining.more"), icon=":material/more_time:", key="more_box"):
        st.caption(t("pretraining.more_note"))
        factor = st.segmented_control(t(f"pretraining.more_{unit}"), MORE, default=1.0, required=True, key="more",
                                      format_func=lambda times: f"{times * length:,.3g}")
        st.button(t("pretraining.more"), key="train_on", type="primary", on_click=act,
                  args=(launch.train_on, state.path, type(length)(length * (1 + factor))))


def _give_name(path: Path, key: str) -> None:
    """Renames a run to what was typed, and stays with it."""
    new = launch.rename(path, st.session_state[f"name_of_{path.name}"])
    st.session_state.pop(key, None)
    st.query_params[key] = new.name


def _delete(path: Path, key: str) -> None:
    """Deletes a run, and forgets that it was watched."""
    launch.delete(path)
    st.session_state.pop(key, None)
    st.query_params.pop(key, None)
