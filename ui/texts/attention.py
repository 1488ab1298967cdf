"""Attention: (English, Chinese)."""

TEXT = {
    "attention.name": ("Attention", "注意力"),
    "attention.lead": ("In every layer each token gathers information from the others. A **head** is one "
                       "way of choosing where to look; the attention that a token gives out sums to 100%.",
                       "在每一层，每个词元都从其他词元收集信息。一个**注意力头**就是一种选择看哪里的方式；每个词元分出的注意力加起来是 100%。"),
    "attention.first": ("Sentence", "句子"),
    "attention.second": ("Second sentence (optional)", "第二句（可不填）"),
    "attention.empty": ("Type a sentence, or pick one above.", "请输入一个句子，或者点上面的例子。"),
    "attention.nothing": ("Nothing is left to show: the cut text holds no token of that part.",
                          "没有可显示的内容：截短后的文本里没有这一部分的词元。"),
    "attention.view": ("View", "视图"),
    "attention.bertviz": ("Lines", "连线"),
    "attention.model": ("Lines, every head", "连线（所有头）"),
    "attention.neuron": ("Queries and keys", "查询与键"),
    "attention.grid": ("Heatmaps, every head", "热力图（所有头）"),
    "attention.heatmap": ("Heatmap", "热力图"),
    "attention.shape": ("How to show it", "怎样显示"),
    "attention.matrix": ("Matrix", "矩阵"),
    "attention.sums": ("Sums", "总和"),
    "attention.row": ("One token", "一个词元"),
    "attention.token": ("Token", "词元"),
    "attention.received": ("Receives on average from each token", "平均从每个词元得到"),
    "attention.given": ("Gives to the tokens shown", "分给所显示的词元"),
    "attention.sums_note": ("With every token shown, each gives out exactly 100%. What a token receives is an average: if all "
                            "looked everywhere alike, it would be 100% divided by the number of tokens.",
                            "如果显示所有词元，每个词元正好分出 100%。得到的是平均值：如果大家平均地看，每个得到 100% 除以词元数。"),
    "attention.looks_at": ("Looks at", "看向"),
    "attention.looked_at_by": ("Is looked at by", "被谁看"),
    "attention.what": ("What to show", "显示什么"),
    "attention.one": ("One head", "一个头"),
    "attention.layer_mean": ("Average of a layer", "一层的平均"),
    "attention.head_mean": ("Average of a head number over all layers", "同号的头在各层的平均"),
    "attention.all_mean": ("Average of everything", "全部的平均"),
    "attention.rollout": ("Rollout", "逐层累积"),
    "attention.rollout_note": ("Rollout multiplies the layers, heads averaged and residuals included: an estimate of how much "
                               "of each input token has reached each position by this layer.",
                               "逐层累积把各层相乘（各头取平均，含残差），估计到这一层为止，每个输入词元有多少信息到达了每个位置。"),
    "attention.layer": ("Layer", "层"),
    "attention.head": ("Head", "头"),
    "attention.special": ("Show [CLS] and [SEP]", "显示 [CLS] 和 [SEP]"),
    "attention.pairs": ("Which part", "哪一部分"),
    "attention.axes": ("Each row is a token that looks, each column a token that is looked at.",
                       "每一行是一个在看的词元，每一列是被看的词元。"),
    "attention.weight": ("weight", "权重"),
    "attention.bertviz_hint": (
        "BertViz: every line is one token (left) looking at another (right). Point at a token to see only its lines; "
        "click a coloured square to switch a head on or off, double-click to see it alone. The head that is on at first is "
        "the one whose words look most at words further away.",
        "BertViz：每条线是一个词元（左）看另一个词元（右）。指向一个词元只看它的线；点彩色方块打开或关掉一个头，双击只看这个头。一开始打开的是最常看向较远的词的那个头。"),
    "attention.model_hint": (
        "BertViz: one small picture a head, left tokens looking at right ones. Click a picture to enlarge it, then "
        "point at a token.",
        "BertViz：每个头一张小图，左边的词元看右边的词元。点小图放大，再指向一个词元。"),
    "attention.neuron_hint": (
        "BertViz: point at a token on the left. Its query is multiplied with every key, number by number; the sum, divided "
        "by the square root of how many numbers there are, goes through softmax and is the attention. Blue is positive, "
        "orange negative.",
        "BertViz：指向左边的一个词元。它的查询与每个键逐个数相乘再相加，除以维数的平方根，再经过 softmax，就是注意力。蓝色为正，橙色为负。"),
    "attention.left_out": ("Left out so that the page stays quick: lines below {least}.",
                           "为了保持流畅，低于 {least} 的连线没有画出。"),
    "attention.grid_hint": (
        "Rows look at columns. In each picture the darkest cell is its own largest weight, so shades cannot be compared "
        "between pictures. Click one to enlarge it below.",
        "行看列；每张小图里最深的格子是它自己的最大权重，所以不同小图之间的深浅不能相比。点一张小图，在下面放大。"),
    "attention.coarse": ("This text is long: one cell stands for {count} × {count} tokens and shows the largest weight "
                         "among them.",
                         "文本较长：一格代表 {count} × {count} 个词元，显示其中最大的权重。"),
    "attention.hidden_note": ("{share} of all this attention goes to [CLS] and [SEP], which are hidden: "
                              "many heads rest there when they find nothing to do.",
                              "这里的注意力有 {share} 落在没有显示的 [CLS] 和 [SEP] 上：许多头无事可做时就停在那里。"),
    "attention.hidden_sum": ("{share} of it comes from [CLS] and [SEP], which are hidden.",
                             "其中 {share} 来自没有显示的 [CLS] 和 [SEP]。"),
    "attention.resting": ("Nearly empty for that reason, as layer.head: {heads}.",
                          "因此几乎空白的头（层.头）：{heads}。"),
    "attention.pale": ("Drawn faintly for that reason, as layer.head: {heads}.",
                       "因此画得很淡的头（层.头）：{heads}。"),
    "attention.and_more": ("{heads} and {count} more", "{heads}，另有 {count} 个"),
    "attention.caution": ("Attention shows where a head looks, not why the model answers as it does.",
                          "注意力显示一个头在看哪里，并不等于解释了模型为什么这样回答。"),
}
