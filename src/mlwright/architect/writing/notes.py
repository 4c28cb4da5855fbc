"""Notes: what a person writes into a generated document, between two marks, and what survives writing it anew."""

from mlwright.kernel.errors import UserError

START, END = "<!-- notes -->", "<!-- /notes -->"


def notes_of(text: str, file: str) -> str:
    """What stands between the marks, without the empty lines around it; nothing where there are no marks. Raises
    UserError where one mark is missing: nobody could say where the notes end."""
    lines = text.splitlines()
    starts = [number for number, line in enumerate(lines) if line.strip() == START]
    ends = [number for number, line in enumerate(lines) if line.strip() == END]
    if not starts and not ends:
        return ""
    if not starts or not ends or ends[-1] < starts[0]:
        missing = START if not starts else END
        raise UserError(
            f"{file}: the notes have no line {missing}",
            hint=f"put {START} before and {END} after them, each on a line of its own; nothing was written",
        )
    return "\n".join(lines[starts[0] + 1 : ends[-1]]).strip("\n")


def with_notes(document: str, notes: str) -> str:
    """A document with the place for notes at its end."""
    kept = f"{notes}\n" if notes else ""
    return f"{document}\n## Notes\n\n{START}\n{kept}{END}\n"
