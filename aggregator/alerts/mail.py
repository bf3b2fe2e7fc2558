"""Messages by mail: handed to the operator's own mail server (RFC 5321, 8314, 3834).

smtplib waits, so it works in a thread of its own; a server that is slow without end is cut off.
What a server answers is not repeated, only its number: it may name users and addresses.
"""

import asyncio
import hashlib
import smtplib
import socket
import ssl
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from email.message import EmailMessage
from email.policy import SMTP as AS_SENT
from email.utils import format_datetime, formataddr

from aggregator.alerts.message import Message
from aggregator.alerts.relay import Relay
from aggregator.errors import NotSent

_LOOK = "Look at AGGREGATOR_SMTP_URL, then at the mail server."


@dataclass(frozen=True, slots=True)
class Mail:
    """The channel ``mail``."""

    relay: Relay
    sender: str
    """A bare address."""
    to: tuple[str, ...]
    tls: Callable[[], ssl.SSLContext] = field(repr=False)
    """What certificates are checked with; called only where TLS is spoken."""
    patience: float = 10.0
    """Seconds for each answer."""
    deadline: float = 45.0
    """Seconds for all of it."""
    name: str = "mail"

    @property
    def place(self) -> str:
        """Where it leads, for people."""
        count = "1 address" if len(self.to) == 1 else f"{len(self.to)} addresses"
        return f"mail to {count}, through {self.relay.host}:{self.relay.port}"

    async def send(self, message: Message) -> str:
        """Hand it in. Raises NotSent."""
        call = _Call(self)
        try:
            async with asyncio.timeout(self.deadline):
                return await asyncio.to_thread(call.hand_in, self.written(message))
        except TimeoutError:
            words = f"{self.relay.host} took longer than {self.deadline:g} seconds."
            raise NotSent(words, advice=_LOOK) from None
        finally:
            call.cut()  # also where we are stopped: the thread must not outlive us

    def written(self, message: Message) -> EmailMessage:
        """As it is sent."""
        mail = EmailMessage(policy=AS_SENT)
        mail["Subject"] = message.title
        mail["From"] = formataddr(("Aggregator", self.sender))
        mail["To"] = ", ".join(self.to)
        mail["Date"] = format_datetime(message.at)
        told = hashlib.sha256(message.key.encode()).hexdigest()[:32]
        mail["Message-ID"] = f"<{told}@{self.domain}>"
        mail["Auto-Submitted"] = "auto-generated"  # RFC 3834, section 5: nobody answers it
        mail.set_content(message.body, cte="quoted-printable")
        return mail

    @property
    def domain(self) -> str:
        """Of the sender: by this name we greet, and it makes our ids unique."""
        return self.sender.rpartition("@")[2]


class _Call:
    """One conversation with the mail server, which another thread may cut off."""

    def __init__(self, mail: Mail) -> None:
        self._mail = mail
        self._line: smtplib.SMTP | None = None

    def cut(self) -> None:
        """End it at once, wherever it is."""
        line = self._line.sock if self._line is not None else None
        if line is not None:
            with suppress(OSError):
                # Not SSLSocket's own: it would first drop the encryption that is being used.
                socket.socket.shutdown(line, socket.SHUT_RDWR)

    def hand_in(self, written: EmailMessage) -> str:
        """The whole conversation. Raises NotSent."""
        mail, relay = self._mail, self._mail.relay
        try:
            with self._open() as line:
                if relay.encrypted and not relay.tls_first:
                    line.starttls(context=mail.tls())
                if relay.user:
                    line.login(relay.user, relay.password)
                refused = line.send_message(written, mail.sender, list(mail.to))
        except (OSError, smtplib.SMTPException, ValueError) as error:
            words, advice = _in_words(error, relay)
            raise NotSent(words, advice=advice) from None
        if refused:
            return f"{len(refused)} of {len(mail.to)} addresses were refused"
        return ""

    def _open(self) -> smtplib.SMTP:
        """Say hello. The line is known before it connects, so that it can be cut."""
        mail, relay = self._mail, self._mail.relay
        if relay.tls_first:
            self._line = smtplib.SMTP_SSL(
                local_hostname=mail.domain, timeout=mail.patience, context=mail.tls()
            )
        else:
            self._line = smtplib.SMTP(local_hostname=mail.domain, timeout=mail.patience)
        self._line._host = relay.host  # type: ignore[attr-defined]  # noqa: SLF001 - see below
        # smtplib checks the certificate against this name, and takes it from its constructor only,
        # which would connect at once.
        code, _ = self._line.connect(relay.host, relay.port)
        if code != _READY:
            self._line.close()
            raise smtplib.SMTPConnectError(code, b"")
        return self._line


_READY = 220


def _in_words(error: Exception, relay: Relay) -> tuple[str, str]:
    """What went wrong, and what to do; nothing of what the server said but its number."""
    at = f"{relay.host}:{relay.port}"
    match error:
        case smtplib.SMTPAuthenticationError():
            words = f"{at} did not accept the user name and password ({error.smtp_code})."
            return words, "Correct them in AGGREGATOR_SMTP_URL."
        case smtplib.SMTPNotSupportedError():
            words = f"{at} offers no encryption (STARTTLS), or no login that we know."
            return words, "Use smtps:// with port 465, or ask who runs the mail server."
        case smtplib.SMTPRecipientsRefused():
            codes = sorted({code for code, _ in error.recipients.values()})
            words = f"{at} refused every address of AGGREGATOR_MAIL_TO ({_listed(codes)})."
            return words, "Look at AGGREGATOR_MAIL_TO and AGGREGATOR_MAIL_FROM."
        case smtplib.SMTPServerDisconnected() | TimeoutError():
            return f"{at} did not answer in time, or broke off.", _LOOK
        case smtplib.SMTPResponseException():
            return f"{at} refused the message ({error.smtp_code}).", _LOOK
        case ssl.SSLError():
            return _in_words_of_tls(error, at)
        case socket.gaierror():
            return f"There is no mail server {relay.host}.", _LOOK
        case _:
            return f"{at} could not be reached.", _LOOK


def _in_words_of_tls(error: ssl.SSLError, at: str) -> tuple[str, str]:
    if isinstance(error, ssl.SSLCertVerificationError):
        words = f"The certificate of {at} is not valid: {error.verify_message}."
        return words, "Use the name that stands in it, or set AGGREGATOR_CA_FILE."
    words = f"{at} does not speak TLS as was expected."
    return words, "smtps:// is for port 465, smtp:// for 587."


def _listed(codes: list[int]) -> str:
    return ", ".join(str(code) for code in codes)
