"""All commands together."""

import typer

from engine.client.cli import definitions, tasks
from engine.client.cli.keys import keys
from engine.client.cli.session import EngineOption, Globals, JsonOption, KeyFileOption

EPILOG = (
    "Exit codes: 0 done; 1 the task failed, the definition has faults, or the engine refused; 2 wrong usage or inputs; "
    "3 the engine cannot be reached or is overloaded; 4 --wait is over and the task still runs; 130 Ctrl-C, which "
    "leaves the task running."
)

app = typer.Typer(
    name="aim",
    help="Run pipelines of AI services: `aim run face-blur image=photo.jpg --out results/`.",
    epilog=EPILOG,
    no_args_is_help=True,
    add_completion=True,
    pretty_exceptions_enable=False,
    rich_markup_mode="rich",
)


@app.callback()
def options(
    context: typer.Context, engine: EngineOption = None, as_json: JsonOption = False, key_file: KeyFileOption = None
) -> None:
    """Keep the options that stand before the command."""
    context.obj = Globals(engine, as_json, key_file)


for command in (
    definitions.services,
    definitions.push,
    definitions.check,
    definitions.versions,
    definitions.delete,
    tasks.run,
    tasks.watch,
    tasks.retry,
    tasks.cancel,
    tasks.tasks,
    tasks.raw,
    tasks.stats,
):
    app.command(command.__name__)(command)
app.add_typer(keys, no_args_is_help=True)
