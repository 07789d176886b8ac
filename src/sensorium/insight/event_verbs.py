"""What people did with an item, told by the type of the event: viewed, bought, listened to."""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import lru_cache
from types import MappingProxyType

from sensorium.catalog.type_strengths import MEANINGS

LIKED, DISLIKED = "like", "dislike"
"""The events of items that somebody named as liked, or as disliked."""


@dataclass(frozen=True)
class Verb:
    """How one kind of event is told."""

    english: str
    """After `you`; `{items}` stands for what it was done with."""
    chinese: str
    """After `你`."""
    rank: int
    """Which of several events with one item is named: the highest."""


_VERBS: tuple[tuple[Verb, str], ...] = (
    (
        Verb("were shown {items}", "看到过{items}", 0),
        "impression impressions exposure exposures display displays displayed 曝光 展示",
    ),
    (
        Verb("viewed {items}", "浏览过{items}", 1),
        "view views viewed viewing preview previews previewed pageview pageviews pv visit visits visited "
        "detail details browse browsed see seen expand hover 浏览 浏览量 访问 查看 详情 进入 预览",
    ),
    (
        Verb("clicked on {items}", "点击过{items}", 2),
        "click clicks clicked clicking clk tap tapped selectitem 点击 点开",
    ),
    (
        Verb("opened {items}", "打开过{items}", 2),
        "open opens opened opening 打开",
    ),
    (
        Verb("read {items}", "读过{items}", 4),
        "read reads reading 阅读 读",
    ),
    (
        Verb("played {items}", "播放过{items}", 4),
        "play plays played playing playcount playcounts 播放 播放量",
    ),
    (
        Verb("listened to {items}", "听过{items}", 4),
        "listen listens listened listening listencount stream streams streamed streaming scrobble "
        "scrobbles scrobbled 收听 听歌 听",
    ),
    (
        Verb("watched {items}", "看过{items}", 4),
        "watch watches watched watching 观看 看过 看",
    ),
    (
        Verb("finished {items}", "看完了{items}", 5),
        "finish finishes finished complete completes completed completion passed playcomplete watchcomplete "
        "readcomplete 看完 听完 读完 完播 完播率 学完 完成 播完",
    ),
    (
        Verb("commented on {items}", "评论过{items}", 5),
        "comment comments commented reply 评论 回复 弹幕",
    ),
    (
        Verb("shared {items}", "分享过{items}", 6),
        "share shares shared sharing forward forwarded repost reposted retweet retweeted send sends sent "
        "recommend 分享 转发",
    ),
    (
        Verb("put {items} into the cart", "把{items}加过购物车", 6),
        "cart addtocart addcart carted basket addtobasket incart 加购 购物车 加购物车 加入购物车",
    ),
    (
        Verb("saved {items}", "收藏过{items}", 6),
        "save saves saved bookmark bookmarks bookmarked wishlist wishlisted collect collects collected "
        "watchlist library queue addtoplaylist 收藏 保存 加入歌单 心愿单 想看 想读 稍后再看",
    ),
    (
        Verb("kept {items}", "保留过{items}", 6),
        "keep keeps kept pin pinned",
    ),
    (
        Verb("downloaded {items}", "下载过{items}", 6),
        "download downloads downloaded 下载",
    ),
    (
        Verb("installed {items}", "安装过{items}", 6),
        "install installs installed 安装",
    ),
    (
        Verb("reviewed {items}", "评价过{items}", 7),
        "review reviews reviewed 评价",
    ),
    (
        Verb("rated {items}", "给{items}打过分", 7),
        "rate rates rated rating ratings star stars score scores 评分 打分 分数",
    ),
    (
        Verb("followed {items}", "关注过{items}", 7),
        "follow follows followed following 关注",
    ),
    (
        Verb("liked {items}", "喜欢{items}", 8),
        "like likes liked love loves loved fav favs favorite favorites favorited favourite "
        "favourites favourited favor heart hearted upvote upvotes upvoted thumbsup starred swiperight match "
        "点赞 喜欢 赞 感兴趣 爱心 好评",
    ),
    (
        Verb("borrowed {items}", "借过{items}", 9),
        "borrow borrows borrowed loan loans 借阅 借",
    ),
    (
        Verb("rented {items}", "租过{items}", 9),
        "rent rents rented rental rentals 租",
    ),
    (
        Verb("booked {items}", "预订过{items}", 9),
        "book books booked booking bookings reserve reserved reservation 预订 预定 预约",
    ),
    (
        Verb("signed up for {items}", "报名过{items}", 9),
        "subscribe subscribed enrol enroll enrolled apply applied attend attended 报名 订阅",
    ),
    (
        Verb("gave to {items}", "打赏过{items}", 9),
        "donate tip gift 打赏 投币 送礼",
    ),
    (
        Verb("used {items}", "用过{items}", 4),
        "use used consume consumed start started trial sample 开始 学习 试听 试看",
    ),
    (
        Verb("replayed {items}", "重播过{items}", 7),
        "replay replayed repeat 重播 单曲循环",
    ),
    (
        Verb("ordered {items}", "下单过{items}", 9),
        "order orders ordered 下单 订购 订单",
    ),
    (
        Verb("bought {items}", "购买过{items}", 10),
        "buy buys bought buying purchase purchases purchased purchasing transaction transactions "
        "sale sales sold checkout paid pay payment 购买 支付 付款 成交 买 交易",
    ),
)
VERBS: Mapping[str, Verb] = MappingProxyType({word: verb for verb, words in _VERBS for word in words.split()})
_UNKNOWN_RANK = 3
_KEPT_TYPES = 1024
"""Each event of a history is asked about; its types are few."""
_ALSO_AGAINST = (
    "dislikes skips hides hidden blocked ban banned reported not undo withdraw remove removes removed "
    "delete deleted cancels cancellation returns downvoted uninterested unsubscribed hate hated ignore "
    "ignored negative"
)
_AGAINST = frozenset(_ALSO_AGAINST.split()).union(
    *(meaning.names for meaning in MEANINGS if meaning.strength < 0)
)
"""Words, and types of several, that speak against an item."""
_AGAINST_CHINESE = re.compile("不|取消|退|移除|移出|删除|踩|屏蔽|举报|跳过|拉黑|差评|划走|讨厌|拒收")
_WORD = re.compile(r"[a-z]+|[\u3400-\u9fff]+")


@lru_cache(_KEPT_TYPES)
def verb_of(event: str) -> Verb | None:
    """Return how the type of an event, or the name of a column that counts them, is told; None: unknown.

    A type of several words is known if they say one thing, as `page_view` does and `view_cart` does not.
    """
    words = _words(event)
    whole = VERBS.get("".join(words))
    if whole is not None or is_against(event):
        return whole
    found = (VERBS.get(word) or _within(word) for word in words)
    said = {verb for verb in found if verb is not None}
    return said.pop() if len(said) == 1 else None


@lru_cache(_KEPT_TYPES)
def is_against(event: str) -> bool:
    """Return whether the type of an event says that somebody did not want the item."""
    words = _words(event)
    joined = "".join(words)
    return bool(
        _AGAINST.intersection([joined, "_".join(words), *words])
        or any(word.startswith("un") and word[2:] in VERBS for word in words)  # uncart, unliked
        or _AGAINST_CHINESE.search(joined)
    )


def strongest(events: Iterable[str]) -> str:
    """Return the event to name of several with one item; empty of none."""
    return max(events, key=lambda event: (not is_against(event), _rank(event)), default="")


def _rank(event: str) -> int:
    verb = verb_of(event)
    return _UNKNOWN_RANK if verb is None else verb.rank


def _words(event: str) -> list[str]:
    """Return the words of a type in small letters, those written together as in `addToCart` apart."""
    return _WORD.findall(re.sub(r"(?<=[a-z])(?=[A-Z])", " ", event).lower())


def _within(word: str) -> Verb | None:
    """Return what a word says that ends on a known one, as `itempurchase`, or is Chinese and holds one."""
    known = [
        other
        for other in VERBS
        if (len(other) > 3 and word.endswith(other))
        or (len(other) > 1 and not other.isascii() and other in word)
    ]
    return VERBS[max(known, key=len)] if known else None
