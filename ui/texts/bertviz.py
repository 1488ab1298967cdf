"""BertViz's own words: (English, Chinese)."""

TEXT = {
    "bertviz.layer": ("Layer", "层"),
    "bertviz.layers": ("Layers", "层"),
    "bertviz.attention": ("Part", "部分"),
    "bertviz.head": ("Head", "头"),
    "bertviz.heads": ("Heads", "头"),
    "bertviz.all": ("All", "全部"),
    "bertviz.a_to_b": ("A → B", "A → B"),
    "bertviz.b_to_a": ("B → A", "B → A"),
    "bertviz.a_to_a": ("Within A", "A 之内"),
    "bertviz.b_to_b": ("Within B", "B 之内"),
    "bertviz.query": ("Query q", "查询 q"),
    "bertviz.key": ("Key k", "键 k"),
    "bertviz.product": ("q × k", "q × k"),
    "bertviz.softmax": ("Softmax", "Softmax"),
    "bertviz.point": ("Point at a token on the left", "请指向左边的一个词元"),
}
