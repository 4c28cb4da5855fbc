"""`mlwright`: gathers the commands, and turns errors into a message, a hint and an exit code."""

import errno
import sys
from importlib.metadata import version as installed
from typing import Annotated

import typer

from mlwright.faces.cli import (
    chat,
    data,
    design,
    evals,
    indexes,
    lineage,
    rag,
    serving,
    starting,
    system,
    tracking,
    tuning,
)
from mlwright.faces.errors import exit_code
from mlwright.kernel.errors import MlwrightError, ProviderError, UserError

_THE_DISK = {
    getattr(errno, name)
    for name in ("EACCES", "EDQUOT", "EFBIG", "EIO", "ENAMETOOLONG", "ENOSPC", "EPERM", "EROFS")
    if hasattr(errno, name)
}

cli = typer.Typer(
    name="mlwright",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
    rich_markup_mode=None,
    help="One blueprint file describes an ML/LLM system; mlwright reviews, prices, draws and runs it.\n\n"
    "Start with `mlwright up PATH/TO/DOCS`: it indexes a folder, answers a question about it with citations, "
    "and serves it on this machine. `mlwright doctor` says what is missing.",
)
for room in (starting, system, design, data, rag, chat, indexes, tuning, evals, serving, tracking, lineage):
    room.add_to(cli)


def _version(asked: bool) -> None:
    if asked:
        typer.echo(f"mlwright {installed('mlwright')}")
        raise typer.Exit


@cli.callback()
def options(
    version: Annotated[
        bool, typer.Option("--version", callback=_version, is_eager=True, help="Print the version.")
    ] = False,
) -> None:
    """Options before the command."""


def main() -> None:
    """The console script. Exit codes: 0 done, 130 Ctrl-C, for errors those of `mlwright.faces.errors`."""
    try:
        _check_words(sys.argv[1:])
        cli()
    except MlwrightError as error:
        sys.exit(_tell(error))
    except SystemExit as ended:
        if ended.code == exit_code(KeyboardInterrupt()):
            typer.echo("interrupted; run the same command again to go on", err=True)
        raise
    except BrokenPipeError:
        sys.stderr.close()
        sys.exit(141)
    except OSError as error:
        if error.errno not in _THE_DISK:
            raise
        place = f"{error.filename}: " if error.filename else ""
        hint = "check the path, its permissions and the free space of the disk"
        sys.exit(_tell(ProviderError(f"{place}{error.strerror}", hint=hint)))


def _check_words(words: list[str]) -> None:
    """Bytes that are no UTF-8 reach Python as lone surrogates, which no file of ours can hold."""
    for word in words:
        try:
            word.encode()
        except UnicodeEncodeError:
            raise UserError(
                f"the argument {word!a} is not UTF-8", hint="set the terminal to UTF-8, or rename the file"
            ) from None


def _tell(error: MlwrightError) -> int:
    typer.echo(f"error: {error.message}", err=True)
    if error.hint:
        typer.echo(f" hint: {error.hint}", err=True)
    return exit_code(error)
