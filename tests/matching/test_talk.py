"""Danger and small talk, told before any entry is looked at."""

from __future__ import annotations

import time

import pytest

from bot.domain.match import Danger, SmallTalk
from bot.matching.library import Library

LIFE = [
    "救命",
    "他拿刀要杀我",
    "有人在砸门，我好害怕",
    "我被绑架了",
    "他说要弄死我",
    "家里着火了",
    "前男友一直跟踪我",
    "我被关在屋里出不去",
    "刚出车祸，人卡在车里",
    "債主揚言要殺我全家",
    "Help me, he has a knife",
    "我被骗到缅甸了，跑不出来",
    "救　命！！！",
    "有人拿着刀在门口",
]
SELF_HARM = [
    "我不想活了",
    "活着没意思",
    "想死",
    "我想自杀",
    "我要跳楼",
    "一了百了算了",
    "女朋友说分手就自杀威胁我",
    "我喝了农药",
    "I want to die",
    "被催收逼得活不下去了",
    "生无可恋",
    "我不想活了，离婚他要分我房子",
]
HOME = [
    "被家暴怎么离婚",
    "老公打我",
    "老公昨天打了我一顿",
    "他喝醉了，打过我好几次",
    "我老公喝酒就打我",
    "他又打我了",
    "婆婆动手打了我",
    "怎么申请人身安全保护令",
    "my husband hits me",
]
MINOR = [
    "孩子在学校被同学打了",
    "女儿被猥亵了",
    "孩子走丢了",
    "爸爸天天打我，我15岁",
    "我女儿被拐走了",
    "幼儿园老师打孩子",
]
SPOKEN = {
    Danger.LIFE: LIFE,
    Danger.SELF_HARM: SELF_HARM,
    Danger.HOME_VIOLENCE: HOME,
    Danger.MINOR: MINOR,
}
NONE = [
    "酒驾撞死人判几年",
    "离婚后孩子抚养",
    "公司拖欠工资怎么办",
    "孩子打疫苗要钱吗",
    "想死你了",
    "救命钱被骗了怎么要回来",
    "我爸被关在看守所能取保吗",
    "杀人未遂判几年",
    "工友去年自杀单位要赔偿吗",
    "自杀保险赔吗",
    "笑死我了",
    "他打电话给我要钱",
    "打官司要多少钱",
    "砍价免费拿没拿到",
    "你能救济我吗",
    "孩子打架要赔多少",
    "我打工的厂倒闭了",
    "对方打了欠条不还",
]


@pytest.mark.parametrize(
    ("text", "danger"),
    [(text, danger) for danger, texts in SPOKEN.items() for text in texts],
)
def test_a_message_that_speaks_of_danger_is_heard(library: Library, text: str, danger: Danger) -> None:
    assert library.talk.danger(text) is danger


@pytest.mark.parametrize("text", NONE)
def test_talk_of_the_past_or_of_the_law_is_no_emergency(library: Library, text: str) -> None:
    assert library.talk.danger(text) is None


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        ("你好", SmallTalk.GREETING),
        ("您好，在吗？", SmallTalk.GREETING),
        ("谢谢您！", SmallTalk.THANKS),
        ("謝謝", SmallTalk.THANKS),
        ("再见", SmallTalk.BYE),
        ("你是机器人吗？", SmallTalk.WHO),
        ("好的", SmallTalk.OK),
        ("OK", SmallTalk.OK),
        ("？？？", SmallTalk.OK),
        ("今天天气怎么样", SmallTalk.OFF_TOPIC),
        ("给我讲个笑话", SmallTalk.OFF_TOPIC),
        ("Hello", SmallTalk.GREETING),
    ],
)
def test_small_talk_is_known(library: Library, text: str, kind: SmallTalk) -> None:
    assert library.talk.small_talk(text) is kind


@pytest.mark.parametrize(
    "text",
    [
        "你好，我想离婚",
        "谢谢，那工资怎么要",
        "好的，那去哪里起诉",
        "天气预报不准害我摔伤能告吗",
        "QQ飞车误充值能退钱吗",
        "我的歌被抄袭了",
        "离婚",
    ],
)
def test_a_question_is_never_taken_for_small_talk(library: Library, text: str) -> None:
    assert library.talk.small_talk(text) is None


@pytest.mark.parametrize(
    "piece", ["老公", "孩子被", "拿着刀", "打我", "他", "…", "救", "哈", "a ", "杀我全家"]
)
def test_hostile_texts_take_linear_time(library: Library, piece: str) -> None:
    def spent(size: int) -> float:
        text = (piece * size)[:size]
        began = time.process_time()
        library.talk.danger(text)
        library.talk.small_talk(text)
        return time.process_time() - began

    assert spent(100_000) < 0.5
