"""How well built-in encoders tell labelled media apart, beside the plain recipes that everybody writes first.

    python benchmarks/bench_probe.py [--only esc10]

Real recordings (ESC-10), clothing photos, fight clips; every built-in encoder of each kind and some recipes,
on the folds of `sensorium probe`. Peers on the same folds, each with an RBF support vector machine: MFCC and
spectral statistics by librosa; a colour histogram, HOG and LBP; the same of frames. The peers'
columns are brought to spread one, and their machine chooses C within the training folds; in our probe C
is fixed and the width chosen.
"""

import argparse
import io
import warnings
from collections.abc import Callable, Sequence

import cv2
import librosa
import numpy as np
from sklearn.model_selection import GridSearchCV
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.svm import SVC

from real_data import data_folder, write_result
from sensorium.catalog.labels_file import LabeledMedia, read_labels_file
from sensorium.encoders.registry import complete_types
from sensorium.evaluation.separation import Fold, folds_of, stratified
from sensorium.experiments.label_probe import DEALS, FEW, probe_labels
from sensorium.media.video import decode_video

ASKED = {"esc10": 0.82, "clothing-photos": 0.76, "fight-clips": 0.75}
"""What the best built-in encoder is asked to reach."""
RECIPES = {"esc10": (), "clothing-photos": (), "fight-clips": ("clip+motion",)}
"""What is judged beside the encoders one by one."""
GRID = {"svc__C": (1, 10, 100)}
RATE_HZ = 22_050


def main() -> None:
    """Judge encoders and peers, print and keep the numbers."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--only", choices=ASKED, action="append", help="this data set; may be repeated")
    parser.add_argument(
        "--encoder", action="append", default=[], help="also a recipe such as a+b; with --only"
    )
    options = parser.parse_args()
    found: dict[str, object] = {}
    for name in options.only or ASKED:
        file = data_folder(name) / "labels.csv"
        media = read_labels_file(file)
        own = [cls.name for cls in complete_types(media.role)]
        judged = probe_labels(file, encoders=[*own, *RECIPES[name]])
        peer = plain_accuracy(media)
        rows = {row["encoder"]: row for row in judged.to_json()["encoders"]}
        best = max(rows.values(), key=lambda row: row["svm_accuracy"])
        found[name] = {
            "items": len(media),
            "encoders": rows,
            "best": best["encoder"],
            "best_svm_accuracy": best["svm_accuracy"],
            "plain_svm_accuracy": peer,
            "asked": ASKED[name],
        }
        for row in rows.values():
            shares = (row[key] for key in ("precision@10", "knn_accuracy", "linear_accuracy", "svm_accuracy"))
            print(f"{name:16} {row['encoder']:24} {' '.join(f'{share:.3f}' for share in shares)}", flush=True)
        print(f"{name:16} plain, SVM {peer:.3f}; asked {ASKED[name]}; best {best['svm_accuracy']:.3f}")
    if not options.only:
        write_result("probe", found)


def folds_for(media: LabeledMedia) -> list[Fold]:
    """Return the folds on which `probe_labels` judges."""
    if media.fold is not None:
        return folds_of(media.fold)
    deals = DEALS if len(media) < FEW else 1
    return [fold for seed in range(deals) for fold in folds_of(stratified(media.label, seed=seed))]


def plain_accuracy(media: LabeledMedia) -> float:
    """Return the share of media that a plain recipe with an RBF support vector machine gets right."""
    plain: dict[str, Callable[[bytes], np.ndarray]] = {
        "audio": plain_sound,
        "image": plain_picture,
        "video": plain_clip,
    }
    rows = np.stack([plain[media.role.value](ref.read()) for ref in media.refs])
    right = judged = 0
    for train, test in folds_for(media):
        machine = GridSearchCV(make_pipeline(StandardScaler(), SVC()), GRID, cv=3)
        machine.fit(rows[train], media.label[train])
        right += int((machine.predict(rows[test]) == media.label[test]).sum())
        judged += len(test)
    return right / judged


def plain_sound(content: bytes) -> np.ndarray:
    """Return mean and spread of 20 MFCC and of spectral features over the recording."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        samples, rate = librosa.load(io.BytesIO(content), sr=RATE_HZ)
        tracks = [
            librosa.feature.mfcc(y=samples, sr=rate, n_mfcc=20),
            librosa.feature.spectral_centroid(y=samples, sr=rate),
            librosa.feature.spectral_bandwidth(y=samples, sr=rate),
            librosa.feature.spectral_rolloff(y=samples, sr=rate),
            librosa.feature.spectral_contrast(y=samples, sr=rate),
            librosa.feature.zero_crossing_rate(samples),
        ]
    return np.concatenate([part for track in tracks for part in (track.mean(axis=1), track.std(axis=1))])


def plain_picture(content: bytes) -> np.ndarray:
    """Return a colour histogram, HOG and LBP of a picture."""
    return plain_pixels(cv2.imdecode(np.frombuffer(content, np.uint8), cv2.IMREAD_COLOR))


def plain_clip(content: bytes) -> np.ndarray:
    """Return mean and spread over twelve frames of what is told of pictures, and of their differences."""
    frames = decode_video(content, where="", n_frames=12).frames
    bgr = [cv2.cvtColor(np.asarray(frame), cv2.COLOR_RGB2BGR) for frame in frames]
    rows = np.stack([plain_pixels(frame) for frame in bgr])
    small = np.stack([cv2.resize(frame, (64, 64)).astype(np.float32) for frame in bgr])
    change = np.abs(np.diff(small, axis=0)).mean(axis=(1, 2, 3))
    return np.concatenate([rows.mean(axis=0), rows.std(axis=0), [change.mean(), change.std(), change.max()]])


def plain_pixels(bgr: np.ndarray) -> np.ndarray:
    """Return 8 x 8 x 8 colours, HOG of 64 x 64 pixels, and 256 local binary patterns."""
    square = cv2.resize(bgr, (64, 64), interpolation=cv2.INTER_AREA)
    colours = cv2.calcHist([square], [0, 1, 2], None, [8] * 3, [0, 256] * 3).ravel() / square[..., 0].size
    grey = cv2.cvtColor(square, cv2.COLOR_BGR2GRAY)
    return np.concatenate([np.sqrt(colours), oriented_gradients(grey), np.sqrt(binary_patterns(grey))])


def oriented_gradients(grey: np.ndarray) -> np.ndarray:
    """Return HOG (Dalal and Triggs 2005): 9 directions in cells of 8 x 8 pixels, in blocks of 2 x 2 cells."""
    down, right = np.gradient(grey.astype(np.float64))
    strength = np.hypot(down, right)
    direction = (np.arctan2(down, right) % np.pi / np.pi * 9).astype(int) % 9
    n_cells = len(grey) // 8
    cell = np.arange(len(grey)) // 8
    place = (cell[:, None] * n_cells + cell[None, :]) * 9 + direction
    cells = np.bincount(place.ravel(), strength.ravel(), n_cells * n_cells * 9).reshape(n_cells, n_cells, 9)
    blocks = np.concatenate([cells[:-1, :-1], cells[:-1, 1:], cells[1:, :-1], cells[1:, 1:]], axis=2)
    blocks /= np.linalg.norm(blocks, axis=2, keepdims=True) + 1e-6
    return (np.minimum(blocks, 0.2) / (np.linalg.norm(blocks, axis=2, keepdims=True) + 1e-6)).ravel()


def binary_patterns(grey: np.ndarray) -> np.ndarray:
    """Return the shares of the 256 local binary patterns of the eight nearest pixels."""
    middle = grey[1:-1, 1:-1]
    around: Sequence[tuple[int, int]] = [(0, 0), (0, 1), (0, 2), (1, 2), (2, 2), (2, 1), (2, 0), (1, 0)]
    height, width = middle.shape
    codes = np.zeros(middle.shape, dtype=np.uint8)
    for bit, (y, x) in enumerate(around):
        codes |= (grey[y : y + height, x : x + width] >= middle).astype(np.uint8) << bit
    return np.bincount(codes.ravel(), minlength=256) / codes.size


if __name__ == "__main__":
    main()
