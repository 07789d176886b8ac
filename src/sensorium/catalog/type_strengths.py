"""What types of events say by their names, in English and Chinese: a proposal for `[events.strength]`."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from sensorium.catalog.column_names import plain_name
from sensorium.catalog.searches import SEARCH_TYPES
from sensorium.catalog.strength import AGAINST_TYPES

UNTOLD = 0.5
"""What a type is taken to say whose name tells nothing, beside others whose names do."""


@dataclass(frozen=True)
class Meaning:
    """What events of some names say."""

    strength: float
    reason: str
    names: frozenset[str]


def _meaning(strength: float, reason: str, names: str) -> Meaning:
    return Meaning(strength, reason, frozenset(names.split()))


MEANINGS = (
    Meaning(-1.0, "it speaks against the item", AGAINST_TYPES),
    _meaning(
        -0.5,
        "it was passed over or given back",
        "skip skipped return returned refund refunded cancel cancelled canceled unlike unfavorite "
        "unfavourite "
        "unfollow unsubscribe thumbsdown reject rejected decline declined bounce swipe_left "
        "跳过 划走 快速划走 退货 退款 取消 取消收藏 取消点赞 取消关注 退订 拒收 差评",
    ),
    _meaning(
        0.0,
        "it was only shown, or put back",
        "impression impressions exposure exposed expose show shown display displayed serve served "
        "recommended uncart remove_from_cart removed_from_cart cart_remove login logout "
        "曝光 展示 展现 推荐 移出购物车 登录 退出",
    ),
    Meaning(0.0, "what was searched for tells of taste by its words", SEARCH_TYPES),
    _meaning(
        0.2,
        "it was looked at",
        "view views viewed pv pageview page_view item_view product_view click clicks clicked clk open opened "
        "visit visits visited detail details browse browsed see seen hover tap preview expand "
        "view_item select_item view_content "
        "点击 浏览 查看 打开 访问 详情 看 进入 预览 点开",
    ),
    _meaning(
        0.4,
        "it was taken in",
        "play plays played watch watched listen listens listened read reads stream streamed start started "
        "attend attended use used consume consumed trial sample comment comments commented reply "
        "follow followed "
        "播放 观看 收听 阅读 试听 试看 开始 评论 弹幕 回复 关注 学习",
    ),
    _meaning(
        0.5,
        "it was nearly chosen",
        "cart addtocart add_to_cart cart_add add_cart basket add_to_basket begin_checkout initiate_checkout "
        "加购 加入购物车 添加购物车 购物车",
    ),
    _meaning(
        0.7,
        "it was kept for later or taken along",
        "save saved bookmark bookmarked wishlist add_to_wishlist collect collected keep kept pin pinned "
        "download downloads downloaded queue add_to_playlist library watchlist fav favor "
        "收藏 加收藏 心愿单 下载 保存 加入歌单 想看 想读 稍后再看",
    ),
    _meaning(
        0.8,
        "it was taken in to the end",
        "complete completed completion finish finished play_complete watch_complete read_complete passed "
        "看完 播完 完播 听完 读完 完成 学完",
    ),
    _meaning(
        1.0,
        "it was chosen or liked",
        "purchase purchases purchased buy buys bought order orders ordered transaction transactions sale "
        "sales "
        "sold pay paid payment checkout rent rented rental borrow borrowed loan book booked booking reserve "
        "subscribe subscribed enrol enroll enrolled apply applied donate tip gift "
        "like likes liked love loved favorite favorites favorited favourite favourites upvote upvoted "
        "thumbs_up "
        "thumbsup heart star starred share shared share_item forward forwarded send sent repost retweet "
        "recommend replay replayed repeat match swipe_right "
        "购买 下单 付款 支付 成交 订单 买 交易 租 借阅 预订 预约 报名 打赏 投币 送礼 订阅 "
        "点赞 喜欢 赞 爱心 分享 转发 好评 重播 单曲循环",
    ),
)
UNDOING = frozenset(
    ("not", "no", "un", "undo", "remove", "removed", "delete", "deleted", "cancel", "withdraw")
)
"""What begins the name of a type that takes back what is named behind it."""
_BY_NAME: Mapping[str, Meaning] = {name: meaning for meaning in reversed(MEANINGS) for name in meaning.names}


TAKEN_BACK = _BY_NAME["cancel"]


def meaning_of(kind: str) -> Meaning | None:
    """Return what events of a type say by its name, None where it does not tell.

    Names are compared without regard to case, spaces and hyphens; of `product-view` or `user_click`, the last
    word tells, and of `购买记录` what it holds.
    """
    name = plain_name(kind)
    if name not in _BY_NAME and name.split("_")[0] in UNDOING:
        return TAKEN_BACK
    found = _BY_NAME.get(name) or _BY_NAME.get(name.replace("_", ""))
    return found or _BY_NAME.get(name.rsplit("_", 1)[-1]) or _BY_NAME.get(_spoken(name))


def _spoken(name: str) -> str:
    """Return the longest name without spaces, as Chinese has, that `name` holds; empty if it holds none."""
    return max((known for known in _BY_NAME if not known.isascii() and known in name), key=len, default="")


@dataclass(frozen=True)
class StrengthGuess:
    """A proposal of strengths, and why."""

    strength: Mapping[str, float]
    """Type as it is written -> what it says; empty where all say the same, or no name tells anything."""
    reasons: Mapping[str, str]
    """Type -> why."""


def guess_strengths(counts: Mapping[str, int]) -> StrengthGuess:
    """Return what each type of events says by its name, the strongest 1; `counts` are events by type.

    Empty where the names tell of no difference.
    """
    meant = {kind: meaning_of(kind) for kind in counts}
    told = {meaning.strength for meaning in meant.values() if meaning is not None}
    if len(told) < 2 and not (told and any(meaning is None for meaning in meant.values())):
        return StrengthGuess({}, {})
    said = {kind: UNTOLD if meaning is None else meaning.strength for kind, meaning in meant.items()}
    largest = max(said.values())
    if largest <= 0 or len(set(said.values())) < 2:
        return StrengthGuess({}, {})
    strength = {
        kind: round(value / largest, 2) if value > 0 else value
        for kind, value in sorted(said.items(), key=lambda item: -item[1])
    }
    reasons = {kind: _why(meant[kind], counts[kind]) for kind in strength}
    return StrengthGuess(strength, reasons)


def _why(meaning: Meaning | None, n: int) -> str:
    many = f"{n:,} event{'' if n == 1 else 's'}"
    return (
        f"{many}; by its name {meaning.reason}" if meaning else f"{many}; its name does not tell: correct it"
    )


def type_of_file(stem: str) -> str | None:
    """Return what each event of a file is by the file's name, such as `order` for `orders_2024`; or None."""
    words: Sequence[str] = plain_name(stem).split("_")
    for word in (plain_name(stem), *words):
        singular = word.removesuffix("s")
        for name in (singular, word):
            if name in _BY_NAME:
                return name
    return _spoken(stem) or None
