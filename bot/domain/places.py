"""Whether what she typed names a place, as people in China write one."""

from __future__ import annotations

import re
from collections.abc import Sequence

MAX_NAME = 20
"""Characters of a place as people type it; an address with street and number has as many."""
_BARE = 8
"""Characters, when only a known name says that it is a place: 上海浦东, 深圳南山."""
_LOCATION = 120
"""Characters of a location that she sent, with the name of the place."""
_COORDINATES = re.compile(r"-?\d{1,3}(?:\.\d+)?, ?-?\d{1,3}(?:\.\d+)?(?:\s.*)?", re.DOTALL)
_LEAD = re.compile(r"^我?(?:[就住家]?[在是]|住)")
_HAN = re.compile(r"[\u4e00-\u9fff]")
_UNIT = re.compile(r"[省市区區縣县镇鎮乡鄉州盟旗村街道路巷弄]|胡同|[庄莊屯湾灣港岛島里園园楼樓号號栋棟站]$")
_TALK = re.compile(r"[我你您他她它谁誰吗嗎呢么麼什没沒说說想被把让讓给給怎不？?！!。；;\n]")
_ENGLISH_TALK = re.compile(
    r"\b(?:i|you|he|she|it|they|we|my|not?|yes|how|what|where|why|who|is|are|was|did|do|please|dont)\b",
    re.IGNORECASE,
)
_KNOWN = re.compile(
    r"北京|天津|上海|重庆|河北|山西|辽宁|吉林|黑龙江|江苏|浙江|安徽|福建|江西|山东|河南|湖北|湖南|广东"
    r"|海南|四川|贵州|云南|陕西|甘肃|青海|内蒙古|广西|西藏|宁夏|新疆|香港|澳门|台湾|石家庄|唐山|秦皇岛"
    r"|邯郸|邢台|保定|张家口|承德|廊坊|衡水|雄安|太原|大同|阳泉|长治|晋城|晋中|运城|临汾|吕梁|呼和浩特"
    r"|包头|乌海|赤峰|通辽|鄂尔多斯|呼伦贝尔|沈阳|大连|鞍山|抚顺|本溪|丹东|营口|阜新|辽阳|盘锦|铁岭|朝阳"
    r"|葫芦岛|长春|四平|辽源|通化|白山|松原|白城|延边|哈尔滨|齐齐哈尔|鸡西|鹤岗|双鸭山|大庆|伊春|佳木斯"
    r"|七台河|牡丹江|黑河|绥化|南京|无锡|南通|连云港|淮安|盐城|镇江|宿迁|昆山|宁波|嘉兴|绍兴|金华|义乌"
    r"|舟山|丽水|合肥|芜湖|蚌埠|淮南|马鞍山|淮北|铜陵|安庆|黄山|阜阳|六安|池州|宣城|厦门|莆田|三明|南平"
    r"|龙岩|宁德|南昌|景德镇|萍乡|九江|新余|鹰潭|吉安|宜春|上饶|济南|青岛|淄博|枣庄|东营|烟台|潍坊|济宁"
    r"|泰安|威海|日照|临沂|聊城|菏泽|开封|洛阳|平顶山|安阳|鹤壁|新乡|焦作|濮阳|许昌|漯河|三门峡|南阳"
    r"|商丘|信阳|周口|驻马店|武汉|黄石|十堰|宜昌|襄阳|孝感|荆门|黄冈|咸宁|恩施|仙桃|潜江|天门|长沙|株洲"
    r"|湘潭|衡阳|邵阳|岳阳|常德|张家界|益阳|怀化|娄底|湘西|深圳|珠海|汕头|佛山|韶关|湛江|肇庆|江门|茂名"
    r"|汕尾|河源|阳江|清远|东莞|中山|揭阳|云浮|南宁|桂林|北海|防城港|玉林|百色|河池|来宾|崇左|海口|三亚"
    r"|三沙|成都|自贡|攀枝花|德阳|绵阳|广元|遂宁|内江|乐山|南充|眉山|宜宾|广安|雅安|巴中|资阳|阿坝|甘孜"
    r"|凉山|贵阳|六盘水|遵义|安顺|毕节|铜仁|昆明|曲靖|玉溪|保山|昭通|丽江|普洱|临沧|楚雄|红河|文山"
    r"|西双版纳|大理|德宏|怒江|迪庆|拉萨|日喀则|昌都|林芝|山南|那曲|阿里|西安|铜川|宝鸡|咸阳|渭南|延安"
    r"|汉中|榆林|安康|商洛|嘉峪关|金昌|白银|天水|武威|张掖|平凉|酒泉|庆阳|定西|陇南|临夏|甘南|西宁|海东"
    r"|海北|黄南|海西|玉树|果洛|银川|石嘴山|吴忠|固原|中卫|乌鲁木齐|克拉玛依|吐鲁番|哈密|昌吉|巴音郭楞"
    r"|阿克苏|喀什|和田|伊犁|塔城|阿勒泰|石河子|台北|高雄|浦东|海淀|东城|西城|丰台"
)
"""Provinces and cities whose names people write without 省 and 市."""


def region_of(text: str, regions: Sequence[str]) -> str:
    """The configured region that the words name, in full or by its beginning; empty if none."""
    bare = _bare(text)
    named = next((region for region in regions if region in text), "")
    return named or next((r for r in regions if len(bare) > 1 and r.startswith(bare)), "")


def plausible(text: str) -> bool:
    """Whether the words look like a place, and not like a sentence or something else."""
    if _COORDINATES.fullmatch(text):
        return len(text) <= _LOCATION
    bare = _bare(text)
    if not _HAN.search(bare):
        return _english(bare)
    if len(bare) > MAX_NAME or _TALK.search(bare):
        return False
    return bool(_UNIT.search(bare)) or (len(bare) <= _BARE and _KNOWN.match(bare) is not None)


def _bare(text: str) -> str:
    return _LEAD.sub("", text.strip().rstrip("。.!！"))


def _english(text: str) -> bool:
    plain = text.replace("'", "").replace("’", "")
    letters = sum(c.isalpha() for c in plain)
    short = 2 < letters <= 2 * MAX_NAME and len(plain.split()) <= 5
    return short and "?" not in plain and not _ENGLISH_TALK.search(plain)
