"""Find: what readers of earlier editions are to know of the stories they had."""

from __future__ import annotations

from typing import TYPE_CHECKING

from publisher.kit.text import text_of_html
from publisher.model.edit import correction_note
from publisher.model.edition import NAMED_CORRECTIONS, Correction, CorrectionKind
from publisher.store import corrections

if TYPE_CHECKING:
    from datetime import datetime

    from publisher.jobs.render_bodies import Bodies
    from publisher.model.post import Article
    from publisher.store.corrections import Changed
    from publisher.store.database import Database


def find_corrections(
    database: Database, bodies: Bodies, digest: str, language: str, *, now: datetime
) -> list[Correction]:
    """List the corrections and withdrawals that no edition has told.

    Those that are named say what was wrong, where the post says so itself; the others are only counted.
    """
    with database.read() as connection:
        changed = corrections.untold(connection, digest, language)
    named = changed[:NAMED_CORRECTIONS]
    corrected = [each.post for each in named if each.kind is CorrectionKind.CORRECTED]
    articles = {article.code: article for article in bodies.articles(database, corrected, now=now)} if corrected else {}
    return [_correction(each, articles.get(each.post.code)) for each in changed]


def _correction(changed: Changed, article: Article | None) -> Correction:
    post = changed.post.post
    note = post.extras.correction or (correction_note(text_of_html(article.html)) if article else "")
    return Correction(
        code=post.code,
        kind=changed.kind,
        title=post.title,
        note=note,
        link=(article.link or article.via) if article else None,
        mailed=changed.mailed,
        moment=changed.moment,
    )
