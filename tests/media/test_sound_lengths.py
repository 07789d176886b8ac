"""All of a recording is heard, whatever its header says of its length and whatever stands in front of it."""

import io
import struct
from functools import cache

import numpy as np
import pytest
import soundfile
from tests.media.clips import film
from tests.media.recordings import by_av

from sensorium.core.errors import MediaError
from sensorium.encoders.audio.sound import Sound
from sensorium.media.audio import decode_audio
from sensorium.media.audio_stretches import decode_recording
from sensorium.media.quality.stereo import front_pair
from sensorium.media.sniff import sniff_format

RATE_HZ = 24_000
PITCHES_HZ = (300, 400, 500, 600, 700, 800)
SECTION_S = 2
LENGTH_S = len(PITCHES_HZ) * SECTION_S


def sections(rate_hz=RATE_HZ):
    """One pitch after the other; every other one hardly to be heard, so that a variable rate varies."""
    time_s = np.arange(SECTION_S * rate_hz) / rate_hz
    rng = np.random.default_rng(0)
    pieces = []
    for index, hz in enumerate(PITCHES_HZ):
        noise = rng.normal(0, 0.08 if index % 2 else 0.0001, len(time_s))
        pieces.append(0.4 * np.sin(2 * np.pi * hz * time_s) + noise)
    return np.concatenate(pieces).astype(np.float32)


def by_soundfile(kind, samples=None, **options):
    file = io.BytesIO()
    soundfile.write(file, sections() if samples is None else samples, RATE_HZ, format=kind, **options)
    return file.getvalue()


def patched(content, place, form, *values):
    packed = struct.pack(form, *values)
    return content[:place] + packed + content[place + len(packed) :]


def wav(size, whole=None, tail=b""):
    content = by_soundfile("WAV", subtype="PCM_16")
    content = patched(content, content.find(b"data") + 4, "<I", size)
    return (content if whole is None else patched(content, 4, "<I", whole)) + tail


def aiff(size, n_frames, whole=None, subtype="PCM_16"):
    content = by_soundfile("AIFF", subtype=subtype)
    content = patched(content, content.find(b"SSND") + 4, ">I", size)
    content = patched(content, content.find(b"COMM") + 10, ">I", n_frames)
    return content if whole is None else patched(content, 4, ">I", whole)


def flac_without_length():
    content = bytearray(by_soundfile("FLAC"))
    content[21] &= 0xF0
    content[22:26] = bytes(4)
    return bytes(content)


def caf(size):
    content = by_soundfile("CAF", subtype="PCM_16")
    return patched(content, content.find(b"data") + 4, ">q", size)


@cache
def mp3(bits="vbr", xing="0"):
    options = {"q": "2"} if bits == "vbr" else {"b": "64000"}
    return by_av(sections(), "mp3", "libmp3lame", RATE_HZ, options=options, container={"write_xing": xing})


def adts():
    return by_av(sections(), "adts", "aac", RATE_HZ)


def id3(size=3000):
    digits = [size >> shift & 0x7F for shift in (21, 14, 7, 0)]
    return b"ID3\x03\x00\x00" + bytes(digits) + b"\x55" * size


JUNK = np.random.default_rng(1).bytes(1000)
N_BYTES = 2 * RATE_HZ * LENGTH_S
FILES = {
    "wav of size 0": lambda: wav(0, 0),
    "wav of size 0 in a whole of its own": lambda: wav(0),
    "wav of the largest size": lambda: wav(0xFFFFFFFF, 0xFFFFFFFF),
    "wav of sox": lambda: wav(0x7FFFF000, 0x7FFFF024),
    "wav of a size too small": lambda: wav(20_000),
    "wav with tags behind": lambda: wav(N_BYTES, tail=b"LIST\x04\x00\x00\x00INFO"),
    "wav of size 0 and floats": lambda: wav_of_floats(),
    "aiff of size 0": lambda: aiff(0, 0, 0),
    "aiff of no frames": lambda: aiff(N_BYTES + 8, 0),
    "aiff of the largest size": lambda: aiff(0xFFFFFFFF, 0xFFFFFFFF, 0xFFFFFFFF),
    "aiff of a size too small": lambda: aiff(20_008, 10_000),
    "aiff of 24 bits and size 0": lambda: aiff(0, 0, 0, "PCM_24"),
    "flac without length": flac_without_length,
    "flac after tags": lambda: id3() + by_soundfile("FLAC"),
    "au without length": lambda: patched(by_soundfile("AU", subtype="PCM_16"), 8, ">I", 0xFFFFFFFF),
    "au of size 0": lambda: patched(by_soundfile("AU", subtype="PCM_16"), 8, ">I", 0),
    "caf without length": lambda: caf(-1),
    "mp3": lambda: mp3("cbr", "1"),
    "mp3 of variable rate": lambda: mp3("vbr", "1"),
    "mp3 of variable rate without its frame": mp3,
    "mp3 after tags": lambda: id3() + mp3(),
    "mp3 after tags twice": lambda: id3(300) + id3(40_000) + mp3(),
    "mp3 after tags and zeros": lambda: id3() + bytes(5000) + mp3(),
    "mp3 after junk": lambda: JUNK + mp3(),
    "mp3 after tags and junk": lambda: id3() + JUNK + mp3("cbr", "1"),
    "mp3 after zeros": lambda: bytes(2000) + mp3(),
    "mp3 after words": lambda: b"HTTP/1.0 200 OK\r\nicy-name: radio\r\n\r\n" + mp3("cbr"),
    "mp3 cut off in front": lambda: mp3()[777:],
    "mp3 before tags": lambda: mp3() + b"TAG" + bytes(125),
    "aac": adts,
    "aac after tags": lambda: id3() + adts(),
    "aac after junk": lambda: JUNK + adts(),
    "webm without length": lambda: by_av(
        sections(48_000), "webm", "libopus", 48_000, container={"live": "1"}, seekable=False
    ),
    "m4a in fragments": lambda: by_av(
        sections(), "mp4", "aac", RATE_HZ, container={"movflags": "frag_keyframe+empty_moov"}
    ),
    "mka that begins late": lambda: by_av(sections(48_000), "matroska", "libopus", 48_000, begins_s=8.0),
    "webm that begins very late": lambda: by_av(sections(48_000), "webm", "libopus", 48_000, begins_s=3000.0),
    "ts that begins late": lambda: by_av(sections(), "mpegts", "aac", RATE_HZ, begins_s=100.0),
}


def wav_of_floats():
    content = by_soundfile("WAV", subtype="FLOAT")
    return patched(content, content.find(b"data") + 4, "<I", 0)


def pitches_hz(pieces, rate_hz):
    found = []
    for piece in pieces:
        spectrum = np.abs(np.fft.rfft(piece * np.hanning(len(piece))))
        found.append(spectrum.argmax() * rate_hz / len(piece))
    return found


@pytest.mark.parametrize("name", FILES)
def test_the_whole_recording_is_heard(name):
    content = FILES[name]()
    samples, rate_hz = decode_audio(content, where="a")
    assert len(samples) / rate_hz == pytest.approx(LENGTH_S, abs=0.2)
    section = len(samples) // 6
    middles = [samples[k * section + section // 4 :][: section // 2] for k in range(6)]
    np.testing.assert_allclose(pitches_hz(middles, rate_hz), PITCHES_HZ, atol=6)


@pytest.mark.parametrize("name", FILES)
def test_stretches_come_from_all_over_it(name):
    recording = decode_recording(FILES[name](), where="a", n_stretches=6, stretch_s=0.5)
    assert recording.duration_s == pytest.approx(LENGTH_S, abs=0.2)
    heard = pitches_hz(recording.stretches, recording.sample_rate_hz)
    np.testing.assert_allclose(heard, PITCHES_HZ, atol=6)


@pytest.mark.parametrize("name", FILES)
def test_its_channels_are_counted(name):
    assert front_pair(FILES[name](), 3.0) is None, "it has one"


def test_files_of_one_recording_have_one_row():
    names = ["wav with tags behind", "wav of size 0", "aiff of size 0", "flac without length"]
    rows = Sound().encode_batch([FILES[name]() for name in names]).values
    beginning = Sound().encode_batch([by_soundfile("WAV", sections()[: 4 * RATE_HZ])]).values[0]
    np.testing.assert_array_equal(rows[0], rows[1])
    np.testing.assert_allclose(rows[0], rows[2], atol=1e-4)
    assert np.linalg.norm(rows[0] - rows[3]) < 0.1 * np.linalg.norm(rows[0] - beginning)


def test_both_channels_of_a_stream_are_judged():
    stereo = np.stack([sections(), 0.1 * sections()], axis=1)
    content = by_soundfile("WAV", stereo, subtype="PCM_16")
    pair = front_pair(patched(content, content.find(b"data") + 4, "<I", 0), 5.0)
    assert len(pair) == pytest.approx(5 * RATE_HZ, abs=2048)


@pytest.mark.parametrize(
    "make",
    [
        lambda: 2 * mp3("cbr", "1"),
        lambda: 2 * mp3(),
        lambda: 2 * by_av(sections(48_000), "ogg", "libopus", 48_000),
        lambda: 2 * adts(),
    ],
    ids=["mp3", "mp3 of variable rate", "ogg", "aac"],
)
def test_recordings_put_together_are_heard_one_after_the_other(make):
    content = make()
    samples, rate_hz = decode_audio(content, where="a")
    assert len(samples) / rate_hz == pytest.approx(2 * LENGTH_S, abs=0.4)
    recording = decode_recording(content, where="a", n_stretches=12, stretch_s=0.5)
    assert recording.duration_s == pytest.approx(2 * LENGTH_S, abs=0.4)
    heard = pitches_hz(recording.stretches, recording.sample_rate_hz)
    np.testing.assert_allclose(heard, 2 * PITCHES_HZ, atol=6)


def test_the_sound_of_a_film_that_begins_late_is_heard_whole():
    grey = np.full((48, 64, 3), 90, dtype=np.uint8)
    content = film(
        [grey] * 60,
        [8 + 0.2 * index for index in range(60)],
        container_format="matroska",
        sound=(sections(), RATE_HZ),
    )
    recording = decode_recording(content, where="a", n_stretches=6, stretch_s=0.5)
    assert recording.duration_s == pytest.approx(LENGTH_S, abs=0.2)
    np.testing.assert_allclose(pitches_hz(recording.stretches, recording.sample_rate_hz), PITCHES_HZ, atol=6)


def test_of_a_flac_file_cut_short_all_that_is_there_is_heard_evenly():
    content = by_soundfile("FLAC", np.random.default_rng(0).normal(0, 0.1, RATE_HZ * 24).astype(np.float32))
    recording = decode_recording(content[: len(content) // 2], where="a", n_stretches=6, stretch_s=0.5)
    assert recording.duration_s == pytest.approx(12, abs=0.3)
    assert len(recording.stretches) == 6


@pytest.mark.parametrize(
    ("content", "name"),
    [
        (b"words " * 20_000, None),
        (JUNK * 200, None),
        (bytes(100_000), None),
        (b"\xff" * 100_000, None),
        (b"\x89PNG\r\n\x1a\n" + mp3(), "png"),
        (id3() + b"\xff\xd8" * 50, "mp3"),
        (b"\x00\x00\x00\x00G" + (bytes(187) + b"\x00\x00\x00\x00G") * 3, "ts"),
    ],
)
def test_what_is_no_sound_is_not_taken_for_it(content, name):
    kind = sniff_format(content)
    assert (None if kind is None else kind.name) == name


def test_a_wav_without_samples_is_still_without_sound():
    for tail in (b"", b"LIST\x04\x00\x00\x00INFO"):
        with pytest.raises(MediaError, match="no sound in it"):
            decode_audio(by_soundfile("WAV", sections()[:0]) + tail, where="a")
