"""What is told without being asked: finds of saved searches, and one digest of what is in trouble.

A find is queued in the transaction that moves its search's mark in the change log, so that it is told once at least
and never lost; each delivery has an id, by which a receiver knows what it has had. What cannot be delivered is tried
again for a day and a half, ever more seldom, and then kept as a dead letter (`dateline alerts`).
"""

import asyncio
import logging
import smtplib
import ssl
from collections.abc import Callable, Sequence
from contextlib import closing
from datetime import UTC, datetime, timedelta
from email.message import EmailMessage
from typing import Protocol
from urllib.parse import urlsplit

import msgspec

from dateline.config import AlertsGroup, Config, SearchGroup
from dateline.trouble import Trouble, trouble_of
from dateline.webhooks import shown, signed
from scraper.fetch import FetchError
from scraper.fetch.client import HttpFetcher
from scraper.logins import login, redacted, without_login
from scraper.pipeline import Walk
from storage.archive import Archive, Library
from storage.backends import open_library
from storage.records import ArticleRow, Delivery

log = logging.getLogger("dateline")

EVERY = 60.0  # seconds between two looks
_CHANGES = 1000  # lines of the log that are looked at in one go
_MOST = 50  # deliveries in one go
_TRIES = 12
_FIRST, _LONGEST = timedelta(minutes=1), timedelta(hours=6)
_FINDS = ("new", "revised")
_TIMEOUT = 30.0
_LEFT_OUT = ("markup",)  # of an article in a webhook
DIGEST, SEARCH = "digest", "search"
_MAIL = "mailto:"


class Sender(Protocol):
    """Whatever can POST; the fetcher does, so that what holds for pages (no private address) holds here."""

    async def post(self, url: str, body: bytes, headers: dict[str, str]) -> int:
        """The status of the answer. Raises FetchError where there is none."""


class Alerts:
    """Looks for what is to be told, and tells it."""

    def __init__(
        self,
        config: Config,
        archive: Archive,
        library: Callable[[], Library],
        sender: Sender,
        clock: Callable[[], datetime] = lambda: datetime.now(UTC),
    ) -> None:
        self._config = config
        self._archive = archive
        self._library = library
        self._sender = sender
        self._clock = clock

    @property
    def wanted(self) -> bool:
        """Whether the configuration asks for any of it."""
        return bool(self._targets() or any(search.webhook for search in self._config.searches))

    def take_in(self, config: Config) -> None:
        """Tell of these searches, to these receivers, from now on."""
        self._config = config

    async def begin(self) -> None:
        """Take note of the saved searches: what is found from now on is told."""
        for search in self._config.searches:
            if search.webhook:
                await self._archive.answered(search.name)

    async def run(self) -> None:
        """Look and tell again and again, until cancelled."""
        while True:
            try:
                if self.wanted:
                    await self.once()
            except Exception:
                log.exception("unexpected error while telling of finds and trouble")
            await asyncio.sleep(EVERY)

    async def once(self) -> int:
        """Look and tell once; how many deliveries arrived."""
        for search in self._config.searches:
            if search.webhook:
                await self._answer(search)
        await self._digest()
        arrived = 0
        for delivery in await self._archive.deliveries(self._clock(), _MOST):
            arrived += await self._deliver(delivery)
        return arrived

    async def _answer(self, search: SearchGroup) -> None:
        """Queue what a saved search has found since it was answered last."""
        mark = await self._archive.answered(search.name)
        with closing(self._library()) as library:
            while changes := library.changes(mark, _CHANGES):
                ids = tuple({change.article for change in changes if change.kind in _FINDS})
                found = list(library.articles(msgspec.structs.replace(search.wanted(), ids=ids))) if ids else []
                mark = changes[-1].number
                told = [self._delivery(search.webhook, SEARCH, _finds(search.name, found, mark))] if found else []
                await self._archive.tell(search.name, mark, told)

    async def _digest(self) -> None:
        """Queue a digest if something is in trouble and the last one is long enough ago."""
        targets = self._targets()
        if not targets:
            return
        last = await self._archive.last_told(DIGEST)
        if last and self._clock() - last < timedelta(seconds=self._config.alerts.every):
            return
        with closing(self._library()) as library:
            trouble = trouble_of(library, since=last)
        if trouble:
            body = msgspec.json.encode(trouble).decode()
            await self._archive.tell(DIGEST, 0, [self._delivery(target, DIGEST, body) for target in targets])

    def _targets(self) -> list[str]:
        alerts = self._config.alerts
        mail = [_MAIL + alerts.mail_to] if alerts.mail_to and alerts.smtp else []
        return [*([alerts.webhook] if alerts.webhook else []), *mail]

    def _delivery(self, target: str, kind: str, body: str) -> Delivery:
        # The address of a webhook stays in the configuration.
        name = target if target.startswith(_MAIL) else shown(target)
        return Delivery(target=name, kind=kind, body=body, made=self._clock())

    async def _deliver(self, delivery: Delivery) -> bool:
        final = False
        try:
            if delivery.target.startswith(_MAIL):
                await asyncio.to_thread(send_mail, self._config.alerts, delivery)
            else:
                await self._post(delivery)
            reason = ""
        except FetchError as error:
            reason, final = error.reason, error.final
        except (OSError, smtplib.SMTPException) as error:
            reason = f"mail: {' '.join(str(error).split())}"
        tries = delivery.tries + 1
        again = None if not reason or final or tries >= _TRIES else self._clock() + _wait(tries)
        await self._archive.told(delivery.id, self._clock(), reason, again)
        if reason:
            fate = f"tried again at {again:%Y-%m-%d %H:%M} UTC" if again else "given up; see `dateline alerts`"
            log.warning("not delivered to %s: %s; %s", redacted(delivery.target), reason, fate)
        return not reason

    async def _post(self, delivery: Delivery) -> None:
        url, secret = self._webhook(delivery)
        body = delivery.body.encode()
        headers = {"Content-Type": "application/json"} | signed(f"msg_{delivery.id}", body, secret, self._clock())
        status = await self._sender.post(url, body, headers)
        if status == 410:
            raise FetchError("the receiver answered 410: it wants no more", status=status, final=True)
        if not 200 <= status < 300:
            raise FetchError(f"the receiver answered {status}", status=status)

    def _webhook(self, delivery: Delivery) -> tuple[str, str]:
        """The address and the secret, as the configuration has them now; older messages name it in full."""
        alerts = self._config.alerts
        known = [(search.webhook, search.secret) for search in self._config.searches]
        known += [(alerts.webhook, alerts.secret)]
        found = next((one for one in known if delivery.target in (shown(one[0]), without_login(one[0]))), None)
        if found is None:
            raise FetchError("the configuration knows this receiver no more", final=True)
        return found


def alerts_of(config: Config, walk: Walk) -> Alerts:
    """The alerts of a configuration, over a walk's archive and network."""
    fetcher = walk.fetcher
    assert isinstance(fetcher, HttpFetcher)
    return Alerts(config, walk.archive, lambda: open_library(config.archive.path), fetcher)


def send_mail(alerts: AlertsGroup, delivery: Delivery) -> None:
    """Send a digest by SMTP; smtp:// with STARTTLS where it is offered, smtps:// with TLS from the start.

    A login goes only to a server whose certificate is good; without one, any TLS is better than none.

    Raises OSError, SMTPException.
    """
    server = urlsplit(without_login(alerts.smtp))
    user, _, password = login(alerts.smtp).partition(":")
    message = EmailMessage()
    message["Subject"] = "Dateline: feeds and sites in trouble"
    message["From"] = alerts.mail_from or alerts.mail_to
    message["To"] = alerts.mail_to
    message["Date"] = delivery.made
    message["Message-ID"] = f"<dateline-{delivery.id}-{int(delivery.made.timestamp())}@{server.hostname}>"
    message.set_content(msgspec.json.decode(delivery.body, type=Trouble).text())
    secure = server.scheme == "smtps"
    proof = ssl.create_default_context() if user else None
    host, port = server.hostname or "", server.port or (465 if secure else 587)
    with (
        smtplib.SMTP_SSL(host, port, timeout=_TIMEOUT, context=proof)
        if secure
        else smtplib.SMTP(host, port, timeout=_TIMEOUT)
    ) as channel:
        channel.ehlo()
        if not secure and channel.has_extn("starttls"):
            channel.starttls(context=proof)
            channel.ehlo()
        elif user and not secure:
            # Whoever sits between us and the server can take the offer out of its greeting.
            raise smtplib.SMTPNotSupportedError("the server offers no STARTTLS, and a login is not sent in the clear")
        if user:
            channel.login(user, password)
        channel.send_message(message)


def _finds(name: str, found: Sequence[ArticleRow], number: int) -> str:
    articles = [
        {key: value for key, value in msgspec.to_builtins(row).items() if key not in _LEFT_OUT} for row in found
    ]
    return msgspec.json.encode({"type": "search", "search": name, "number": number, "articles": articles}).decode()


def _wait(tries: int) -> timedelta:
    return min(timedelta(seconds=_FIRST.total_seconds() * 2 ** (tries - 1)), _LONGEST)
