"""The first answer of a workspace: question, streamed answer with citations, and the tree of what it was made from."""

from mlwright.app import App, first_question
from mlwright.faces.cli.show.answers import answer, token
from mlwright.faces.cli.show.console import console, nothing
from mlwright.faces.cli.show.trees import tree
from mlwright.rag import Answer


def first_answer(app: App, question: str, *, quiet: bool) -> Answer:
    """Ask `question`, or one that the workspace should be able to answer, and show everything about the answer."""
    asked = question or first_question(app)
    if not quiet:
        console.print(f"\n? {asked}\n", style="name", markup=False)
    found = app.ask(asked, on_token=nothing if quiet else token)
    if not quiet:
        answer(found)
        console.print("\nwhy", style="name")
        tree(app.why(found.ref).root)
    return found
