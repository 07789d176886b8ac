"""`sensorium encoders`: what can turn a column into features."""

from typing import TYPE_CHECKING, Any

from rich.padding import Padding
from rich.text import Text

from sensorium.cli.console import OUT, print_json
from sensorium.cli.options import AsJson
from sensorium.core.roles import Role

if TYPE_CHECKING:
    from sensorium.core.plugins import Plugin
    from sensorium.encoders.base import Encoder


def command(as_json: AsJson = False) -> None:
    """Show the installed encoders, and neural models to start with; nothing is loaded or downloaded."""
    found = _found()
    if as_json:
        print_json(found)
        return
    OUT.print("Installed", style="bold")
    for encoder in found["encoders"]:
        _show(encoder, _facts(encoder))
    OUT.print("\nModels for [neural], to start with: ENGINE:MODEL", style="bold")
    for model in found["models"]:
        size = f"{model['parameters_millions']:.0f} million parameters"
        named = model | {"name": f"{model['engine']}:{model['name']}"}
        _show(named, [f"{model['dimension']} columns", size, model["licence"]])
    OUT.print("\nChoose under [encoders] in sensorium.toml, such as:")
    OUT.print('text = "sentence-transformers:all-MiniLM-L6-v2"', soft_wrap=True)
    OUT.print('video = "clip+motion"  (several in one block)', soft_wrap=True)
    if not found["neural_installed"]:
        OUT.print("[neural] is not installed: pip install 'sensorium[neural]'")


def _found() -> dict[str, Any]:
    from sensorium.encoders.neural.model_files import neural_is_installed
    from sensorium.encoders.neural.recommended_models import recommended_models
    from sensorium.encoders.registry import OWN_PACKAGE, default_type, installed_encoders

    defaults = {role: default_type(role) for role in Role if role.makes_features}
    plugins = [
        plugin for plugin in installed_encoders().values() if not plugin.component.traits.joins_members
    ]
    encoders = [
        _described(plugin, is_default=plugin.component is default)
        for role, default in defaults.items()
        for plugin in sorted(plugins, key=lambda plugin: plugin.component is not default)
        if plugin.component.traits.modality is role
    ]
    models = [model.model_dump(mode="json") for model in recommended_models().values()]
    built_in = [one for one in encoders if one["package"] == OWN_PACKAGE and ":" not in one["name"]]
    return {
        "encoders": encoders,
        "built_in": built_in,  # as scripts know it from before other packages could bring encoders
        "models": models,
        "neural_installed": neural_is_installed(),
    }


def _described(plugin: "Plugin[Encoder[Any, Any]]", *, is_default: bool) -> dict[str, Any]:
    cls = plugin.component
    return {
        "name": cls.choice(),
        "modalities": [cls.traits.modality.value],
        "package": plugin.package,
        "default": is_default,
        "learns": list(cls.learned_attributes()) if cls.traits.learns else [],
        "former_names": list(cls.former_names),
        "strengths": (cls.__doc__ or "").partition("\n")[0],
    }


def _facts(encoder: dict[str, Any]) -> list[str]:
    learns = ", ".join(encoder["learns"]).replace("_", " ")
    return [
        "the default" if encoder["default"] else "to be chosen",
        f"learns {learns}" if learns else "learns nothing here",
        encoder["package"],
    ]


def _show(row: dict[str, Any], facts: list[str]) -> None:
    line = " · ".join([" and ".join(row["modalities"]), *facts])
    OUT.print(Text.assemble((row["name"], "bold"), f"  {line}"), soft_wrap=True)
    OUT.print(Padding(row["strengths"], (0, 0, 0, 4)), style="dim")
