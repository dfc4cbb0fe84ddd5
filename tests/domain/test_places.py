"""What is a place and what is not, as tables."""

from __future__ import annotations

import pytest

from bot.domain.places import plausible, region_of

REGIONS = ("城关区", "东城街道", "西城街道")


@pytest.mark.parametrize(
    "text",
    [
        "东城区", "我在东城区", "我住王家村", "解放路12号", "幸福花园三号楼", "李家庄", "北京", "上海浦东",
        "就在深圳", "内蒙古", "锡林郭勒盟正蓝旗", "广东省广州市天河区", "河北省石家庄市，长安区",
        "白鹭洲胡同七号", "東城區", "39.9,116.4 朝阳门",
        "39.9,116.4", "Dongcheng", "Beijing, Chaoyang",
    ],
)  # fmt: skip
def test_a_place_is_a_place(text: str) -> None:
    assert plausible(text)


@pytest.mark.parametrize(
    "text",
    [
        "不知道", "为什么要问这个", "老板欠我工资", "他在村里打人了", "区里的人说不管怎么办？",
        "谢谢", "13812345678", "123", "",
        "北京的公司拖欠工资三个月要怎样仲裁",
        "我住在很远的一个地方，去年从老家搬来，当时的街道办已经撤了", "I do not know",
        "why do you ask", "？", "no",
    ],
)  # fmt: skip
def test_other_words_are_no_place(text: str) -> None:
    assert not plausible(text)


@pytest.mark.parametrize(
    ("text", "region"),
    [
        ("城关区", "城关区"), ("我在城关区解放路", "城关区"), ("东城", "东城街道"), ("在西城", "西城街道"),
        ("区", ""), ("街道", ""), ("城", ""), ("东城区", ""), ("", ""),
    ],
)  # fmt: skip
def test_a_region_is_named_in_full_or_by_its_beginning(text: str, region: str) -> None:
    assert region_of(text, REGIONS) == region
