"""The first page: what there is to see."""

import streamlit as st

from ui import common
from ui.text import t

PAGES = [("fill", "fill_mask", ":material/edit_note:"), ("pair", "sentence_pair", ":material/compare_arrows:"),
         ("attention", "attention", ":material/hub:"), ("words", "words_in_context", ":material/scatter_plot:")]

st.title(t("home.title"))
st.markdown(t("home.lead"))
for row in (PAGES[:2], PAGES[2:]):
    for column, (key, file, icon) in zip(st.columns(2), row):
        with column.container(border=True, height="stretch"):
            st.page_link(f"ui/pages/{file}.py", label=f"**{t(f'{key}.name')}**", icon=icon)
            st.markdown(t(f"home.{key}"))
common.current_model()
