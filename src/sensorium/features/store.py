"""Where features are kept: rows by the content of their media, blocks by the content of their inputs."""

import json
import shutil
import tempfile
from collections.abc import Callable, Mapping
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
from numpy.lib.format import open_memmap

from sensorium.core.arrays import BoolVector, FloatMatrix
from sensorium.core.aside import held, remove_remains
from sensorium.core.block_name import BlockName
from sensorium.core.component import State
from sensorium.core.files import ASIDE, sync, write_text
from sensorium.core.hashing import canonical_json, hash_json
from sensorium.features.block import FeatureBlock
from sensorium.features.file_hashes import FileHashes
from sensorium.features.rows import RowStore

FORMAT = 1


class FeatureStore:
    """A folder of features that never encodes the same thing twice.

    `rows/<spec>/` keeps one row for each medium, by the hash of its bytes, for encoders that do not
    learn; `blocks/<address>/` keeps whole blocks in the order of a catalogue, memory-mapped when read,
    with the fitted encoder that made them; `files.sqlite` remembers the hashes of files.
    """

    def __init__(self, root: Path | str) -> None:
        self.root = Path(root)
        self.root.mkdir(parents=True, exist_ok=True)

    def rows(self, spec: Mapping[str, Any], dimension: int) -> RowStore:
        """Return the rows that an encoder with this `spec` has made."""
        folder = self._rows_folder(spec)
        rows = RowStore(folder, dimension)
        if not (folder / "spec").exists():
            write_text(folder / "dimension", f"{dimension}\n")
            write_text(folder / "spec", canonical_json(dict(spec)) + "\n")
        return rows

    def dimension(self, spec: Mapping[str, Any]) -> int | None:
        """Return the number of columns of the rows kept for `spec`, or None if there are none."""
        try:
            return int((self._rows_folder(spec) / "dimension").read_text(encoding="utf-8"))
        except (OSError, ValueError):
            return None

    def file_hashes(self) -> FileHashes:
        """Return the remembered hashes of files; the caller closes it."""
        return FileHashes(self.root / "files.sqlite")

    def block(self, address: str) -> FeatureBlock | None:
        """Return the block kept at `address` with its values mapped, or None."""
        folder = self._folder(address)
        try:
            manifest: dict[str, Any] = json.loads((folder / "manifest.json").read_text(encoding="utf-8"))
            present = np.load(folder / "present.npy", allow_pickle=False)
            values = np.load(
                folder / "values.npy", mmap_mode="r" if len(present) else None, allow_pickle=False
            )
        except (OSError, EOFError, ValueError, KeyError, TypeError):
            return None
        parts = {str(name): (int(start), int(stop)) for name, (start, stop) in manifest["parts"].items()}
        return FeatureBlock(BlockName(manifest["name"]), values, present, manifest["spec"], parts)

    def encoder_state(self, address: str) -> State | None:
        """Return the learned state of the encoder that made the block at `address`, or None."""
        folder = self._folder(address) / "encoder"
        return State.load(folder) if folder.is_dir() else None

    def failures(self, address: str) -> dict[int, str]:
        """Return the rows of the block at `address` that could not be encoded, with reasons."""
        manifest = json.loads((self._folder(address) / "manifest.json").read_text(encoding="utf-8"))
        return {int(row): str(reason) for row, reason in manifest["failures"].items()}

    def write_block(
        self,
        address: str,
        described: FeatureBlock,
        fill: Callable[[FloatMatrix], None],
        *,
        failures: Mapping[int, str] | None = None,
        state: State | None = None,
    ) -> FeatureBlock:
        """Write a block in one step and return it mapped from disk.

        Parameters
        ----------
        address
            Where: a hash of the spec and of all inputs.
        described
            Name, shape, present rows, spec and parts; of its values only the shape is looked at.
        fill
            Writes the values into the mapped file it is given, zeros until then; until it returns it may
            also settle `described.present`.
        failures
            Row -> reason.
        state
            The learned state of the encoder.
        """
        target = self._folder(address)
        target.parent.mkdir(parents=True, exist_ok=True)
        if target.exists() and self.block(address) is None:  # damaged from outside
            shutil.rmtree(target)
        remove_remains(target.parent, address, ASIDE)
        with held(partial(tempfile.mkdtemp, prefix=f".{address}.", suffix=ASIDE, dir=target.parent)) as aside:
            try:
                self._write_arrays(aside, described.values.shape, described.present, fill)
                if state is not None:
                    state.save(aside / "encoder")
                manifest = {
                    "format": FORMAT,
                    "name": described.name,
                    "shape": list(described.values.shape),
                    "spec": dict(described.spec),
                    "parts": {name: list(columns) for name, columns in described.parts.items()},
                    "failures": {str(row): reason for row, reason in (failures or {}).items()},
                }
                write_text(aside / "manifest.json", json.dumps(manifest, indent=1, sort_keys=True) + "\n")
                self._publish(aside, target)
            finally:
                shutil.rmtree(aside, ignore_errors=True)
        written = self.block(address)
        assert written is not None, "a block just written can be read"  # noqa: S101
        return written

    def keep_only(self, name: str, address: str) -> None:
        """Remove other blocks called `name`, made from earlier states of the catalogue.

        Those of other encoders stay, so that they can be compared. Who has one mapped goes on reading it;
        on disk it is gone.
        """
        kept = self._maker(address)
        for folder in (self.root / "blocks").iterdir():
            if folder.name == address or folder.suffix == ASIDE:
                continue
            if kept is not None and kept[0] == name and self._maker(folder.name) == kept:
                shutil.rmtree(folder, ignore_errors=True)

    def _maker(self, address: str) -> tuple[str, Any, Any] | None:
        """Return the name of the block at `address`, its encoder and config; None if it is not there."""
        try:
            text = (self._folder(address) / "manifest.json").read_text(encoding="utf-8")
        except OSError:
            return None
        manifest: dict[str, Any] = json.loads(text)
        spec = manifest["spec"]
        return manifest["name"], spec.get("encoder"), spec.get("config")

    def _rows_folder(self, spec: Mapping[str, Any]) -> Path:
        return self.root / "rows" / hash_json([FORMAT, dict(spec)])

    def _folder(self, address: str) -> Path:
        return self.root / "blocks" / address

    def _write_arrays(
        self, folder: Path, shape: tuple[int, ...], present: BoolVector, fill: Callable[[FloatMatrix], None]
    ) -> None:
        if 0 in shape:
            np.save(folder / "values.npy", np.zeros(shape, dtype=np.float32))
        else:
            values = open_memmap(folder / "values.npy", mode="w+", dtype=np.float32, shape=shape)
            fill(values)
            values.flush()
        np.save(folder / "present.npy", present)
        sync(folder / "values.npy")
        sync(folder / "present.npy")

    def _publish(self, aside: Path, target: Path) -> None:
        sync(aside)
        aside.chmod(0o755)
        try:
            aside.rename(target)
        except OSError:  # there already: another process was faster, with the same content
            if not (target / "manifest.json").exists():
                raise
        sync(target.parent)
