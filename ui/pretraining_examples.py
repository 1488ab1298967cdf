"""Sentences to ask a model that learns from the teaching stories: of their kind, but not among them."""

from __future__ import annotations

FILLS = {
    "en": "The dog [MASK] when it saw her.\nThe capital of Japan is [MASK].\n太阳升起，天空[MASK]亮。",
    "zh": "太阳升起，天空[MASK]亮。\n法国的首都是巴[MASK]。\nThe dog [MASK] when it saw her.",
}
LOOK = {"en": "Anna was tired because she had worked in the garden.", "zh": "小红病了，她的妈妈带她去医院看医生。"}

#: (word, its two senses, sentences of the one and of the other)
SENSES = {
    "en": [
        ("bank", ("money", "river"), (
            ("Lucy put ten dollars in the bank.", "The bank on the main street lent Tom money.",
             "He opened an account at the bank.", "The clerk at the bank counted the money."),
            ("Lucy sat on the bank of the river.", "A boat drifted to the muddy bank of the river.",
             "The trees on the bank of the river were old.", "Tom jumped from the bank into the deep water."))),
        ("bat", ("animal", "game"), (
            ("A bat hung in the dark cave.", "The bat spread its wings in the night.",
             "At night the bat hunted insects.", "The small bat flew away into the cave."),
            ("Tom hit the ball with the bat.", "He held the bat with both hands.",
             "Max took the wooden bat and waited for the ball.", "She swung the bat and the ball flew over the fence."))),
        ("match", ("fire", "game"), (
            ("Lucy lit a match in the dark.", "The wind blew the last match out.",
             "The match burned and she lit a candle.", "He took a match out of the box."),
            ("The team won the match in the stadium.", "Many fans came to the match on Monday.",
             "In the second half of the match he scored a goal.", "The match ended in a draw."))),
    ],
    "zh": [
        ("苹果", ("水果", "公司"), (
            ("小红摘了五个苹果。", "树上的苹果又红又甜。", "妈妈把苹果洗干净。", "苹果和香蕉放在盘子里。"),
            ("苹果公司发布了新手机。", "苹果和华为哪个牌子好？", "小明想买苹果的电脑。", "苹果的手机屏幕很大。"))),
        ("杜鹃", ("花", "鸟"), (
            ("公园里的杜鹃开了。", "红色的杜鹃花真好看。", "她给杜鹃浇了水。", "山上种满了杜鹃。"),
            ("杜鹃在树上不停地叫。", "一只杜鹃飞过树林。", "杜鹃喜欢吃虫子。", "杜鹃拍着翅膀飞走了。"))),
        ("包袱", ("行李", "负担"), (
            ("老人背着一个包袱。", "包袱里有三件旧衣服。", "他打开包袱拿出干粮。", "她把包袱放在石头上休息。"),
            ("没有考好成了他的包袱。", "老师说不要有思想包袱。", "他终于丢掉了心里的包袱。", "心理包袱让她睡不着觉。"))),
    ],
}

#: A text for the page that shows what goes in.
TEXTS = {
    "en": "Anna had a dog.\nEvery morning she gave the dog a bone.\nThe dog barked when it saw her.\n"
          "At night the dog slept in its kennel.\n\nThe sun went down behind the hills.\nSlowly the sky turned red.\n"
          "The birds flew back to their nests.\n\nTom went to the bakery.\nHe wanted to buy bread.\n"
          "The baker showed him bread and rolls.\nHe paid five dollars to the baker.",
    "zh": "小红养了一只小狗。\n她每天早上给小狗吃骨头。\n小狗一看见她就汪汪地叫。\n晚上小狗睡在狗窝里。\n\n太阳下山了。\n"
          "天空先变红，然后变黑。\n鸟儿都飞回了窝里。\n\n小明去书店买东西。\n他想买小说。\n店员给他看了小说和地图。\n他付给店员五块钱。",
}
