"""Pretraining lab: start a run, watch it learn, ask it while it learns, compare runs."""

from pathlib import Path

import streamlit as st

from bert_tf.training import launch
from ui import common, html, lab_charts, lab_look, lab_runs, lab_start
from ui.text import t

VIEWS = ["watch", "new"]
SHOWN = ["mlm_loss", "mlm_accuracy", "nsp_accuracy"]
BESIDE = ["learning_rate", "tokens_per_second"]
SECONDS_BETWEEN_LOOKS = 2.0
#: How a state looks: colour of its badge, and icon.
BADGES = {"preparing": ("blue", "hourglass_top"), "running": ("green", "play_arrow"), "stopping": ("orange", "pause"),
          "stopped": ("gray", "pause"), "finished": ("blue", "check"), "failed": ("red", "error"),
          "died": ("red", "heart_broken")}
#: What the trainer says while it prepares, by its first word.
DOING = {"starting": "starting", "vocabulary": "vocabulary", "token": "shards", "words:": "words", "words": "words",
         "word2vec": "word2vec"}


def clock(seconds: float) -> str:
    """Writes a stretch of time: 2:05, 1:02:03."""
    minutes, seconds = divmod(round(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02}:{seconds:02}" if hours else f"{minutes}:{seconds:02}"


def show_state(state: launch.RunState) -> None:
    """Draws how the run stands, and what it said last if it did not end well."""
    color, icon = BADGES[state.state]
    doing = DOING.get((state.message.split() or [""])[0]) if state.state == "preparing" else None
    with st.container(horizontal=True, vertical_alignment="center"):
        st.badge(t(f"pretraining.is_{state.state}"), icon=f":material/{icon}:", color=color)
        if doing:
            st.caption(t(f"pretraining.doing_{doing}"))
    if state.state == "failed":
        words = "pretraining.not_a_number" if "no longer a number" in state.message else "pretraining.failed"
        st.warning(f"**{t(words)}**  \n{common.plain(state.message)}", icon=":material/error:")
    if state.state == "died":
        st.warning(f"**{t('pretraining.died')}**", icon=":material/heart_broken:")
        if state.message:
            st.code(state.message, language=None, wrap_lines=True)


def show_numbers(state: launch.RunState, last: dict) -> None:
    """Draws the newest figures as large numbers."""
    colors = common.palette()
    time = (lab_runs.seconds_left(last), "pretraining.left") if state.active else (last["seconds"], "pretraining.trained")
    st.html(html.numbers([
        (f"{last['mlm_loss']:.2f}", t("pretraining.mlm_loss"), colors.a),
        (html.percent(last["mlm_accuracy"]), t("pretraining.mlm_accuracy"), colors.a),
        (html.percent(last["nsp_accuracy"]), t("pretraining.nsp_accuracy"), colors.b),
        (f"{last['tokens_per_second']:,.0f}", t("pretraining.tokens_per_second"), colors.soft),
        (clock(time[0]), t(time[1]), colors.soft)]))
    st.caption(t("pretraining.at", step=f"{last['step']:,}", tokens=f"{last['tokens']:,}",
                 rate=f"{last['learning_rate']:.1e}"))


def show_curves(runs: list[tuple[str, list[dict]]]) -> None:
    """Draws every measure of the runs that have figures."""
    time = common.choice(st.segmented_control, t("pretraining.time"), list(lab_charts.TIMES), key="time",
                         default="minutes", format_func={name: t(f"pretraining.{name}_axis") for name in lab_charts.TIMES}.get,
                         required=True, label_visibility="collapsed")
    if len(runs) > 1:
        st.html(html.legend([(color, name) for (name, _), color in
                             zip(runs, lab_charts.run_colors(common.palette()) * len(runs))]))
    main = st.container()
    for place, measures in ((main, SHOWN), (st.expander(t("pretraining.more_curves"), key="more_curves"), BESIDE)):
        for column, measure in zip(place.columns(len(measures), gap="medium"), measures):
            with column:
                st.markdown(f"**{t(f'pretraining.{measure}')}**")
                common.show_chart(lab_charts.curves(runs, measure, time=time, unit=t(f"pretraining.{time}_axis"),
                                                    dark=common.dark()), f"curve_{measure}")


def show_live(path: Path, others: list[Path], known: str) -> None:
    """Draws what changes while the run is at work; runs the whole page again when its state has changed."""
    try:
        state = launch.state_of(path)
    except FileNotFoundError:  # deleted in another tab
        st.rerun()
    if state.state != known:
        st.rerun()
    show_state(state)
    st.progress(min(state.progress, 1.0))
    records = lab_runs.figures(path)
    if records:
        show_numbers(state, records[-1])
    runs = [(one.name, found) for one in [path, *others] if (found := lab_runs.figures(one))]
    if runs:
        show_curves(runs)
    said = [t("pretraining.heldout", name=common.plain(record["heldout"]), step=f"{record['step']:,}",
              mlm=html.percent(record["mlm_accuracy"]), nsp=html.percent(record["nsp_accuracy"]))
            for record in lab_runs.heldout(path)]
    if said:
        st.caption("  \n".join([t("pretraining.heldout_head"), *said]))


def act(deed, *arguments) -> None:
    """Does something to a run; what does not work is said where the page begins."""
    try:
        deed(*arguments)
    except (ValueError, OSError) as error:
        st.session_state.refused = str(error)


def give_name(path: Path) -> None:
    """Renames a run to what was typed, and stays with it."""
    new = launch.rename(path, st.session_state[f"name_of_{path.name}"])
    st.session_state.pop("run", None)
    st.query_params["run"] = new.name


def show_controls(state: launch.RunState) -> None:
    """Draws what can be done with the run."""
    with st.container(horizontal=True):
        if state.active:
            st.button(t("pretraining.stop"), icon=":material/stop:", key="stop", on_click=act,
                      args=(launch.stop, state.path), disabled=state.state == "stopping")
            st.button(t("pretraining.kill"), icon=":material/bolt:", key="kill", type="tertiary", on_click=act,
                      args=(launch.kill, state.path), help=t("pretraining.kill_help"))
            return
        if state.resumable:
            st.button(t("pretraining.resume"), icon=":material/play_arrow:", key="resume", on_click=act,
                      args=(launch.resume, state.path), type="primary")
        with st.popover(t("pretraining.rename"), icon=":material/edit:", type="tertiary", key="rename_box"):
            st.text_input(t("pretraining.run_name"), value=state.name, key=f"name_of_{state.name}",
                          max_chars=launch.LONGEST_NAME)
            st.button(t("pretraining.rename"), key="rename", on_click=act, args=(give_name, state.path))
        with st.popover(t("pretraining.delete"), icon=":material/delete:", type="tertiary", key="delete_box"):
            st.markdown(t("pretraining.delete_sure", name=common.plain(state.name)))
            st.button(t("pretraining.delete_yes"), key="delete", on_click=act, args=(launch.delete, state.path))


def watch(runs: list[launch.RunState]) -> None:
    """Draws one run, with others to compare it with."""
    by_name = {run.name: run for run in runs}
    left, right = st.columns([2, 3])
    with left:
        name = common.choice(st.selectbox, t("pretraining.run"), list(by_name), key="run", default=runs[0].name)
    with right:
        st.session_state.compare = [one for one in st.session_state.get("compare", []) if one in by_name and one != name]
        others = st.multiselect(t("pretraining.compare"), [one for one in by_name if one != name], key="compare",
                                bind="query-params", placeholder=t("pretraining.compare_none"), max_selections=5)
    state = by_name[name]
    every = SECONDS_BETWEEN_LOOKS if state.active else None
    show_controls(state)
    st.fragment(show_live, run_every=every)(state.path, [by_name[one].path for one in others], state.state)
    st.subheader(t("pretraining.answers"), anchor=False)
    st.fragment(lab_look.show, run_every=every and 2 * every)(state.path)
    st.caption(t("pretraining.everywhere", name=common.plain(name)))


common.start("pretraining")
if refused := st.session_state.pop("refused", None):
    st.warning(f"**{t('pretraining.refused')}**  \n{common.plain(refused)}", icon=":material/info:")
found = launch.list_runs()
view = common.choice(st.segmented_control, t("pretraining.view"), VIEWS, key="lab", default="watch" if found else "new",
                     format_func={name: t(f"pretraining.{name}") for name in VIEWS}.get, required=True,
                     label_visibility="collapsed")
if view == "new":
    lab_start.show()
elif found:
    watch(found)
else:
    st.info(t("pretraining.no_runs"), icon=":material/add_circle:")
