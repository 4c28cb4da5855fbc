"""What a proof is called and where it leads, for every form in which documents are written."""

from mlwright.architect.writing.links import Links, short
from mlwright.architect.writing.proofs import Filed, Planned, Recorded, Stated
from mlwright.blueprint import Blueprint

NOT_PROVED = "not proved yet"


def labelled(proof: Stated | Filed | Recorded | Planned, blueprint: Blueprint, links: Links) -> tuple[str, str]:
    """Its name and its address, neither escaped; the address is empty where it cannot be reached."""
    match proof:
        case Stated():
            place = blueprint.place(proof.path)
            told = f"{place.file}:{place.line}" if place.line else place.file
            default = "" if blueprint.says(proof.path) else ", default"
            return told + default, links.line(place)
        case Filed():
            return proof.path, links.file(proof.path)
        case Recorded():
            return short(proof.ref), links.record(proof.ref)
        case Planned():
            return "plan", links.document("costs", proof.part)
