"""Care of the indexes: the walk over pipelines, releases and sources that pruning and repair need."""

from mlwright.app.joined import Joined
from mlwright.kernel.errors import NotFound
from mlwright.kernel.ids import Ref
from mlwright.rag import PrunedIndex, forget_shelves


def prune(app: Joined, pipeline: str = "") -> dict[str, PrunedIndex]:
    """Prune the index of one pipeline, or of all, where something was ingested. Over all, the folders of indexes go
    that neither the blueprint nor a release with traffic uses; those with a tagged version stay."""
    names = [app.pipeline(pipeline).name] if pipeline else list(app.rag)
    newest = _newest(app)
    done = {name: app.rag[name].prune(newest) for name in names if app.rag[name].index_ref() is not None}
    if not pipeline:
        forget_shelves(app.kernel, _used(app))
    return done


def _newest(app: Joined) -> list[Ref]:
    """The newest dataset of each source: somebody may be indexing it now."""
    found = []
    for source in app.blueprint.data.sources:
        try:
            found.append(app.data.latest(source).ref)
        except NotFound:
            continue  # never ingested
    return found


def _used(app: Joined) -> set[str]:
    """The indexes of the blueprint, and of every release that has traffic, had it last, or may get it back."""
    releases = {app.release}
    for endpoint in app.blueprint.serving.endpoints:
        for traffic in app.serving.history(endpoint)[:_BACK]:
            releases |= {traffic.stable, *([traffic.canary] if traffic.canary else [])}
    return {rag.shelf_name for release in releases for rag in app.releases.pipelines(release).rags.values()}


_BACK = 5
"""Changes of traffic that a rollback may want to take back."""
