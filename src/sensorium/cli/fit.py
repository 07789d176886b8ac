"""`sensorium fit`: learn from the events and the features; write a new bundle."""

from sensorium.cli.console import OUT, counted, next_step, print_done, print_json, terminal_progress
from sensorium.cli.options import AsJson, Folder, Language, Model, RepeatedPlan, Seconds, Verbose
from sensorium.core.errors import ConfigError


def command(
    folder: Folder,
    model: Model = None,
    seconds: Seconds = None,
    plan: RepeatedPlan = None,
    verbose: Verbose = False,
    language: Language = "en",
    as_json: AsJson = False,
) -> None:
    """Encode what is new, tune on validation events, train on all events, write a bundle."""
    from sensorium.cli.choice_tables import (
        choice_table,
        left_out_lines,
        summary_lines,
        time_lines,
        verbose_choice_table,
    )
    from sensorium.insight.words import words_in
    from sensorium.workspace.commands import fit_workspace
    from sensorium.workspace.workspace import Workspace

    if plan is not None and (model is not None or seconds is not None):
        raise ConfigError(
            "a plan says the model and how long it was searched",
            where="--plan",
            remedy="Leave out --model and --seconds, or --plan",
        )
    words, workspace = words_in(language), Workspace.open(folder)
    progress = terminal_progress(notes=as_json, words=words)
    fitted, bundle = fit_workspace(workspace, model=model, seconds=seconds, plan=plan, progress=progress)
    if as_json:
        print_json({"bundle": bundle.name, "path": str(bundle), **fitted.record.to_json()})
        return
    record = fitted.record
    OUT.print(verbose_choice_table(record, words) if verbose else choice_table(record, words))
    beneath = left_out_lines(record, words) if verbose else summary_lines(record, words)
    for line in (*beneath, *time_lines(record, words)):
        OUT.print(line, style="dim")
    print_done(
        words(
            "Bundle {name}: {items}, {users}.",
            name=bundle.name,
            items=counted(len(fitted.catalog), "item", words),
            users=counted(len(fitted.users), "user", words),
        )
    )
    if len(fitted.users):
        next_step("recommend", str(folder), "--user", fitted.users.id(0), "--explain", words=words)
        return
    OUT.print(words("There are no events: items are compared by their content alone."), style="dim")
    next_step("similar", str(folder), "--item", fitted.catalog.items.id(0), words=words)
