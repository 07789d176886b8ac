"""Encoders: from text, pictures, sound, clips and attributes to rows of numbers; as `sn.encoders`.

rows = sn.encoders.TfidfLSA(dimension=32).fit(texts).encode(texts)
looks = sn.encoders.ColorTextureShape().encode(["a.jpg", "b.jpg"])
"""

from collections.abc import Mapping
from typing import TYPE_CHECKING

from sensorium.core.lazy_names import lazy_names

if TYPE_CHECKING:
    from sensorium.core.config import Config
    from sensorium.core.roles import Role
    from sensorium.encoders.attributes.categories import Labels
    from sensorium.encoders.attributes.numbers import Quantity
    from sensorium.encoders.audio.sound import Sound
    from sensorium.encoders.base import Encoded, Encoder, EncoderTraits
    from sensorium.encoders.image.color_texture_shape import ColorTextureShape
    from sensorium.encoders.image.fisher_vectors import FisherVectors
    from sensorium.encoders.neural.backbone_encoders import BackboneImage, BackboneVideo
    from sensorium.encoders.neural.sentence_encoders import NeuralAudio, NeuralImage, NeuralText, NeuralVideo
    from sensorium.encoders.recipe import AudioRecipe, ImageRecipe, TextRecipe, VideoRecipe
    from sensorium.encoders.text.hashing_lsa import HashingLSA
    from sensorium.encoders.text.keywords import Keywords
    from sensorium.encoders.text.nmf_topics import NMFTopics
    from sensorium.encoders.text.tfidf_lsa import TfidfLSA
    from sensorium.encoders.video.clip import Clip
    from sensorium.encoders.video.motion import Motion

_HOMES: Mapping[str, str] = {
    "AudioRecipe": "sensorium.encoders.recipe",
    "BackboneImage": "sensorium.encoders.neural.backbone_encoders",
    "BackboneVideo": "sensorium.encoders.neural.backbone_encoders",
    "Clip": "sensorium.encoders.video.clip",
    "ColorTextureShape": "sensorium.encoders.image.color_texture_shape",
    "Config": "sensorium.core.config",
    "Encoded": "sensorium.encoders.base",
    "Encoder": "sensorium.encoders.base",
    "EncoderTraits": "sensorium.encoders.base",
    "FisherVectors": "sensorium.encoders.image.fisher_vectors",
    "HashingLSA": "sensorium.encoders.text.hashing_lsa",
    "ImageRecipe": "sensorium.encoders.recipe",
    "Keywords": "sensorium.encoders.text.keywords",
    "Labels": "sensorium.encoders.attributes.categories",
    "Motion": "sensorium.encoders.video.motion",
    "NMFTopics": "sensorium.encoders.text.nmf_topics",
    "NeuralAudio": "sensorium.encoders.neural.sentence_encoders",
    "NeuralImage": "sensorium.encoders.neural.sentence_encoders",
    "NeuralText": "sensorium.encoders.neural.sentence_encoders",
    "NeuralVideo": "sensorium.encoders.neural.sentence_encoders",
    "Quantity": "sensorium.encoders.attributes.numbers",
    "Role": "sensorium.core.roles",
    "Sound": "sensorium.encoders.audio.sound",
    "TextRecipe": "sensorium.encoders.recipe",
    "TfidfLSA": "sensorium.encoders.text.tfidf_lsa",
    "VideoRecipe": "sensorium.encoders.recipe",
}
"""Public name -> where it lives."""

__all__ = [
    "AudioRecipe",
    "BackboneImage",
    "BackboneVideo",
    "Clip",
    "ColorTextureShape",
    "Config",
    "Encoded",
    "Encoder",
    "EncoderTraits",
    "FisherVectors",
    "HashingLSA",
    "ImageRecipe",
    "Keywords",
    "Labels",
    "Motion",
    "NMFTopics",
    "NeuralAudio",
    "NeuralImage",
    "NeuralText",
    "NeuralVideo",
    "Quantity",
    "Role",
    "Sound",
    "TextRecipe",
    "TfidfLSA",
    "VideoRecipe",
]

__getattr__, __dir__ = lazy_names("sensorium.encoders", _HOMES)
