"""What every encoder has to pass; a new one is enrolled in four lines.

class TestMine(EncoderContract):
    encoder = Mine
"""

import itertools
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any, ClassVar

import numpy as np
import pytest

from sensorium.core.arrays import BoolVector, FloatMatrix
from sensorium.core.block_name import BlockName
from sensorium.core.component import State, find_by_name
from sensorium.core.errors import MediaError, NotReadyError
from sensorium.core.hashing import canonical_json
from sensorium.core.roles import Role
from sensorium.encoders.base import Encoded, Encoder
from sensorium.encoders.choice import encoder_for
from sensorium.encoders.registry import encoder_types
from sensorium.features.block import FeatureBlock
from sensorium.features.scaling import Scaling
from sensorium.media.quiet_decoders import quiet_decoders
from sensorium.testing.component_checks import check_constructor, check_copies
from sensorium.testing.two_colour_media import (
    WORDS,
    red_or_blue_clip,
    red_or_blue_picture,
    red_or_blue_sound,
)

N_EACH = 8
"""Inputs of each of the two tastes."""
BROKEN: tuple[bytes, ...] = (
    b"",
    b"\x00" * 64,
    b"\xff\xd8\xff\xe0 no picture",
    b"RIFF\x10\x00\x00\x00WAVEfmt ",
)
"""Media that no decoder can read."""


def words_of_taste(taste: int, rng: np.random.Generator) -> str:
    """Return five words said of one taste."""
    return " ".join(rng.choice(WORDS[taste], size=5, replace=False))


def labels_of_taste(taste: int, rng: np.random.Generator) -> tuple[str, ...]:
    """Return the colour, its warmth, and a label that says nothing."""
    return (("red", "blue")[taste], ("warm", "cold")[taste], f"shelf {rng.integers(3)}")


def number_of_taste(taste: int, rng: np.random.Generator) -> float:
    """Return a year: around 1960 or around 2010."""
    return float(rng.normal((1960, 2010)[taste], 5))


MAKERS: Mapping[Role, Callable[[int, np.random.Generator], Any]] = {
    Role.TEXT: words_of_taste,
    Role.IMAGE: red_or_blue_picture,
    Role.AUDIO: red_or_blue_sound,
    Role.VIDEO: red_or_blue_clip,
    Role.CATEGORY: labels_of_taste,
    Role.NUMBER: number_of_taste,
}
"""What makes an input of one of two tastes, by modality."""


class EncoderContract:
    """The suite; a subclass names its encoder, and a config if the defaults do not do."""

    encoder: ClassVar[type[Encoder[Any, Any]]]
    config: ClassVar[Mapping[str, Any]] = {}

    def made(self) -> Encoder[Any, Any]:
        """Return a new, unfitted encoder."""
        return self.encoder(self.encoder.config_type.parse(dict(self.config), where="contract"))

    def inputs(self, seed: int = 0) -> list[Any]:
        """Return red and blue inputs in turn."""
        rng = np.random.default_rng(seed)
        make = MAKERS[self.encoder.traits.modality]
        return [make(index % 2, rng) for index in range(2 * N_EACH)]

    def fitted(self) -> Encoder[Any, Any]:
        """Return an encoder that has learned from `inputs`."""
        return self.made().fit(self.inputs())

    def test_rows_are_finite_float32_of_the_declared_dimension(self) -> None:
        """Every good input gets a row that is not zero."""
        encoder = self.fitted()
        encoded = encoder.encode_batch(self.inputs())
        assert encoded.values.dtype == np.float32
        assert encoded.values.shape == (2 * N_EACH, encoder.dimension)
        assert np.isfinite(encoded.values).all()
        assert not encoded.failures
        assert encoded.values.any(axis=1).all()

    def test_the_same_input_gives_the_same_row_in_every_run(self) -> None:
        """Two encoders of one config agree to the last bit."""
        first, second = (self.fitted().encode_batch(self.inputs()).values for _ in range(2))
        np.testing.assert_array_equal(first, second)

    def test_a_batch_equals_its_members_one_by_one(self) -> None:
        """A row does not depend on its neighbours."""
        encoder = self.fitted()
        inputs = self.inputs()[:4]
        singles = np.concatenate([encoder.encode_batch([given]).values for given in inputs])
        np.testing.assert_allclose(encoder.encode_batch(inputs).values, singles, rtol=1e-5, atol=1e-5)

    def test_encode_gives_the_rows_and_nothing_beside_them(self) -> None:
        """What lies at hand becomes an array."""
        encoder, inputs = self.fitted(), self.inputs()[:3]
        rows = encoder.encode([*inputs, None])
        np.testing.assert_array_equal(rows, encoder.encode_batch([*inputs, None]).values)
        assert rows.dtype == np.float32
        assert encoder.encode([]).shape == (0, encoder.dimension)

    def test_files_are_read_by_their_paths(self, tmp_path: Path) -> None:
        """To learn from, and to encode."""
        if not self.encoder.traits.modality.is_media:
            return
        inputs = self.inputs()
        paths = [tmp_path / f"{number}.bin" for number in range(len(inputs))]
        for path, content in zip(paths, inputs, strict=True):
            path.write_bytes(content)
        told = self.made().fit(paths)
        np.testing.assert_array_equal(
            told.encode([paths[0], str(paths[1])]), self.fitted().encode(inputs[:2])
        )

    def test_an_input_that_cannot_be_read_is_named_with_the_reason(self, tmp_path: Path) -> None:
        """Unlike a batch, which goes on without it."""
        encoder, good = self.fitted(), self.inputs()[0]
        if not self.encoder.traits.modality.is_media:
            with pytest.raises(MediaError, match=r"input 1 .*: is a object, not"):
                encoder.encode([good, object()])
            return
        with quiet_decoders(), pytest.raises(MediaError, match="input 1: "):
            encoder.encode([good, BROKEN[1]])
        with pytest.raises(MediaError, match=r"input 1 \(.*nothing.bin\): file not found"):
            encoder.encode([good, tmp_path / "nothing.bin"])

    def test_one_that_learns_says_so_before_it_is_fitted(self) -> None:
        """Others are ready at once."""
        encoder = self.made()
        if encoder.is_fitted:
            return
        with pytest.raises(NotReadyError, match=r"has not been fitted. Call fit\(...\) first"):
            encoder.encode(self.inputs()[:1])

    def test_parts_cover_all_columns_once(self) -> None:
        """Named parts follow one another from the first column to the last."""
        encoder = self.fitted()
        ranges = sorted(encoder.parts.values())
        assert ranges[0][0] == 0
        assert ranges[-1][1] == encoder.dimension
        assert all(stop == start for (_, stop), (start, _) in itertools.pairwise(ranges))

    def test_none_is_a_row_of_zeros_and_no_failure(self) -> None:
        """What an item lacks is unknown, not broken."""
        encoder = self.fitted()
        encoded = encoder.encode_batch([None, self.inputs()[0], None])
        assert not encoded.failures
        assert not encoded.values[[0, 2]].any()
        assert encoded.values[1].any()

    def test_an_empty_batch_gives_no_rows(self) -> None:
        """Nothing in, nothing out."""
        encoder = self.fitted()
        assert encoder.encode_batch([]).values.shape == (0, encoder.dimension)

    def test_a_broken_medium_is_a_failure_with_a_reason(self) -> None:
        """The others of the batch get the rows they would have got."""
        if not self.encoder.traits.modality.is_media:
            return
        encoder, good = self.fitted(), self.inputs()[0]
        broken = [*BROKEN, good[:40]]
        with quiet_decoders():
            encoded = encoder.encode_batch([good, *broken, good])
        assert set(encoded.failures) == set(range(1, len(broken) + 1))
        assert all(0 < len(reason) < 80 for reason in encoded.failures.values())
        assert not encoded.values[1:-1].any()
        np.testing.assert_array_equal(encoded.values[[0, -1]], encoder.encode_batch([good, good]).values)

    def test_the_spec_is_canonical_json_and_tells_configs_apart(self) -> None:
        """The address of features is made of it."""
        encoder = self.made()
        assert canonical_json(encoder.spec()) == canonical_json(self.made().spec())
        assert encoder.spec()["encoder"] == self.encoder.first_name()
        assert encoder.spec()["config"] == encoder.config.model_dump(mode="json")

    def test_it_is_found_by_its_name_and_its_former_ones(self) -> None:
        """Settings, bundles and recipes name it."""
        for name in (self.encoder.name, *self.encoder.former_names):
            assert find_by_name(name, [*encoder_types(), self.encoder]) is self.encoder

    def test_it_is_chosen_as_it_declares(self) -> None:
        """By its name alone, by an engine and a model, or as several members."""
        encoder, traits = self.made(), self.encoder.traits
        assert not (traits.engine and traits.joins_members)
        assert (encoder.as_recipe is encoder) == traits.joins_members
        if traits.engine:
            assert self.encoder.choice() == f"{traits.engine}:MODEL"
            assert encoder.title.startswith(f"{traits.engine}:")
        elif traits.is_complete:
            assert self.encoder.choice() == encoder.title == self.encoder.name
            assert not self.encoder().settings_beside_title()
        assert traits.is_complete or not traits.is_default
        encoder.check()

    def test_its_title_chooses_it(self) -> None:
        """Written under `[encoders]`, the title gives the same encoder, unless it was set otherwise."""
        encoder = self.made()
        if encoder.settings_beside_title() or encoder.traits.joins_members:
            return
        again = encoder_for(encoder.traits.modality, encoder.title, where="contract")
        assert again.spec() == encoder.spec()

    def test_it_learns_if_it_says_so(self) -> None:
        """What does not learn is ready at once, and others of its kind change no row."""
        assert self.encoder.traits.learns == bool(self.encoder.learned_attributes())
        if not self.encoder.traits.learns:
            before = self.made().encode_batch(self.inputs()[:2]).values
            np.testing.assert_array_equal(self.fitted().encode_batch(self.inputs()[:2]).values, before)

    def test_its_query_modalities_hold_its_own(self) -> None:
        """An item is found by one of its own kind."""
        encoder = self.fitted()
        own = encoder.traits.modality
        assert own in encoder.query_modalities
        assert encoder.encode_query(self.inputs()[:1], own).values.shape == (1, encoder.dimension)

    def test_two_threads_may_encode_at_once_in_this_process(self) -> None:
        """What runs here and not in processes of its own is called so."""
        if not self.encoder.traits.in_process:
            return
        encoder, inputs = self.fitted(), self.inputs()
        expected = encoder.encode_batch(inputs).values
        with ThreadPoolExecutor(2) as threads:
            for encoded in threads.map(encoder.encode_batch, [inputs] * 4):
                np.testing.assert_allclose(encoded.values, expected, rtol=1e-5, atol=1e-6)

    def test_restored_from_its_saved_state_it_gives_the_same_rows(self, tmp_path: Any) -> None:
        """Arrays and JSON hold all that was learned."""
        encoder, others = self.fitted(), self.inputs(seed=1)
        encoder.state().save(tmp_path)
        restored = self.made().restore(State.load(tmp_path))
        np.testing.assert_array_equal(
            restored.encode_batch(others).values, encoder.encode_batch(others).values
        )

    def test_a_copy_and_what_is_pickled_give_the_same_rows(self) -> None:
        """So that it can be sent to other processes."""
        check_copies(self.fitted(), lambda twin: twin.encode(self.inputs()[:2]))

    def test_its_settings_are_keywords_and_others_are_refused(self) -> None:
        """Shown with types and defaults, and documented."""
        check_constructor(self.made())

    def test_the_same_taste_is_nearer_than_the_other(self) -> None:
        """On unseen inputs of two tastes, nearest neighbours share the taste."""
        encoder, inputs = self.fitted(), self.inputs(seed=2)
        rows = self._scaled(encoder, inputs, encoder.encode_batch(inputs))
        likeness = rows @ rows.T
        np.fill_diagonal(likeness, -np.inf)
        taste = np.arange(len(inputs)) % 2
        agreement = float((taste[likeness.argmax(axis=1)] == taste).mean())
        assert agreement >= 0.9, f"only {agreement:.0%} of nearest neighbours share the taste"

    def _scaled(self, encoder: Encoder[Any, Any], inputs: Sequence[Any], encoded: Encoded) -> FloatMatrix:
        present: BoolVector = np.ones(len(inputs), dtype=np.bool_)
        name = f"{encoder.traits.modality.value}:contract"
        block = FeatureBlock(BlockName(name), encoded.values, present, encoder.spec(), dict(encoder.parts))
        return Scaling.fit(block).scaled(block).values
