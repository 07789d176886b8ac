"""`sensorium encoders`: what can turn a column into features."""

from typing import Any

from rich.markup import escape
from rich.padding import Padding

from sensorium.cli.console import OUT, print_json
from sensorium.cli.options import AsJson


def command(as_json: AsJson = False) -> None:
    """Show the built-in encoders, and neural models to start with; nothing is loaded or downloaded."""
    found = _found()
    if as_json:
        print_json(found)
        return
    OUT.print("Built in, on the CPU, without a download", style="bold")
    for encoder in found["built_in"]:
        _show(encoder, ["the default" if encoder["default"] else "to be chosen"])
    OUT.print("\nModels for [neural], to start with: ENGINE:MODEL", style="bold", markup=False)
    for model in found["models"]:
        size = f"{model['parameters_millions']:.0f} million parameters"
        named = model | {"name": f"{model['engine']}:{model['name']}"}
        _show(named, [f"{model['dimension']} columns", size, model["licence"]])
    OUT.print("\nChoose under \\[encoders] in sensorium.toml, such as:")
    OUT.print('text = "sentence-transformers:all-MiniLM-L6-v2"', soft_wrap=True)
    OUT.print('video = "clip+motion"  (several in one block)', soft_wrap=True)
    if not found["neural_installed"]:
        OUT.print("[neural] is not installed: pip install 'sensorium[neural]'", markup=False)


def _found() -> dict[str, Any]:
    from sensorium.encoders.defaults import DEFAULTS, built_in_types
    from sensorium.encoders.neural.model_files import neural_is_installed
    from sensorium.encoders.neural.recommended_models import recommended_models

    built_in = [
        {
            "name": cls.name,
            "modalities": [cls.traits.modality.value],
            "default": DEFAULTS.get(cls.traits.modality) is cls,
            "strengths": (cls.__doc__ or "").partition("\n")[0],
        }
        for cls in built_in_types()
        if cls.__module__.startswith("sensorium.")
    ]
    models = [model.model_dump(mode="json") for model in recommended_models().values()]
    return {"built_in": built_in, "models": models, "neural_installed": neural_is_installed()}


def _show(row: dict[str, Any], facts: list[str]) -> None:
    line = " · ".join([" and ".join(row["modalities"]), *facts])
    OUT.print(f"[bold]{escape(row['name'])}[/]  {escape(line)}", soft_wrap=True)
    OUT.print(Padding(escape(row["strengths"]), (0, 0, 0, 4)), style="dim")
