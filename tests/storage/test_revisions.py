"""What counts as an edit, what as a touch, what as a retraction; and when to look again."""

from datetime import timedelta
from itertools import accumulate

import pytest

from storage.revisions import LADDER, Change, judge, next_visit
from tests.fakes import NOW

TEXT = "\n\n".join(
    f"Paragraph {n}: the council's engineers said that the bridge would carry trains and trucks again."
    for n in range(9)
)


@pytest.mark.parametrize(
    ("old", "new", "change"),
    [
        ("He said “no”.", 'He said "no".', Change.MINOR),
        ("One - two", "One — two", Change.MINOR),
        ("One\n\ntwo", "One two", Change.MINOR),
        ("A Headline", "A headline", Change.MINOR),
        ("The story.\n\n12 comments", "The story.\n\n1,340 comments", Change.MINOR),
        ("The story.\n\n阅读 12", "The story.\n\n阅读 345", Change.MINOR),
        (
            "At least 12 people died in the flood on Monday.",
            "At least 15 people died in the flood on Monday.",
            Change.MAJOR,
        ),
        ("Twelve died.", "Fifteen died.", Change.MAJOR),
        ("The story.\n\nKiel – Flensburg 21:17", "The story.\n\nKiel – Flensburg 23:18", Change.MAJOR),
        ("The story.\n\nDAX 18,123.45 points", "The story.\n\nDAX 18,160.02 points", Change.MAJOR),
        ("The story.\n\nGold +1.2 %", "The story.\n\nGold +1.9 %", Change.MAJOR),
        ("It updated its outlook to 5.25 percent.", "It updated its outlook to 5.75 percent.", Change.MAJOR),
        ("Updated: 12 people died.", "Updated: 15 people died.", Change.MAJOR),
        ("He did say so.", "He did not say so.", Change.MAJOR),
        ("Die Brücke steht.", "Die Brücke fällt.", Change.MAJOR),
        ("同一座桥。", "同一座山。", Change.MAJOR),
    ],
)
def test_a_minor_edit_is_told_from_a_major_one(old: str, new: str, change: Change) -> None:
    assert judge(("Bridge", old), ("Bridge", new)) is change
    if "\n" not in old:
        assert judge((old, TEXT), (new, TEXT)) is change
    assert judge(("Bridge", old), ("Bridge", old)) is Change.NONE


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("Updated: 12 March 2026, 14:05 GMT", "Updated: 13 April 2026, 9:17 GMT"),
        (
            "Last updated on Monday, March 2, 2026 at 2:05 p.m. EST.",
            "Last updated on Tuesday, March 3, 2026 at 10:40 a.m. EST.",
        ),
        ("Last modified 5 minutes ago", "Last modified 2 hours ago"),
        ("5 minutes ago", "2 hours ago"),
        ("Page generated at 2026-03-02 14:05:33", "Page generated at 2026-03-02 14:06:01"),
        ("Aktualisiert am 12. März 2026, 14.05 Uhr", "Aktualisiert am 2. April 2026, 9.40 Uhr"),
        ("Stand: 12.03.2026, 14:05 Uhr", "Stand: 13.03.2026, 8:11 Uhr"),
        ("vor 5 Minuten", "vor 2 Stunden"),
        ("Mis à jour le 12 mars 2026 à 14h05", "Mis à jour le 1er avril 2026 à 9h40"),
        ("Actualizado el 12 de marzo de 2026, 14:05", "Actualizado el 2 de abril de 2026, 9:40"),
        ("Publicado hace 5 minutos", "Publicado hace 2 horas"),
        ("Обновлено 12.03.2026 14:05", "Обновлено 13.03.2026 09:40"),
        ("5 минут назад", "2 часа назад"),
        ("更新：2026年3月12日 14:05", "更新：2026年4月2日 9:40"),
        ("5分钟前", "2小时前"),
        ("آخر تحديث 12:05", "آخر تحديث 14:40"),
    ],
)
def test_the_time_at_which_a_page_was_made_is_no_edit(old: str, new: str) -> None:
    before, now = f"{old}\n\n{TEXT}", f"{new}\n\n{TEXT}"
    assert judge(("Bridge", before), ("Bridge", now)) is Change.NONE
    assert judge(("Bridge", before), ("Bridge", f"{now}\n\nA train is on it.")) is Change.MAJOR


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("Halbzeit 14:12", "Halbzeit 15:12"),
        ("Anpfiff 20:30 Uhr", "Anpfiff 18:30 Uhr"),
        ("Kick-off 20:30", "Kick-off 21:00"),
        ("20:30", "21:00"),
        ("2 May 2026", "9 May 2026"),
        ("Deadline 12.03.2026", "Deadline 19.03.2026"),
        ("Goal 5 minutes ago", "Penalty 2 minutes ago"),
    ],
)
def test_a_time_that_may_be_news_is_kept(old: str, new: str) -> None:
    change = judge(("Bridge", f"{TEXT}\n\n{old}"), ("Bridge", f"{TEXT}\n\n{new}"))
    assert change is (Change.MAJOR if ":" in new or "ago" in new else Change.MINOR)


@pytest.mark.parametrize(
    "notice",
    [
        "This article has been removed.",
        "(Reuters) - The story headlined “Bridge” published on Monday has been withdrawn. A substitute will be issued.",
        "Editor's note: We have retracted this story after questions about its sources.",
        "Dieser Artikel wurde zurückgezogen, weil er nicht unseren Standards entspricht.",
        "Cet article a été retiré à la demande de son auteur.",
        "Este artículo ha sido eliminado por la redacción.",
        "Questo articolo è stato rimosso.",
        "Материал удалён по требованию редакции.",
        "该文章已被作者删除。",
        "この記事は削除されました。",
        "تم حذف هذا المقال.",
    ],
)
def test_a_retraction_notice_is_no_revision(notice: str) -> None:
    assert judge(("Bridge", TEXT), ("Bridge", notice)) is Change.RETRACTED


def test_what_speaks_of_a_retraction_is_none() -> None:
    about = f"{TEXT}\n\nThe newspaper said that the article had been withdrawn by its editors on Monday."
    assert judge(("Bridge", TEXT), ("Bridge", about)) is Change.MAJOR
    assert judge(("Bridge", TEXT), ("Bridge", "The bridge is open again.")) is Change.MAJOR
    assert (
        judge(("A", "The article has been withdrawn."), ("A", "The article has been withdrawn today.")) is Change.MAJOR
    )


def test_a_label_in_the_headline_is_a_retraction() -> None:
    assert judge(("Bridge", TEXT), ("RETRACTED: Bridge", TEXT)) is Change.RETRACTED
    assert judge(("Withdrawn troops", TEXT), ("Withdrawn troops return", TEXT)) is Change.MAJOR


def test_visits_decay() -> None:
    moment, found = NOW, []
    while due := next_visit(NOW, moment, changed=False):
        found.append(due - NOW)
        moment = due
    assert tuple(found) == LADDER


def test_a_late_visit_takes_no_rung_that_has_passed() -> None:
    assert next_visit(NOW, NOW + timedelta(hours=5, minutes=50), changed=False) == NOW + timedelta(hours=24)
    assert next_visit(NOW, NOW + timedelta(days=31), changed=False) is None


def test_what_a_wrong_clock_saw_first_in_the_future_is_looked_at_soon() -> None:
    assert next_visit(NOW + timedelta(days=3650), NOW, changed=False) == NOW + timedelta(hours=1)


def test_what_a_clock_far_behind_saw_first_is_looked_at_as_often_as_else() -> None:
    first_seen, moment, waited, waits = NOW - timedelta(days=20_000), NOW, timedelta(hours=1), [timedelta(hours=1)]
    while due := next_visit(first_seen, moment, changed=False, waited=waited):
        waited, moment = due - moment, due
        waits.append(waited)
    assert tuple(accumulate(waits)) == LADDER


def test_what_was_just_edited_is_looked_at_again_soon_but_ever_less_often() -> None:
    gaps = []
    for age in (timedelta(0), timedelta(hours=1), timedelta(hours=20), timedelta(days=10), timedelta(days=100)):
        due = next_visit(NOW, NOW + age, changed=True)
        assert due
        gaps.append(due - NOW - age)
    assert gaps == [timedelta(hours=hours) for hours in (1, 1, 2, 24, 240)]
