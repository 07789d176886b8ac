"""Does a modality help? Plots, posters and genres of MovieLens-100K, for items with and without events.

`auto` learns with all of them and without each; the difference in NDCG@20 is paired by user. Warm: events are
held back at random. Cold: all events of a tenth of the items are held back to tune on and of another tenth to
judge. Needs the folder of real data.
"""

import re
import tempfile
from pathlib import Path

from real_data import data_folder, write_result
from sensorium.experiments.evaluate import Evaluation
from sensorium.workspace.commands import evaluate_folder
from sensorium.workspace.initialize import initialize_workspace

COLUMNS = {"text": '["plot"]', "image": '["poster"]', "category": '["genres"]'}
SPLITS = {"warm": "random", "cold": "cold-items"}
SECONDS = 60


def report(name: str, evaluation: Evaluation) -> dict[str, object]:
    """Print and return what each modality adds."""
    facts: dict[str, object] = {"auto": round(evaluation.result.metrics[evaluation.metric], 4)}
    print(f"\n{name}: {evaluation.result.n_users} users, auto {facts['auto']}")
    for member, result in evaluation.members.items():
        if ":" in member:
            facts[f"{member} alone"] = round(result.metrics[evaluation.metric], 4)
    for ablation in evaluation.ablations():
        gain = ablation.gain
        print(f"  {ablation.modality:10} adds {gain.mean:+.4f} [{gain.low:.4f}, {gain.high:.4f}]")
        facts[f"{ablation.modality} adds"] = [round(value, 4) for value in (gain.mean, gain.low, gain.high)]
    return facts


def main() -> None:
    """Evaluate and print."""
    films = data_folder("movielens-100k")
    found: dict[str, object] = {}
    with tempfile.TemporaryDirectory() as scratch:
        shop = Path(scratch) / "films"
        file = initialize_workspace(shop, items=films / "items.csv", events=films / "events.csv").file
        text = re.sub(r"^number = .*\n", "", file.read_text(), flags=re.MULTILINE)
        for role, columns in COLUMNS.items():
            text = re.sub(rf"^{role} = .*$", f"{role} = {columns}", text, flags=re.MULTILINE)
        for name, split in SPLITS.items():
            file.write_text(f'{text}\n[evaluation]\nsplit = "{split}"\n')
            found[name] = report(name, evaluate_folder(shop, seconds=SECONDS).evaluation)
    write_result("modalities", found)


if __name__ == "__main__":
    main()
