"""What each score of quality means, beyond which limit it is a fault, and how to say so.

The limits are set so that hardly any of the real photos, posters, recordings and clips that they were
tried on has the fault; `docs/media.md` says how many have, also when they are degraded.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from types import MappingProxyType
from typing import Literal

from sensorium.core.roles import Role

Scores = dict[str, float]
"""Name of a measure -> score; what cannot be told of a medium is left out."""


@dataclass(frozen=True)
class Measure:
    """One score."""

    name: str
    meaning: str
    """What it says, and in which unit."""
    worse: Literal["higher", "lower"]
    limit: float | None = None
    """What lies beyond is a fault; None if there is no telling from the score alone."""
    fault: str = ""
    """The fault in a few words; `{score}` stands for the score."""
    said_by: tuple[str, ...] = ()
    """Measures whose faults say it already."""

    @property
    def better(self) -> Literal["higher", "lower"]:
        """In which direction media get better."""
        return "lower" if self.worse == "higher" else "higher"

    def is_fault(self, score: float) -> bool:
        """Return whether the score lies beyond the limit."""
        if self.limit is None:
            return False
        return score > self.limit if self.worse == "higher" else score < self.limit


_PICTURE = (
    Measure(
        "shorter_side_px",
        "pixels along the shorter side",
        "lower",
        64,
        "only {score:.0f} pixels wide or high",
    ),
    Measure("dark", "brightness, 0 to 1, that the lightest twentieth exceeds", "lower", 0.22, "very dark"),
    Measure(
        "bright",
        "brightness, 0 to 1, that all but the darkest twentieth exceed",
        "higher",
        0.92,
        "very bright",
    ),
    Measure("contrast", "distance between the two, 0 to 1", "lower", 0.12, "hardly any contrast"),
    Measure("blur", "sharpness lost, 0 sharp to 1 blurred", "higher", 0.6, "blurred", ("contrast",)),
    Measure("bars", "share in black bars at opposite edges", "higher", 0.2, "black bars over {score:.0%}"),
    Measure(
        "blocks",
        "how much larger steps across the blocks of JPEG are, 0 without",
        "higher",
        0.3,
        "blocks of compression",
    ),
    Measure("noise", "standard deviation of noise, levels of 255", "higher", 4, "noisy"),
    Measure(
        "halos",
        "sharpening: by what share of their height edges overshoot",
        "higher",
        0.2,
        "sharpened too much",
    ),
    Measure(
        "false_colour", "share with colours as strong as can be shown", "higher", 0.25, "colours too strong"
    ),
    Measure(
        "missing_tones",
        "tones that are missing, 0 none to 1 nearly all",
        "higher",
        0.35,
        "tones missing",
        ("contrast",),
    ),
    Measure("text", "share beneath what looks like lines of text", "higher"),
    Measure(
        "repetition",
        "how much it resembles itself elsewhere, standard deviations",
        "higher",
        12,
        "a mark or pattern repeats",
        ("contrast",),
    ),
)
_SOUND = (
    Measure(
        "silent", "share that is silent, in stretches of a twentieth of a second", "higher", 0.9999, "silent"
    ),
    Measure(
        "clipped", "share of samples that stand at the limit beside another one", "higher", 0.0005, "clipped"
    ),
    Measure(
        "loudness_dbfs",
        "level of what is not silent, dB of full scale",
        "lower",
        -45,
        "very quiet",
        ("silent",),
    ),
    Measure(
        "above_noise_db", "how far it stands above hiss, dB, 60 at most", "lower", 12.5, "noisy", ("silent",)
    ),
    Measure("offset", "distance of the mean from zero, of full scale", "higher", 0.05, "offset from zero"),
    Measure(
        "balance_db",
        "how much louder one channel is, dB, 60 at most",
        "higher",
        20,
        "one channel silent or much quieter",
    ),
    Measure(
        "in_phase",
        "similarity of the channels: 1 mono, 0 unlike, -1 cancelling",
        "lower",
        -0.5,
        "channels cancel each other",
    ),
)
_CLIP = (
    Measure(
        "black", "share of the sampled frames that are black", "higher", 0.499, "black for half of it or more"
    ),
    Measure(
        "motion",
        "largest change between sampled frames in turn, 0 to 1",
        "lower",
        0.3 / 255,
        "nothing moves",
        ("black",),
    ),
    Measure(
        "frozen",
        "share of the samples in which nothing changes for two fifteenths of a second",
        "higher",
        0.499,
        "frozen for half of it or more",
        ("black", "motion"),
    ),
    Measure(
        "shake",
        "how unevenly the camera moves within a fifteenth of a second, share of the diagonal",
        "higher",
        0.01,
        "shaky",
    ),
    Measure("has_sound", "1 with a sound track, 0 without", "lower", 0.5, "no sound track"),
)


def _of_the_track(measure: Measure) -> Measure:
    name, said_by = f"sound_{measure.name}", tuple(f"sound_{other}" for other in measure.said_by)
    return replace(measure, name=name, fault=measure.fault and f"sound {measure.fault}", said_by=said_by)


MEASURES: Mapping[Role, tuple[Measure, ...]] = MappingProxyType(
    {
        Role.IMAGE: _PICTURE,
        Role.AUDIO: _SOUND,
        Role.VIDEO: (*_CLIP, *(_of_the_track(measure) for measure in _SOUND)),
    }
)
"""The scores of each kind of media; those of a clip's sound track begin with `sound_`."""


def find_faults(role: Role, scores: Mapping[str, float]) -> dict[str, str]:
    """Return measure -> what is wrong in a few words; nothing for a good medium."""
    found: dict[str, str] = {}
    for measure in MEASURES.get(role, ()):
        score = scores.get(measure.name)
        if score is not None and measure.is_fault(score) and not found.keys() & set(measure.said_by):
            found[measure.name] = measure.fault.format(score=score)
    return found
