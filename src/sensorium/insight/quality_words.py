"""What a score of quality says, in English and Chinese: its meaning, what is better, what is noted."""

from collections.abc import Mapping
from types import MappingProxyType

from sensorium.insight.languages import phrases_in

_CHINESE: Mapping[str, str] = MappingProxyType(
    {
        "shorter_side_px": "短边的像素数",
        "dark": "最亮的二十分之一所超过的亮度，0 到 1",
        "bright": "除最暗的二十分之一外都超过的亮度，0 到 1",
        "contrast": "上面两个亮度之差，0 到 1",
        "blur": "清晰度的损失，0 清晰，1 模糊",
        "bars": "两侧黑边所占的比例",
        "blocks": "JPEG 方块边界处的跳变比别处大多少，没有则为 0",
        "noise": "噪声的标准差，以 255 级计",
        "halos": "锐化过度：边缘过冲占其高度的比例",
        "false_colour": "颜色饱和到极限的比例",
        "missing_tones": "缺失的色阶，0 不缺，1 几乎全缺",
        "text": "看起来像文字行的部分所占的比例",
        "repetition": "画面与自身别处的相似程度（平铺水印），以标准差计",
        "silent": "静音所占的比例，按二十分之一秒计",
        "clipped": "停在上限且与邻点相同的采样所占的比例（削波）",
        "loudness_dbfs": "非静音部分的电平，满刻度分贝",
        "above_noise_db": "高出嘶声多少分贝，最多 60",
        "offset": "平均值偏离零点的程度，以满刻度计",
        "balance_db": "一个声道比另一个响多少分贝，最多 60",
        "in_phase": "两个声道的相似程度：1 相同，0 无关，-1 相互抵消",
        "black": "抽取的画面中黑屏的比例",
        "motion": "相邻抽取画面之间的最大变化，0 到 1",
        "frozen": "十五分之二秒内毫无变化的抽样所占的比例",
        "shake": "十五分之一秒内镜头移动的不均匀程度，以对角线计",
        "has_sound": "有音轨为 1，没有为 0",
    }
)
"""Measure -> meaning; those of a clip's sound track begin with `sound_`."""
_TRACK = "sound_"


def describe_score(name: str, meaning: str, better: str, limit: float | None, *, language: str = "en") -> str:
    """Return what a score says, such as "sharpness lost; lower is better, noted above 0.6".

    Parameters
    ----------
    name, meaning
        The measure and its meaning in English.
    better
        `higher` or `lower`.
    limit
        What lies beyond is noted; None if nothing is.
    language
        `en` or `zh`; `ConfigError` for any other.
    """
    phrases_in(language)
    is_lower = better == "lower"
    if language == "zh":
        own = name.removeprefix(_TRACK) if name not in _CHINESE else name
        said = _CHINESE.get(own, meaning)
        said = f"音轨：{said}" if own != name else said
        if limit is None:
            return said
        return f"{said}；越{'低' if is_lower else '高'}越好，{'高' if is_lower else '低'}于 {limit:g} 时提示"
    if name.startswith(_TRACK):
        meaning = f"sound track: {meaning}"
    if limit is None:
        return f"{meaning}; nothing is noted by it"
    return f"{meaning}; {better} is better, noted {'above' if is_lower else 'below'} {limit:g}"
