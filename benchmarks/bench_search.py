"""Whether a search knows what it does not know: words that the catalogue holds or not, photos of its kind.

    python benchmarks/bench_search.py [--items 50000]

Words: 200 questions that MovieLens' films answer and 200 that they do not. Those that it holds are titles of
films, people, genres with a year, and three words of a plot that no other film says together; one is answered
rightly if its first item (for titles and plots: one of its first three) is what was asked for. Those that it
does not hold are words of tweets and of product reviews, pairs of them, and people who are in no film of the
catalogue; no word of the catalogue begins alike. They are answered rightly if nothing is said to be close.

Photos: a catalogue of 1,200 photos of clothing, asked with 336 others, with 400 film posters and with 200
drawn pictures: the area under the curve of the best score.

Stated preferences: 340 users of MovieLens of whom nothing is learnt are asked for the two genres of their
first five films; NDCG@20 on all their other films, and the share of the first ten with one of the genres, by
`steer`.

Time: one search by words in a generated catalogue of `--items` items.
"""

import argparse
import csv
import io
import re
import statistics
import tempfile
import time
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path

import numpy as np
import polars as pl
from PIL import Image, ImageDraw

import sensorium as sn
from real_data import data_folder, write_result
from sensorium.core.errors import DataError
from sensorium.encoders.text.plain_text import plain_text

N_TITLES, N_PEOPLE, N_GENRES, N_PLOTS = 50, 50, 40, 60
N_WORDS, N_PAIRS = 100, 60
FIRST = 3
N_PHOTOS, N_POSTERS, N_DRAWN = 1_200, 400, 200
N_USERS = 340
PEOPLE = """
Greta Gerwig, Bong Joon-ho, Timothée Chalamet, Zendaya Coleman, Margot Robbie, Ryusuke Hamaguchi,
Saoirse Ronan, Barry Keoghan, Yorgos Lanthimos, Denis Villeneuve, Taika Waititi, Chloé Zhao, Rami Malek,
Lupita Nyong'o, Domhnall Gleeson, Adèle Exarchopoulos, Céline Sciamma, Mahershala Ali, Dev Patel, Riz
Ahmed, Awkwafina Lum, Daniel Kaluuya, LaKeith Stanfield, Anya Taylor-Joy, Florence Pugh, Jodie Comer,
Hoyeon Jung, Lashana Lynch, Kumail Nanjiani, Mindy Kaling, Ncuti Gatwa, Hayao Miyazaki, Ryan Coogler,
Jordan Peele, Alfonso Cuarón, Alejandro Iñárritu, Emerald Fennell, Ruben Östlund, Joachim Trier, Hlynur
Pálmason, Benedict Cumberbatch, Tilda Swinton, Idris Elba, Chiwetel Ejiofor, Phoebe Waller-Bridge,
Kristen Wiig, Tiffany Haddish, Ke Huy Quan, Hailee Steinfeld, Jenna Ortega, Pedro Pascal, Oscar Isaac,
Gal Gadot, Zazie Beetz, Viola Davis, Jharrel Jerome
"""


def main() -> None:
    """Measure, print and keep the numbers."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--items", type=int, default=50_000)
    parser.add_argument("--out", default="search")
    asked = parser.parse_args()
    result: dict[str, object] = {"words": words(), "photos": photos(), "stated": stated_preferences()}
    if asked.items:
        result["milliseconds"] = milliseconds(asked.items)
    print(result)
    write_result(asked.out, result)


def words() -> dict[str, float]:
    """Return which share of the questions of each kind is answered rightly."""
    folder = data_folder("movielens-100k")
    frame = pl.read_csv(folder / "items.csv", infer_schema_length=None)
    items = sn.Catalog.from_frame(
        frame,
        text=["title", "plot", "director", "actors"],
        category=["genres", "language"],
        number=["year"],
    )
    events = sn.Events.from_file(folder / "events.csv", items=items.items)
    model = sn.fit(items, events, model="popularity", seconds=1)
    rng = np.random.default_rng(0)
    held: dict[str, list[bool]] = {}
    for kind, words_asked, right, first in questions(frame, rng):
        held.setdefault(kind, []).append(any(item in right for item in shown(model, words_asked)[:first]))
    absent = {kind: [not shown(model, each) for each in asked] for kind, asked in unheld(frame, rng).items()}
    shares: dict[str, float] = {}
    for name, group in (("held", held), ("not held", absent)):
        every = [one for each in group.values() for one in each]
        assert len(every) == 200, (name, len(every))
        shares[name] = float(np.mean(every))
        shares |= {f"{name}: {kind}": float(np.mean(each)) for kind, each in group.items()}
    return {name: round(share, 3) for name, share in shares.items()}


def shown(model: sn.FittedModel, text: str) -> list[str]:
    """Return the items that are said to match, the best first; none where nothing is said to."""
    try:
        answer = model.search(text=text, k=10)
    except DataError:
        return []
    return [] if getattr(answer, "nothing_close", False) else [str(item) for item in answer.item_ids]


def questions(frame: pl.DataFrame, rng: np.random.Generator) -> Iterator[tuple[str, str, set[str], int]]:
    """Yield kind, question, which items are right, and how many of the first are looked at."""
    rows = frame.with_columns(pl.col("item_id").cast(pl.String)).to_dicts()
    order = [rows[index] for index in rng.permutation(len(rows))]
    for row in order[:N_TITLES]:
        alike = {each["item_id"] for each in rows if each["title"] == row["title"]}
        yield "titles", row["title"], alike, FIRST
    people = sorted({name for row in rows for column in ("director", "actors")
                     for name in (row[column] or "").split(", ") if " " in name})  # fmt: skip
    for name in rng.choice(people, N_PEOPLE, replace=False).tolist():
        theirs = {row["item_id"] for row in rows if name in f"{row['director']}, {row['actors']}"}
        yield "people", name, theirs, 1
    for row in order[N_TITLES : N_TITLES + N_GENRES]:
        genre = (row["genres"] or "Drama").split("|")[0]
        wanted = {each["item_id"] for each in rows
                  if genre in (each["genres"] or "").split("|") and each["year"] == row["year"]}  # fmt: skip
        yield "genres and years", f"{genre} {row['year']}", wanted, 1
    yield from plot_questions(order, rng)


def plot_questions(
    rows: Sequence[dict[str, str]], rng: np.random.Generator
) -> Iterator[tuple[str, str, set[str], int]]:
    """Yield three words of a plot that no other film says together."""
    said = [words_of(" ".join(str(row[name] or "") for name in row if name != "poster")) for row in rows]
    spread: dict[str, int] = {}
    for each in said:
        for word in each:
            spread[word] = spread.get(word, 0) + 1
    n = 0
    for row in rows:
        rare = sorted(word for word in words_of(row["plot"] or "") if len(word) > 3 and spread[word] <= 30)
        if len(rare) < 3:
            continue
        chosen = set(rng.choice(rare, 3, replace=False).tolist())
        if sum(chosen <= each for each in said) == 1:
            yield "plots", " ".join(sorted(chosen)), {row["item_id"]}, FIRST
            n += 1
        if n == N_PLOTS:
            return


def words_of(text: str) -> set[str]:
    """Return the words of `text`, caseless and without accents."""
    return set(re.findall(r"\w+", plain_text(text)))


def unheld(frame: pl.DataFrame, rng: np.random.Generator) -> dict[str, list[str]]:
    """Return questions by kind of which no word of the catalogue begins as one of theirs does."""
    said = words_of(" ".join(str(value) for row in frame.drop("poster").rows() for value in row))
    begins = {word[:n] for word in said for n in range(1, len(word) + 1)}

    def absent(word: str) -> bool:
        return word[: max(4, len(word) - 3)] not in begins

    tables = [pl.read_csv(data_folder("sentiment-en") / f"{name}.csv") for name in ("tweets", "products")]
    texts = [text for table in tables for text in table["text"].to_list()]
    usual = {word for text in texts for word in re.findall(r"\b[a-z]{5,12}\b", text)}
    strange = rng.permutation(sorted(filter(absent, usual))).tolist()
    people = [name.strip() for name in PEOPLE.split(",") if all(map(absent, words_of(name)))]
    n_pairs = N_PAIRS + 40 - min(40, len(people))
    taken = strange[N_WORDS : N_WORDS + 2 * n_pairs]
    pairs = [" ".join(pair) for pair in zip(taken[::2], taken[1::2], strict=True)]
    return {"words": strange[:N_WORDS], "pairs": pairs, "people": people[:40]}


def photos() -> dict[str, float]:
    """Return the area under the curve of the best score, photos of clothing against other pictures."""
    from sklearn.metrics import roc_auc_score

    folder = data_folder("clothing-photos")
    with (folder / "labels.csv").open(encoding="utf-8") as file:
        files = [folder / row["file"] for row in csv.DictReader(file)]
    files = [files[index] for index in np.random.default_rng(0).permutation(len(files))]
    frame = pl.DataFrame({"item_id": [file.stem for file in files[:N_PHOTOS]],
                          "photo": [str(file) for file in files[:N_PHOTOS]]})  # fmt: skip
    items = sn.Catalog.from_frame(frame, image=["photo"])
    clicks = pl.DataFrame({"user_id": ["u", "v"], "item_id": frame["item_id"][:2].to_list()})
    model = sn.fit(items, sn.Events.from_frame(clicks, items=items.items), model="popularity", seconds=1)
    posters = sorted((data_folder("movielens-100k") / "posters").iterdir())[:N_POSTERS]
    own = best_scores(model, files[N_PHOTOS:])
    others = {"posters": best_scores(model, posters), "drawn": best_scores(model, drawn_pictures())}
    result: dict[str, float] = {"own said to be close": round(float(np.mean(own >= 0.5)), 3)}
    for name, found in others.items():
        truth = np.r_[np.ones(len(own)), np.zeros(len(found))]
        result[f"area against {name}"] = round(float(roc_auc_score(truth, np.r_[own, found])), 3)
        result[f"{name} said to be close"] = round(float(np.mean(found >= 0.5)), 3)
    return result


def best_scores(model: sn.FittedModel, pictures: Iterable[Path | bytes]) -> np.ndarray:
    """Return the score of the best item for each picture; zero where none is shown."""
    answers = [model.search(image=picture, k=1).scores for picture in pictures]
    return np.array([float(scores[0]) if len(scores) else 0.0 for scores in answers])


def drawn_pictures() -> Iterator[bytes]:
    """Yield drawings: rings, letters, waves, chessboards and clouds of colour."""
    rng, side = np.random.default_rng(1), 160
    across = np.arange(side)
    for number in range(N_DRAWN):
        kind, colours = number % 5, rng.integers(0, 256, (2, 3))
        if kind in (0, 1):
            picture = Image.new("RGB", (side, side), tuple(colours[0].tolist()))
            pen = ImageDraw.Draw(picture)
            for _ in range(15):
                x, y, size = rng.integers(0, side, 3).tolist()
                ink = tuple(rng.integers(0, 256, 3).tolist())
                if kind == 0:
                    pen.ellipse(
                        [x - size / 3, y - size / 3, x + size / 3, y + size / 3], outline=ink, width=5
                    )
                else:
                    pen.text((x, y), "Word", fill=ink, font_size=10 + size / 4)
        elif kind == 4:
            cloud = Image.fromarray(rng.integers(0, 256, (6, 6, 3), dtype=np.uint8))
            picture = cloud.resize((side, side), Image.Resampling.BICUBIC)
        else:
            step = rng.integers(4, 40)
            wave = np.sin(across / step)[:, None] * np.cos(across / step)[None, :]
            mix = (wave + 1) / 2 if kind == 2 else (wave > 0).astype(float)
            picture = Image.fromarray(
                (colours[0] + mix[..., None] * (colours[1] - colours[0])).astype(np.uint8)
            )
        file = io.BytesIO()
        picture.save(file, "JPEG", quality=90)
        yield file.getvalue()


def stated_preferences() -> dict[str, dict[str, float]]:
    """Return NDCG@20 of new users who say which genres they like, and how far they are followed, by steer."""
    folder = data_folder("movielens-100k")
    frame = pl.read_csv(folder / "items.csv", infer_schema_length=None)
    items = sn.Catalog.from_frame(frame, text=["title"], category=["genres"])
    events = pl.read_csv(folder / "events.csv").sort("timestamp")
    users = np.random.default_rng(0).permutation(sorted(events["user_id"].unique().to_list()))
    fresh = users[:N_USERS].tolist()
    learnt = events.filter(~pl.col("user_id").is_in(fresh))
    model = sn.fit(items, sn.Events.from_frame(learnt, items=items.items), model="popularity", seconds=1)
    genres = dict(
        zip(frame["item_id"].to_list(), [(row or "").split("|") for row in frame["genres"]], strict=True)
    )
    found: dict[str, dict[str, float]] = {}
    for steer in (None, 0.0, 0.25, 0.5, 0.75, 1.0):
        gains: list[float] = []
        shares: list[float] = []
        for user in fresh:
            films = events.filter(pl.col("user_id") == user)["item_id"].to_list()
            first, later = films[:5], set(films[5:])
            counted = Counter(genre for film in first for genre in genres[film] if genre)
            liked = [genre for genre, _ in counted.most_common(2)]
            asked = {} if steer is None else {"like": {"genres": liked}, "steer": steer}
            answer = model.recommend(**asked, k=20, deny=[str(film) for film in first])
            hits = np.array([int(item) in later for item in answer.item_ids], dtype=float)
            discounts = 1 / np.log2(np.arange(20) + 2)
            gains.append(float(hits @ discounts / discounts[: len(later)].sum()))
            has = [bool(set(liked) & set(genres[int(item)])) for item in answer.item_ids[:10]]
            shares.append(float(np.mean(has)))
        name = "not asked" if steer is None else f"steer {steer}"
        found[name] = {"ndcg@20": round(float(np.mean(gains)), 4), "share": round(float(np.mean(shares)), 3),
                       "least share": min(shares)}  # fmt: skip
    return found


def milliseconds(n_items: int) -> dict[str, float]:
    """Return how long a search by words takes in a generated catalogue: the median, and the first one."""
    rng = np.random.default_rng(0)
    frame = pl.read_csv(data_folder("movielens-100k") / "items.csv", infer_schema_length=None)
    stock = sorted(words_of(" ".join(text or "" for text in frame["plot"])))
    popularity = 1 / np.arange(1, len(stock) + 1)
    popularity /= popularity.sum()
    order = rng.permutation(stock)
    drawn = order[rng.choice(len(stock), (n_items, 30), p=popularity)]
    made = pl.DataFrame(
        {
            "item_id": [f"i{index}" for index in range(n_items)],
            "title": [" ".join(row[:3]) for row in drawn],
            "plot": [" ".join(row[3:]) for row in drawn],
            "kind": rng.choice(["hat", "shoe", "dress", "bag"], n_items),
        }
    )
    items = sn.Catalog.from_frame(made, text=["title", "plot"], category=["kind"])
    clicks = pl.DataFrame({"user_id": ["u", "v"], "item_id": ["i0", "i1"]})
    fitted = sn.fit(items, sn.Events.from_frame(clicks, items=items.items), model="popularity", seconds=1)
    with tempfile.TemporaryDirectory() as folder:
        model = sn.load(fitted.save(Path(folder) / "model"))
        took: list[float] = []
        for asked in [" ".join(rng.choice(stock, 2)) for _ in range(41)]:
            started = time.perf_counter()
            shown(model, asked)
            took.append((time.perf_counter() - started) * 1000)
    return {"items": n_items, "median": round(statistics.median(took[1:]), 1), "first": round(took[0], 1)}


if __name__ == "__main__":
    main()
