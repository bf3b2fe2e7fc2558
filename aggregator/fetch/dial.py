"""Connections to checked addresses: name, guard, socket, proxy, TLS.

In: an address. Out: a connection that leads to it and nowhere else.
Specification: rules F3 to F6 of the fetching rules.
"""

import asyncio
import socket
import ssl
from collections.abc import Sequence
from functools import cached_property
from ipaddress import ip_address
from pathlib import Path

import h11
import httpx

from aggregator.errors import BadCertificate, FetchError, NoSuchName, TimedOut, Unreachable
from aggregator.fetch.address import Address, IPAddress
from aggregator.fetch.connection import Connection
from aggregator.fetch.guard import Guard
from aggregator.fetch.limits import Limits
from aggregator.fetch.resolve import Resolver

_MOST_ADDRESSES = 4
"""So many addresses of one name are tried, each for its share of the time."""
_NO_SUCH_NAME = {socket.EAI_NONAME, getattr(socket, "EAI_NODATA", socket.EAI_NONAME)}
"""All other troubles are with the name servers, or with this machine, and say nothing of it."""

_CERTIFICATE_ADVICE = (
    "Ask the owner of the site to renew or correct its certificate. If your own network replaces "
    "certificates, an operator may set AGGREGATOR_CA_FILE."
)


class Dialler:
    """Opens connections; holds what all of them share."""

    def __init__(
        self,
        guard: Guard,
        resolver: Resolver,
        limits: Limits,
        *,
        ca_file: Path | None = None,
        proxy: Address | None = None,
    ) -> None:
        self._guard = guard
        self._resolver = resolver
        self._limits = limits
        self._ca_file = ca_file
        self.proxy = proxy

    async def open(self, address: Address) -> Connection:
        """Connect to ``address``, by TLS where its scheme says so.

        With a proxy the name is not ours to resolve, so only what can be seen is checked.
        Raises BlockedAddress, Unreachable and TimedOut.
        """
        self._guard.check(address)
        found = await self._addresses(self.proxy or address)
        if self.proxy is None:
            self._guard.check_answers(address, found)
        try:
            async with asyncio.timeout(self._limits.connect):
                connection = await self._connect(self.proxy or address, found)
                try:
                    if address.scheme == "https":
                        await self._secure(connection, address)
                except BaseException:
                    connection.close()
                    raise
        except TimeoutError as error:
            raise TimedOut(
                f"{address.host} did not accept a connection within "
                f"{self._limits.connect:g} seconds.",
                url=address.url,
            ) from error
        return connection

    @cached_property
    def _tls(self) -> ssl.SSLContext:
        """Made once: reading the certificates takes longer than most fetches (rule F6)."""
        if self._ca_file is None:
            context = httpx.create_ssl_context(trust_env=False)
        else:
            context = ssl.create_default_context(cafile=self._ca_file)
        context.minimum_version = ssl.TLSVersion.TLSv1_2
        context.set_alpn_protocols(["http/1.1"])
        return context

    async def _addresses(self, address: Address) -> Sequence[IPAddress]:
        """Where the name leads: at least one IP address."""
        if address.known_ip is not None:
            return (address.known_ip,)
        try:
            async with asyncio.timeout(self._limits.lookup):
                found = await self._resolver(address.host)
        except TimeoutError as error:
            raise Unreachable(
                f"The name {address.host} could not be looked up within "
                f"{self._limits.lookup:g} seconds.",
                url=address.url,
            ) from error
        except OSError as error:
            if error.errno not in _NO_SUCH_NAME or address is self.proxy:
                raise Unreachable(
                    f"The name {address.host} could not be looked up just now.",
                    url=address.url,
                    advice="It is tried again by itself. Where all sources say so, this machine's "
                    "network or its name server is down.",
                ) from error
            raise _no_such_name(address) from error
        if not found:
            raise _no_such_name(address)
        return found

    async def _connect(self, address: Address, found: Sequence[IPAddress]) -> Connection:
        """To the first address that accepts."""
        tried = found[:_MOST_ADDRESSES]
        share = self._limits.connect / len(tried) if len(tried) > 1 else None
        loop = asyncio.get_running_loop()
        trouble = OSError()
        for ip in tried:
            family = socket.AF_INET if ip.version == 4 else socket.AF_INET6  # noqa: PLR2004
            sock = socket.socket(family, socket.SOCK_STREAM)
            sock.setblocking(False)
            connection = Connection(sock)
            try:
                async with asyncio.timeout(share):
                    await loop.sock_connect(sock, (str(ip), address.port))
                self._check_peer(sock, address)
            except OSError as error:  # TimeoutError is one, too
                connection.close()
                trouble = error
            except BaseException:
                connection.close()
                raise
            else:
                return connection
        if isinstance(trouble, TimeoutError):
            raise trouble
        raise Unreachable(_why_no_connection(address, trouble), url=address.url) from trouble

    def _check_peer(self, sock: socket.socket, address: Address) -> None:
        """Look once more at who answered, now that nothing can change any more (rule F4)."""
        if self.proxy is None:
            self._guard.check_answers(address, (ip_address(sock.getpeername()[0]),))

    async def _secure(self, connection: Connection, address: Address) -> None:
        """Agree on TLS, behind a proxy's tunnel where there is a proxy."""
        if self.proxy is not None:
            await self._tunnel(connection, self.proxy, address)
        try:
            # The server is named as in the address, whatever IP address it was found at.
            await connection.secure(self._tls, address.host)
        except TimeoutError:
            raise
        except ssl.SSLCertVerificationError as error:
            raise BadCertificate(
                f"The certificate of {address.host} is not valid: {error.verify_message}.",
                url=address.url,
                advice=_CERTIFICATE_ADVICE,
            ) from error
        except OSError as error:
            raise Unreachable(
                f"A secure connection to {address.host} could not be agreed on.", url=address.url
            ) from error

    async def _tunnel(self, connection: Connection, proxy: Address, address: Address) -> None:
        """Ask the proxy to connect us through (CONNECT, RFC 9110, section 9.3.6)."""
        talk = h11.Connection(h11.CLIENT, max_incomplete_event_size=self._limits.head)
        request = h11.Request(
            method="CONNECT",
            target=address.place,
            headers=[("Host", address.place), *proxy_fields(proxy)],
        )
        try:
            await connection.send((talk.send(request) or b"") + talk.send(h11.EndOfMessage()))
            while (event := talk.next_event()) is h11.NEED_DATA:
                talk.receive_data(await connection.receive(4096))
        except (OSError, h11.RemoteProtocolError) as error:
            if isinstance(error, TimeoutError):
                raise
            raise Unreachable("The proxy did not answer properly.", url=address.url) from error
        if not (isinstance(event, h11.Response) and 200 <= event.status_code < 300):  # noqa: PLR2004
            status = getattr(event, "status_code", "nothing")
            raise Unreachable(
                f"The proxy did not let us through to {address.host} (it answered {status}).",
                url=address.url,
                advice="Ask whoever runs the proxy that AGGREGATOR_PROXY names.",
            )


def proxy_fields(proxy: Address) -> list[tuple[str, str]]:
    """What a proxy wants to know besides."""
    if proxy.credentials is None:
        return []
    return [("Proxy-Authorization", f"Basic {proxy.credentials}")]


def _no_such_name(address: Address) -> FetchError:
    return NoSuchName(
        f"There is no server by the name of {address.host}.",
        url=address.url,
        advice="Check the spelling of the address; if it is right, the site may have been closed.",
    )


def _why_no_connection(address: Address, trouble: OSError) -> str:
    if isinstance(trouble, ConnectionRefusedError):
        return f"{address.host} does not accept connections on port {address.port}."
    return f"There is no way to {address.host} ({trouble.strerror or 'the connection broke'})."
