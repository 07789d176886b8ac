"""`sensorium models`: the models that can be fitted."""

from rich.padding import Padding
from rich.text import Text

from sensorium.cli.console import OUT, print_json
from sensorium.cli.options import AsJson


def command(as_json: AsJson = False) -> None:
    """List the installed models, those of other packages too: what they read, and whether auto takes them."""
    from sensorium.fusion.installed_models import OWN_PACKAGE, installed_models

    models = installed_models()
    if as_json:
        print_json(models.to_json())
        return
    for model in models:
        from_package = [] if model.package == OWN_PACKAGE else [f"package {model.package}"]
        facts = [" and ".join(model.reads), model.kind, *from_package]
        OUT.print(Text.assemble((model.name, "bold"), f"  {' · '.join(facts)}"), soft_wrap=True)
        auto = "auto takes it" if model.auto else f"not in auto: {model.why_not}"
        for line in (model.summary, "; ".join([*model.traits, auto])):
            OUT.print(Padding(line, (0, 0, 0, 4)), style="dim")
    OUT.print("\nFit one: sensorium fit DIR --model NAME. `auto` fits and fuses all that suit the data.")
