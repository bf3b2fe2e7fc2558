"""A mail server in a process of its own: ``python mail_server.py '{"mode": …}'``.

Says its port in the first line of its output, then a JSON line for each mail that it took.
"""

import asyncio
import json
import ssl
import sys
from typing import Any

from aiosmtpd.smtp import SMTP, AuthResult, Envelope, LoginPassword, Session


class Takes:
    """Takes every mail, or refuses as it is told to."""

    def __init__(self, orders: dict[str, Any]) -> None:
        self._orders = orders

    async def handle_RCPT(
        self, server: SMTP, session: Session, envelope: Envelope, address: str, options: list[str]
    ) -> str:
        if address in self._orders.get("refused", []):
            return "550 No such mailbox: secret-user"
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:
        if self._orders.get("mode") == "slow":
            await asyncio.sleep(3600)
        if self._orders.get("mode") == "refusing":
            return "554 Not today, secret-user"
        content, line = envelope.content, server.transport
        taken = {
            "from": envelope.mail_from,
            "to": envelope.rcpt_tos,
            "hello": session.host_name,
            "tls": line is not None and line.get_extra_info("sslcontext") is not None,
            "login": session.authenticated,
            "mail": (content or b"").decode() if isinstance(content, bytes) else content,
        }
        _say(json.dumps(taken))
        return "250 OK"


def _say(line: str) -> None:
    sys.stdout.write(f"{line}\n")
    sys.stdout.flush()


def _checks(server: SMTP, session: Session, envelope: Envelope, way: str, data: Any) -> AuthResult:
    good = LoginPassword(b"aggregator", b"p@ss/word")
    return AuthResult(success=data == good, handled=False)


async def main(orders: dict[str, Any]) -> None:
    """Serve until killed."""
    tls = None
    if "cert" in orders:
        tls = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
        tls.load_cert_chain(orders["cert"], orders["key"])
    first = orders.get("tls") == "first"

    def conversation() -> asyncio.BaseProtocol:
        if orders.get("mode") == "silent":
            return asyncio.Protocol()
        login = bool(orders.get("login"))
        protocol: asyncio.BaseProtocol = SMTP(
            Takes(orders),
            hostname="mail.example.org",
            tls_context=None if first else tls,
            require_starttls=tls is not None and not first,
            authenticator=_checks if login else None,
            auth_required=login,
            auth_require_tls=login and not first,
        )
        return protocol

    server = await asyncio.get_running_loop().create_server(
        conversation, "127.0.0.1", 0, ssl=tls if first else None
    )
    _say(str(server.sockets[0].getsockname()[1]))
    await server.serve_forever()


if __name__ == "__main__":
    asyncio.run(main(json.loads(sys.argv[1])))
