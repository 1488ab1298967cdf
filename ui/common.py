"""What all pages share: language, address, examples, and the one place where bad input is answered."""

from __future__ import annotations

import contextlib
import re
from collections import Counter
from collections.abc import Callable, Iterator, Sequence

import streamlit as st
from streamlit.runtime.scriptrunner import get_script_run_ctx

from ui import html
from ui.charts import CONFIG
from ui.examples import FIRST
from ui.text import LANGUAGES, language, listed, t
from ui.texts.errors import in_chinese

#: Streamlit adds an entry to the browser's history for every change of the address, and on the way to another page
#: writes that page's address into the old one's entry first. With this a page has one entry, which holds its last state.
ONE_ENTRY_A_PAGE = """<script>
if (!window.oneEntryAPage) {
  window.oneEntryAPage = true;
  let seen = location.href;  // when the visitor last did something
  for (const deed of ["pointerdown", "keydown", "click"]) addEventListener(deed, () => { seen = location.href; }, true);
  const push = history.pushState.bind(history), path = url => new URL(url, location).pathname;
  history.pushState = (state, title, url) => {
    if (path(url) === location.pathname) return history.replaceState(state, title, url);
    if (path(seen) === location.pathname) history.replaceState(history.state, "", seen);
    push(state, title, url);
  };
}
</script>"""

#: The browser's own address, read when somebody opens the popover: on the server the page knows what is chosen on it only
#: when it has been drawn to its end, and parts of it are drawn again without it.
LINK = """<div class="bt-link"><input readonly><button type="button">{copy}</button></div>
<script>
for (const box of document.querySelectorAll(".bt-link")) {{
  const [field, button] = box.children;
  field.value = location.href;
  field.onfocus = () => field.select();
  button.onclick = () => {{
    field.select();
    document.execCommand("copy");  // also where the page is no secure context: a class asks the teacher's computer
    button.textContent = "{copied}";
  }};
}}
</script>"""


def frame() -> None:
    """Draws what every page starts with: the style and the language switch."""
    settle("lang", list(LANGUAGES), "zh" if (st.context.locale or "").startswith("zh") else "en")
    st.html(html.style(palette(), upload=t("app.upload"), upload_limit=t("app.upload_limit")))
    st.html(ONE_ENTRY_A_PAGE, unsafe_allow_javascript=True)
    with st.sidebar:
        st.segmented_control("Language / 语言", list(LANGUAGES), format_func=LANGUAGES.get, key="lang",
                             required=True, persist_state="session", on_change=change_language,
                             label_visibility="collapsed")
    st.session_state.setdefault("examples_in", language())


def language_in_address() -> None:
    """Writes the language into the address; called after `st.navigation`, which changes the page in it."""
    if st.query_params.get("lang") != language():
        st.query_params["lang"] = language()


def palette() -> html.Palette:
    """Returns the colours of the page as the visitor sees it, light or dark."""
    return html.DARK if dark() else html.LIGHT


def dark() -> bool:
    """Whether the page is dark."""
    return st.context.theme.type == "dark"


def change_language() -> None:
    """Puts the first example of the new language where that of the old one still stands untouched."""
    before, new = st.session_state.get("examples_in", "en"), FIRST[language()]
    for page, values in FIRST[before].items():
        if all(st.session_state.get(key) == value for key, value in values.items()):
            st.session_state.update(new[page])
            if page == "static" and st.session_state.get("static_source") == before:
                st.session_state.static_source = language()  # the words of a language are in its own vectors
    st.session_state.examples_in = language()


def choice(widget: Callable, label: str, options: Sequence, *, key: str, default, **more):
    """Draws a widget whose choice is part of the address: its plain name, not its label in some language.

    Args:
        widget: st.selectbox, st.segmented_control or the like.
        label, options, more: as the widget takes them.
        key: the widget's key and the name in the address.
        default: chosen first, and left out of the address.

    Returns:
        The option chosen.
    """
    settle(key, options, default)
    tell_new_labels(key, [more["format_func"](option) for option in options] if "format_func" in more else options)
    value = widget(label, options, key=key, persist_state="session", **more)
    if value == default:
        st.query_params.pop(key, None)
    elif st.query_params.get(key) != str(value):
        st.query_params[key] = str(value)
    return value


def settle(key: str, options: Sequence, default):
    """Returns what is chosen; where nobody has chosen yet, the widget gets it from the address or the default."""
    if st.session_state.get(key) not in options or went_back():
        wished = {str(option): option for option in options}.get(st.query_params.get(key))
        st.session_state[key] = default if wished is None else wished
    return st.session_state[key]


def say_gone(key: str, options: Sequence[str], words: Callable[[str], str] = str) -> None:
    """Says so where the address, or what was chosen before, names something that is not there any more.

    Args:
        key: of the widget that offers the options, which is drawn afterwards and chooses something else.
        options: what there is.
        words: what one of them is called on the screen.
    """
    chosen = st.session_state.get(key) or []
    named = [*st.query_params.get_all(key), *([chosen] if isinstance(chosen, str) else chosen)]
    gone = [words(name) for name in dict.fromkeys(named) if name not in options]
    if gone:
        st.info(t("app.gone", names=plain(listed(gone))), icon=":material/link_off:")


def tell_new_labels(key: str, labels: Sequence) -> None:
    """Makes the browser take over an option's new words, after a change of language for example.

    A selectbox in the browser answers with the words that it shows. Old words come back as an option that nobody offers.
    """
    shown = st.session_state.setdefault("labels_shown", {})
    if shown.setdefault(key, list(labels)) != list(labels):
        shown[key] = list(labels)
        st.session_state[key] = st.session_state[key]


def went_back() -> bool:
    """Whether this run was caused by the browser's back or forward button: then the address decides."""
    context = get_script_run_ctx()
    return context is not None and context.is_history_navigation


def start(page: str) -> None:
    """Draws a page's title, what it is about, and the link to it; puts the first example in for a newcomer."""
    fill_inputs(page, FIRST[language()][page])
    with st.container(horizontal=True, horizontal_alignment="distribute", vertical_alignment="bottom"):
        st.title(t(f"{page}.name"), anchor=False, width="content")
        with st.popover(t("app.link"), icon=":material/link:", type="tertiary", key=f"link_{page}"):
            st.caption(t("app.link_note"))
            st.html(LINK.format(copy=t("app.link_copy"), copied=t("app.link_copied")), unsafe_allow_javascript=True)
    st.html(html.lead(t(f"{page}.lead")))


def fill_inputs(page: str, first: dict[str, str]) -> None:
    """Puts into a page's inputs what stood there before, or the first example for a newcomer.

    To Streamlit an input is another one on every page, even under the same key: it would come up empty for somebody
    who comes from another page. And the browser's back button leads to the address that a page had before its first
    example was written into it: to Streamlit that means empty inputs.
    """
    known = {key: st.session_state[key] for key in first if key in st.session_state}
    named = any(key in st.query_params for key in first)
    from_elsewhere = st.session_state.get("page") != page
    st.session_state.page = page
    st.session_state.address_is_old = went_back() and bool(first) and not named
    if st.session_state.address_is_old:
        st.session_state.update(first | known)
    elif not known and not named:
        st.session_state.update(first)
        st.query_params.update({key: value for key, value in first.items() if value})
    elif from_elsewhere and not went_back():
        st.session_state.update(known)


def text(widget: Callable, label: str, *, key: str, **more) -> str:
    """Draws an input whose text is part of the address and stays while the visitor looks at other pages.

    Args:
        widget: st.text_input or st.text_area.
        label, more: as the widget takes them.
        key: the widget's key and the name in the address.
    """
    bind = None if st.session_state.address_is_old else "query-params"
    return widget(label, key=key, bind=bind, persist_state="session", **more)


@contextlib.contextmanager
def friendly(headline: str = "app.problem", *, stop: bool = False) -> Iterator[None]:
    """Shows what the library says about bad input or an unreadable file; anything else is a bug and surfaces.

    Args:
        headline: key of the text above what the library says.
        stop: end the page after the message.
    """
    try:
        yield
    except (ValueError, OSError) as error:
        st.warning(f"**{t(headline)}**  \n{explained(str(error))}", icon=":material/info:")
        if stop:
            st.stop()


def explained(message: str) -> str:
    """Returns what the library says in the visitor's language, letter for letter."""
    return plain(in_chinese(message) if language() == "zh" else message)


def plain(text: str) -> str:
    """Escapes a text so that Markdown shows it letter for letter.

    Streamlit makes arrows of `->` and icons of `:material/home:` after Markdown is done with the escapes;
    an invisible word joiner inside keeps it from knowing them.
    """
    joined = re.sub(r"(?<=[<>~-])(?=[-=>])|(?<=:)(?=\w)", "\u2060", text)
    return re.sub(r"([!-/:-@\[-`{-~])", r"\\\1", joined)


def told_apart(labels: Sequence[str]) -> list[str]:
    """Returns the labels, equal ones made different by invisible word joiners.

    Streamlit knows a pill by its label.
    """
    seen = Counter()
    different = []
    for label in labels:
        different.append(label + "\u2060" * seen[label])
        seen[label] += 1
    return different


def examples(key: str, options: Sequence, label: Callable[[object], str],
             choose: Callable[[object], None]) -> None:
    """Draws examples to click; `choose` puts one into the page's inputs."""
    def clicked() -> None:
        index = st.session_state[key]
        st.session_state[key] = None
        if index is not None:
            choose(options[index])

    st.pills(t("app.examples"), range(len(options)), key=key, on_change=clicked,
             format_func=lambda index: plain(label(options[index])))


def show_chart(figure, key: str) -> None:
    """Draws a plotly figure in its own colours."""
    st.plotly_chart(figure, key=key, config=CONFIG, theme=None)


def hint(key: str) -> None:
    """Says what to do next, and ends the page."""
    st.info(t(key), icon=":material/edit:")
    st.stop()
