"""An index is checked in the background, and what was found last stands there until the next check ends."""

import mlwright as mw
from mlwright.kernel.ids import Ref


def test_a_check_is_a_job_whose_run_keeps_what_it_found(app: mw.App) -> None:
    assert (app.verification().last, app.verification().under_way) == (None, False)
    job = app.verify_soon()
    assert app.verify_soon() == job, "one at a time"
    assert app.verification().under_way
    assert app.verification("plant").last is None
    app.settle(job)
    found = app.verification()
    assert found.last is not None
    assert (found.under_way, found.error, found.last.damages) == (False, "", ())
    assert found.last.index == app.pipeline().index_ref()
    assert app.tracking.run(found.last.run).metrics == {"damage": 0}


def test_damage_is_named_and_the_last_check_stands_until_the_next_has_ended(app: mw.App) -> None:
    app.verify_index()
    whole = app.verification().last
    app.kernel.store.write("delete from rag_embedding")
    job = app.verify_soon()
    assert app.verification().last == whole
    app.settle(job)
    last = app.verification().last
    assert last is not None
    assert last.damages
    assert last.damages == tuple(app.verify_index())


def test_a_check_that_died_says_of_what(app: mw.App) -> None:
    app.kernel.jobs.handle("verify", lambda attempt: app.tracking.run(Ref("run", "none")))
    app.verify_soon()
    app.kernel.jobs.run_pending()
    assert "there is no run" in app.verification().error
    assert not app.verification().under_way
