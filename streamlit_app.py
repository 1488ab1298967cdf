"""The app: navigation only. Start it with `streamlit run streamlit_app.py`."""

import streamlit as st

from ui import common
from ui.text import t

st.set_page_config(page_title="BERT", page_icon="ui/assets/icon.png", layout="wide")
common.frame()
page = st.navigation([
    st.Page("ui/pages/home.py", title=t("home.name"), icon=":material/home:", default=True),
    st.Page("ui/pages/fill_mask.py", title=t("fill.name"), icon=":material/edit_note:", url_path="fill_mask"),
    st.Page("ui/pages/sentence_pair.py", title=t("pair.name"), icon=":material/compare_arrows:",
            url_path="sentence_pair"),
    st.Page("ui/pages/attention.py", title=t("attention.name"), icon=":material/hub:", url_path="attention"),
    st.Page("ui/pages/words_in_context.py", title=t("words.name"), icon=":material/scatter_plot:",
            url_path="words_in_context"),
])
common.sidebar()
page.run()
