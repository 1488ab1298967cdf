"""What the Chinese teaching stories are made of; written like `stories_en`."""

from __future__ import annotations

WOMEN = "小红 小丽 小美 小雪 小芳 小兰 小玲 王芳 李娜 张敏 刘洋 陈静 杨梅 赵燕"
MEN = "小明 小强 小刚 小军 小华 小龙 小亮 王伟 李强 张勇 刘波 陈杰 杨帆 赵磊"

TABLES = {
    "day": "day; 星期一; 星期二; 星期三; 星期四; 星期五; 星期六; 星期天",
    "color": "color; 红色; 蓝色; 绿色; 黄色; 白色; 黑色; 灰色",
    "relative": "relative; 妈妈; 爸爸; 姐姐; 哥哥; 叔叔; 奶奶; 爷爷; 邻居",
    "number": "number; 两; 三; 四; 五; 六; 七; 八; 九; 十",
    "animal": """animal | sound | food | home | habit | animal_unit
        小狗 | 汪汪地叫 | 骨头 | 狗窝 | 摇着尾巴跑过来 | 只
        小猫 | 喵喵地叫 | 鱼 | 篮子 | 舔了舔爪子 | 只
        马 | 大声地嘶叫 | 干草 | 马棚 | 甩了甩长长的鬃毛 | 匹
        牛 | 哞哞地叫 | 青草 | 牛棚 | 慢慢地嚼着 | 头
        羊 | 咩咩地叫 | 树叶 | 羊圈 | 跟着别的羊走了 | 只
        母鸡 | 咯咯地叫 | 小虫 | 鸡窝 | 在地上刨土 | 只
        鸭子 | 嘎嘎地叫 | 小虾 | 池塘 | 抖了抖身上的水 | 只""",
    "weather": """weather | event | thing | effect | wear
        下雨 | 雨下个不停 | 雨伞 | 街上都湿了 | 雨衣
        下雪 | 大雪盖住了屋顶 | 雪橇 | 街上一片雪白 | 棉衣
        晴 | 太阳照得很亮 | 帽子 | 街上很干 | 衬衫
        刮风 | 大风吹动了树枝 | 风筝 | 树叶都飞走了 | 外套
        起雾 | 大雾遮住了山 | 手电筒 | 远处什么也看不见 | 夹克
        打雷 | 雷声传遍了全城 | 蜡烛 | 电灯都灭了 | 大衣
        很冷 | 窗户上结了冰 | 手套 | 池塘冻住了 | 毛衣
        很热 | 空气又闷又干 | 水壶 | 草都晒黄了 | 短袖""",
    "job": """job | work | tool | product | deed
        医生 | 医院 | 听诊器 | 药 | 给病人看病
        老师 | 学校 | 粉笔 | 课 | 教学生读书
        农民 | 农场 | 锄头 | 粮食 | 在田里干活
        渔民 | 港口 | 渔网 | 鱼 | 出海打鱼
        厨师 | 饭店 | 炒锅 | 菜 | 炒了很多菜
        歌手 | 剧院 | 话筒 | 歌 | 在台上唱歌
        画家 | 画室 | 画笔 | 画 | 画了一幅画
        园丁 | 花园 | 铲子 | 盆景 | 给树浇水
        司机 | 车站 | 地图 | 车票 | 开着汽车送人
        飞行员 | 机场 | 耳机 | 航班 | 驾驶飞机""",
    "trip": """vehicle | stop | driver | place | seen
        火车 | 火车站 | 列车员 | 窗边 | 田野和村庄
        飞机 | 机场 | 乘务员 | 座位上 | 白云和高山
        轮船 | 码头 | 船长 | 甲板上 | 海浪和小岛
        汽车 | 汽车站 | 司机 | 后排 | 商店和楼房""",
    "country": """country | capital | language | meal
        中国 | 北京 | 中文 | 饺子
        法国 | 巴黎 | 法语 | 奶酪
        日本 | 东京 | 日语 | 寿司
        英国 | 伦敦 | 英语 | 布丁
        意大利 | 罗马 | 意大利语 | 面条
        俄罗斯 | 莫斯科 | 俄语 | 黑面包""",
    "fruit": """fruit | fruit_unit | hue | taste | grows
        樱桃 | 颗 | 红红 | 甜 | 树上
        柠檬 | 个 | 黄黄 | 酸 | 树上
        香蕉 | 根 | 黄黄 | 软 | 热的地方
        草莓 | 颗 | 红红 | 甜 | 地上
        西瓜 | 个 | 绿绿 | 甜 | 地里
        葡萄 | 串 | 紫紫 | 甜 | 藤上
        桃子 | 个 | 粉粉 | 甜 | 树上
        橘子 | 个 | 黄黄 | 酸 | 树上""",
    "dish": """dish | first | second | pot | extra
        鸡蛋汤 | 鸡蛋 | 西红柿 | 锅里 | 盐
        饺子 | 面粉 | 白菜 | 锅里 | 醋
        炒饭 | 米饭 | 鸡蛋 | 炒锅里 | 酱油
        蛋糕 | 面粉 | 牛奶 | 烤箱里 | 糖
        红烧肉 | 猪肉 | 土豆 | 锅里 | 酱油
        面条 | 面粉 | 青菜 | 锅里 | 辣椒
        沙拉 | 黄瓜 | 生菜 | 碗里 | 油""",
    "sport": """sport | gear | field | act | win
        踢足球 | 足球 | 足球场 | 把球踢得很远 | 踢进了一个球
        打篮球 | 篮球 | 篮球场 | 把球传给了队友 | 投进了最后一个球
        打乒乓球 | 球拍 | 体育馆 | 用球拍把球打过了网 | 赢了最后一局
        下象棋 | 棋盘 | 公园 | 走了一步好棋 | 吃掉了对方的车
        跑步 | 跑鞋 | 操场 | 跑得很快 | 第一个跑到终点""",
    "music": """instrument | music | played | instrument_unit | play
        钢琴 | 一首圆舞曲 | 轻轻地按着琴键 | 架 | 弹
        小提琴 | 一首老曲子 | 慢慢地拉着琴弓 | 把 | 拉
        吉他 | 一首情歌 | 用手指拨着琴弦 | 把 | 弹
        二胡 | 一首民歌 | 闭着眼睛拉着弦 | 把 | 拉
        古筝 | 一首古曲 | 用两只手拨着弦 | 台 | 弹""",
    "season": """season | sky | land | doing
        春天 | 温暖 | 树上长出了新叶 | 在田里播种
        夏天 | 炎热 | 知了在树上不停地叫 | 在湖里游泳
        秋天 | 凉快 | 树叶都变黄了 | 在果园里摘果子
        冬天 | 寒冷 | 山上盖满了白雪 | 在院子里堆雪人""",
    "illness": """illness | sign | cure
        感冒 | 鼻子 | 喝热茶
        发烧 | 头 | 多喝水
        牙疼 | 牙 | 吃药
        咳嗽 | 嗓子 | 喝蜂蜜
        胃疼 | 肚子 | 喝粥""",
    "shop": """shop | ware | other | seller
        面包店 | 面包 | 蛋糕 | 面包师
        书店 | 小说 | 地图 | 店员
        鞋店 | 皮鞋 | 凉鞋 | 店员
        玩具店 | 布娃娃 | 小汽车 | 老板
        菜市场 | 白菜 | 土豆 | 菜农
        文具店 | 铅笔 | 本子 | 老板
        茶叶店 | 绿茶 | 红茶 | 老板""",
    "lost": """item | spot
        钥匙 | 门垫下面
        钱包 | 汽车里
        手表 | 沙发上
        手套 | 雪地里
        车票 | 大衣口袋里
        课本 | 床底下
        围巾 | 门后面
        皮球 | 草丛里""",
    "space": """body | look
        月亮 | 又圆又亮
        星星 | 一闪一闪的
        银河 | 像一条发亮的河""",
    "gift": "gift; 一个布娃娃; 一本小说; 一条围巾; 一块手表; 一只风筝; 一双手套; 一盒彩笔; 一个书包; 一副拼图; 一盏小灯",
}

FRAMES = """
* {name}养了一{animal_unit}{animal}。 / {name}家里有一{animal_unit}{animal}。
{he}每天早上给{animal}吃{food}。 / {animal}最喜欢吃{food}。
{animal}一看见{he}就{sound}。 / {animal}饿了，{sound}。
? 然后它{habit}。
晚上{animal}睡在{home}里。 / {animal}的{home}很暖和。
? {name}觉得{animal}很可爱。

* {name}的{animal}不见了。 / {day}，{name}的{animal}跑丢了。
{home}里是空的，{name}很着急。 / {he}看了看{home}，里面什么也没有。
{he}把{food}放在{home}前面。 / {he}一遍一遍地叫{animal}。
到了晚上，外面有东西{sound}。 / {he}忽然听见它{sound}。
{animal}回来了，它{habit}。 / 原来是{animal}，{he}又高兴起来了。

* {day}{weather}。 / 今天{weather}。 / 天气预报说{day}会{weather}。
{event}。 / {name}从窗户里看到{event}。
? 到了中午，{effect}。
{name}带着{thing}出门了。 / {name}出门没有忘记带{thing}。
{he}穿着一件{color}的{wear}。 / {he}穿上了{color}的{wear}。
晚上{he}回到家，很早就睡了。 / {he}回到家里喝了一杯热茶。

* {name}是一名{job}，在{work}工作。 / 大家都知道{name}是一名{job}。
{he}每天早上去{work}上班。 / {he}在{work}里工作了{number}年。
{job}离不开{tool}。 / {he}的{tool}总是放在手边。
? 昨天{he}{deed}。 / {he}今天又{deed}。
大家都说{he}是一名好{job}。 / 人们来{work}就是为了{product}。
{name}很喜欢{job}这个工作。 / 晚上{he}离开{work}回家。

{name}从小就想当{job}。 / {name}的梦想是当一名{job}。
{relative}送给{he}的礼物是{tool}。 / {he}用第一笔钱买了{tool}。
{he}学了{number}年。 / {he}向一位老{job}学习。
现在{he}是{work}里最好的{job}。 / 后来{he}真的成了{job}，天天在{work}上班。

{name}坐{vehicle}去{capital}。 / {name}要坐{vehicle}去{capital}旅行。
{he}很早就到了{stop}，买了一张票。 / {he}在{stop}等了一个小时。
{vehicle}又晚点了。 / {vehicle}准时出发了。
{driver}跟每一位乘客打招呼。 / {driver}检查了大家的票。
{he}坐在{place}看着{seen}。 / 从{place}可以看到{seen}。
{friend}在{capital}等着{he}。 / 晚上{name}到了{capital}。

* {country}的首都是{capital}。 / {capital}是{country}的首都。
{country}人说{language}。 / 在{capital}，人们说{language}。
{country}人喜欢吃{meal}。 / {name}去{country}的时候吃了{meal}。
? {capital}是一座很大的城市。 / 每年有很多人去{capital}旅行。
{name}正在学习{language}，因为{he}想住在{country}。 / {name}去{country}学习{language}。

* {name}在果园里摘{fruit}。 / {name}家的果园里有很多{fruit}。
{fruit}{hue}的，很{taste}。 / 熟了的{fruit}{hue}的。
大家都知道，{fruit}长在{grows}。 / {fruit}是长在{grows}的。
{he}把{number}{fruit_unit}{fruit}放进篮子里。 / {he}送给{friend}一{fruit_unit}大{fruit}。
{friend}说{fruit}真{taste}。 / 他们一起把{fruit}吃完了。

{name}饿了，想做{dish}。 / 今天{name}在家里做{dish}。
{he}准备好{first}和{second}。 / 做{dish}要用{first}和{second}。
然后把它们放进{pot}。 / {he}先放{first}，再放{second}。
? {he}又加了一点{extra}。
{dish}闻起来真香。 / 半个小时以后，{dish}做好了。
{friend}来了，和{he}一起吃。 / {name}和{friend}坐在桌子旁边吃饭。

{name}每个{day}都去{sport}。 / {name}和{friend}都喜欢{sport}。
下午他们在{field}见面。 / {field}就在河边。
{name}{act}。 / {friend}带来了{gear}，{name}{act}。
最后一分钟，{friend}{win}。 / 最后{friend}{win}。
{name}输了比赛，可是{he}没有生气。 / {friend}赢了比赛，{she}非常高兴。

{name}的{relative}送给{he}一{instrument_unit}{instrument}。 / {name}正在学习{play}{instrument}。
{he}每天放学以后都练习。 / 每天晚上{he}都练习一个小时。
{he}{played}。 / 老师教{he}怎样{played}。
{day}，{he}在音乐会上演奏了{music}。 / {name}用{instrument}演奏了{music}。
大家安静地听着。 / 观众们鼓掌鼓了很久。

{season}来了。 / {season}终于到了。
天气{sky}，{land}。 / {season}的天气很{sky}。
村子里到处都能看到{land}。 / {name}从山上看到{land}。
{name}和{friend}{doing}。 / 孩子们{doing}。
{name}最喜欢{season}。 / {season}的日子过得很快。

{name}病了，没有去上学。 / {name}{illness}了。
{he}的{sign}疼了一个晚上。 / {he}的{sign}很疼，睡不着觉。
{relative}带{he}去看医生。 / 早上{he}去医院看病。
医生看了看{he}的{sign}，说是{illness}。 / 医生说{illness}要{cure}。
{illness}的时候最好{cure}。 / {name}回家{cure}，躺在床上休息。
过了{number}天，{he}的病就好了。 / 很快{sign}就不疼了。

{name}去{shop}买东西。 / {day}，{name}和{friend}一起去{shop}。
{he}想买{ware}。 / {he}在找{ware}。
{seller}给{he}看了{ware}和{other}。 / {seller}说有{ware}，没有{other}。
这个多少钱，{name}问。 / {ware}不便宜，可是{he}很喜欢。
{he}付给{seller}{number}块钱。 / {seller}说一共{number}块钱。
{he}拿着{ware}走出了{shop}。 / 回到家，{he}把{ware}放在桌子上。

{name}找不到{item}了。 / {name}的{item}丢了。
{he}在家里到处找。 / 我的{item}在哪里，{name}问。
{friend}帮{he}一起找。 / {friend}问{he}最后在哪里看见{item}。
最后{she}在{spot}找到了{item}。 / 原来{item}一直在{spot}。
{name}笑着谢谢{friend}。 / 从此以后{he}把{item}放好了。

{day}是{friend}的生日。 / 今天{friend}过生日。
{name}送给{she}{gift}当生日礼物。 / {name}给{she}做了一个生日蛋糕。
朋友们一起给{friend}唱歌。 / 每个朋友都带来了礼物。
{friend}吹灭了蜡烛，笑了。 / {friend}打开礼物，非常高兴。
? 吃完蛋糕，大家一起跳舞。

树上的苹果熟了。 / {name}家的院子里有一棵苹果树。
苹果又红又甜。 / 苹果又大又圆，闻起来很香。
{name}摘了{number}个苹果。 / {he}爬到树上去摘苹果。
{he}把苹果洗干净，吃了一个。 / 妈妈用苹果做了一个甜甜的蛋糕。
{friend}也吃了一个苹果，说真好吃。 / {name}把苹果和香蕉放在盘子里。

苹果公司发布了新手机。 / {name}在电视上看到苹果要发布新手机。
苹果的新手机屏幕很大。 / 苹果的电脑运行得很快。
{name}想买苹果的手机。 / {name}问，苹果和华为哪个牌子好。
? 苹果公司的股票上涨了。 / 商店门口很多人排队买苹果的手机。
{friend}也在用苹果的电脑上网。 / {friend}说苹果手机有点贵，想再等等。

农民在田里种小米。 / 秋天到了，田里的小米黄了。
奶奶用小米煮粥。 / 小米要先用水洗干净。
小米粥又香又热。 / 煮熟的小米是黄色的，很软。
{name}早饭喝了一碗小米粥。 / {name}把一袋小米带回了家。
{he}觉得小米粥比面条好吃。 / 生病的时候喝小米粥最好。

小米公司推出了新手机。 / {name}在网上看到小米的新手机。
小米的手机价格不贵。 / 小米和华为都是有名的牌子。
{name}买了一部小米手机。 / {name}在小米的商店里试了试新手机。
? 小米公司还生产电视和路由器。 / 小米的工程师写了新的软件。
{friend}的电脑也是小米的。 / {he}用小米手机给{friend}打了一个电话。

春天，山上的杜鹃开了。 / 公园里种满了杜鹃。
杜鹃的花瓣是红色的。 / 红色的杜鹃开得正艳。
{name}给杜鹃浇了水。 / {name}在杜鹃花前面照了一张相。
? 杜鹃和桃花一起开放。 / 一阵风吹来，杜鹃的花瓣落了一地。
{he}买了一盆杜鹃放在窗台上。 / {friend}说杜鹃花真香真好看。

清晨，树林里传来杜鹃的叫声。 / 一只杜鹃飞过田野。
杜鹃在树上不停地叫。 / 杜鹃拍着翅膀飞到了树枝上。
杜鹃把蛋下在别的鸟的窝里。 / 杜鹃喜欢吃虫子。
? 小杜鹃张着嘴等着吃虫子。 / 猎人听见杜鹃在叫。
{name}抬头看那只杜鹃。 / 最后杜鹃飞走了，树林里安静了。

{name}背着一个包袱上路了。 / 老人肩上背着一个大包袱。
包袱里有{number}件旧衣服。 / 包袱是用蓝布做的，很重。
走累了，{he}就放下包袱休息。 / {he}把包袱放在路边的石头上。
{he}打开包袱，拿出干粮。 / {friend}帮{he}背包袱。
晚上{he}把包袱当枕头睡着了。 / 到了家，{he}把包袱放在床上。

{name}没有考好，心里有了包袱。 / 失败成了{name}心里的包袱。
这个思想包袱让{he}睡不着觉。 / {he}的心理包袱越来越重。
老师说不要有思想包袱。 / {friend}劝{he}丢掉心里的包袱，放松一点。
{name}终于放下了思想包袱。 / {he}跟{friend}谈了谈，心里的包袱没有了。
没有了包袱，{he}学习进步很快。 / 第二次考试{he}没有包袱，考得很好。

太阳下山了。 / 太阳慢慢落到山后面去了。
天空先变红，然后变黑。 / 天空渐渐变暗了。
鸟儿都飞回了窝里。 / 鸟儿不再唱歌了。
天上出现了{body}，{look}。 / {body}出来了，{look}。
{name}看着天空，想起了{friend}。 / {name}看着{body}，慢慢睡着了。

太阳升起来了。 / 太阳慢慢升起。
天空变亮了。 / 天空渐渐变亮。
鸟儿开始唱歌。 / 公鸡大声地叫着。
{name}起床了，{he}打开窗户。 / {name}还在床上睡觉。
{he}洗了脸，吃了早饭。 / 早饭有面包、鸡蛋和牛奶。
{he}背着书包去上学。 / {friend}在门口等{he}一起去学校。

{name}走进教室。 / 学校八点开始上课。
老师在黑板上写了一个句子。 / 老师问了{name}一个问题。
{name}知道答案，举起了手。 / {name}不知道怎么回答。
同学们打开课本读书。 / 同学们认真地写作业。
铃响了，下课了。 / 放学以后，{name}和{friend}一起回家。

{name}借了一本关于{body}的书。 / {name}去图书馆看关于{body}的书。
书上说，{body}{look}。 / 书里有一张{body}的图画。
{he}一页一页地看到很晚。 / {he}看得忘了吃饭。
第二天，{he}给{friend}讲了这本书。 / {friend}也想看这本书。

{name}给{friend}写了一封信。 / {friend}很久没有收到{name}的信了。
{he}在信封上贴了一张邮票。 / {he}拿出纸和笔，写了家里的事。
邮递员把信送到{friend}家里。 / 信在{day}寄到了。
{friend}看完信，马上写了回信。 / {friend}打开信，高兴地笑了。

{name}搬进了新房子。 / {name}的房子很旧了。
{he}把门刷成了{color}。 / 墙是{color}的。
{friend}帮{he}搬桌子和椅子。 / 厨房里有一张桌子和{number}把椅子。
{he}在卧室里放了一张床和一盏灯。 / 卧室里的灯很亮。
{name}终于住进了自己的房子。 / {name}和{friend}在新厨房里喝茶。
"""
