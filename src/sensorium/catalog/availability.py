"""Which items can be had: flags, numbers in stock and words such as `sold out`, in English and Chinese."""

import re
from collections.abc import Mapping

import polars as pl

from sensorium.catalog.columns import FALSE_WORDS, TRUE_WORDS, as_numbers, as_text

AVAILABLE_NAMES = frozenset((
    "available", "is_available", "availability", "in_stock", "instock", "is_in_stock", "stock",
    "stock_level", "stock_status", "stock_quantity", "stock_qty", "stock_count", "qty_in_stock",
    "units_in_stock", "quantity_in_stock", "quantity_available", "available_quantity", "inventory",
    "inventory_quantity", "inventory_level", "on_hand", "visible", "is_visible", "active", "is_active",
    "enabled", "is_enabled", "listed", "is_listed", "is_published", "for_sale", "sellable", "purchasable",
    "orderable", "in_print", "status", "item_status", "product_status", "有货", "是否有货", "现货", "库存",
    "库存量", "库存数", "库存数量", "库存状态", "在售", "是否在售", "上架", "是否上架", "上架状态", "可售",
    "可用", "是否可用", "显示", "是否显示", "状态", "商品状态",
    "bestand", "lagerbestand", "verfügbar", "auf_lager",
))  # fmt: skip
"""Names of columns that say which items can be had, in lower case."""
HIDDEN_NAMES = frozenset((
    "hidden", "is_hidden", "hide", "deleted", "is_deleted", "removed", "disabled", "is_disabled", "blocked",
    "is_blocked", "banned", "unlisted", "inactive", "withdrawn", "discontinued", "is_discontinued",
    "archived", "is_archived", "unavailable", "is_unavailable", "sold_out", "soldout", "is_sold_out",
    "out_of_stock", "is_out_of_stock", "draft", "is_draft", "隐藏", "是否隐藏", "屏蔽", "删除", "已删除",
    "是否删除", "禁用", "下架", "已下架", "是否下架", "缺货", "售罄", "停售", "停产",
))  # fmt: skip
"""Names of columns that say which items must not be shown, alike."""
_YES = frozenset((
    *TRUE_WORDS, "instock", "available", "active", "enabled", "visible", "listed", "live", "online",
    "published", "limited", "limitedavailability", "lowstock", "instoreonly", "onlineonly", "preorder",
    "presale", "backorder", "forsale", "onhand", "normal", "有货", "现货", "在售", "上架", "已上架", "可售",
    "有", "可用", "预售", "充足", "库存充足", "正常", "显示", "已发布",
))  # fmt: skip
_NO = frozenset((
    *FALSE_WORDS, "outofstock", "oos", "soldout", "unavailable", "notavailable", "discontinued", "inactive",
    "disabled", "hidden", "archived", "draft", "deleted", "withdrawn", "removed", "unlisted", "offline",
    "expired", "none", "suspended", "blocked", "notforsale", "nostock", "sold", "无货", "缺货", "售罄",
    "已售罄", "下架", "已下架", "停售", "停产", "无", "不可用", "断货", "隐藏", "已删除", "草稿", "未上架",
))  # fmt: skip
_SCHEMA = re.compile(r"^https?://schema\.org/")
_WORDS: Mapping[str, bool] = {word: word in _YES for word in (*_YES, *_NO)}


def as_available(series: pl.Series) -> pl.Series:
    """Return whether each item can be had, null where it is not said or cannot be read.

    A number is what is in stock: more than zero can be had. A text may be `yes` or `no`, words such as `In
    stock`, `sold out`, `有货`, those of schema.org, or begin with a number (`10+`).
    """
    if series.dtype == pl.Boolean:
        return series
    if series.dtype != pl.String:
        return as_numbers(series) > 0
    text = as_text(series).str.strip_chars().str.to_lowercase()
    word = text.str.replace(_SCHEMA.pattern, "").str.replace_all(r"(\p{L})[\s_-]+", "$1")
    by_word = word.replace_strict(_WORDS, default=None, return_dtype=pl.Boolean)
    led = text.str.extract(r"^[<>≥≤~+]?\s*(\d+)(?:\s*\+|\s*[^\d.,:/-].*)?$")
    stock = as_numbers(series).fill_null(as_numbers(led))
    return by_word.fill_null(stock > 0).alias(series.name)
