"""A small client for the operator's own endpoints, which do not go through the guard.

In: an address from the settings, never from feeds.yaml or a feed. Out: the status of one answer.
Not here: visits (``client.py``); what is sent, and what an answer means (``alerts/``).

Addresses are secrets here. So the transport is used without the client around it, which would
log each address, follow redirects and keep cookies.
"""

import asyncio
import json
import ssl
from collections.abc import Mapping
from pathlib import Path
from urllib.parse import urlsplit

import httpx

from aggregator.errors import NotSent

CONNECT = 10.0
"""Seconds, also for each wait for more of an answer."""
DEADLINE = 20.0
"""Seconds for all of it."""
_LOOK = "Look whether this machine may reach it; AGGREGATOR_PROXY and AGGREGATOR_CA_FILE may help."


def tls_context(ca_file: Path | None) -> ssl.SSLContext:
    """What certificates of the operator's own endpoints are checked with; None: the shipped ones.

    Raises NotSent where the file cannot be used.
    """
    try:
        if ca_file is None:
            context = httpx.create_ssl_context(trust_env=False)
        else:
            context = ssl.create_default_context(cafile=ca_file)
    except OSError:
        raise NotSent(
            f"The certificates in {ca_file} cannot be read.", advice="Look at AGGREGATOR_CA_FILE."
        ) from None
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    return context


class OperatorClient:
    """Posts JSON: one connection each time, no redirects, no cookies, nothing logged."""

    def __init__(
        self,
        *,
        user_agent: str,
        ca_file: Path | None = None,
        proxy: str | None = None,
        deadline: float = DEADLINE,
    ) -> None:
        """Ask nothing yet.

        ``proxy``: an ``http:`` address, for what is asked by https; what is asked by http lies in
        the operator's own networks.
        """
        self._user_agent = user_agent
        self._ca_file = ca_file
        self._proxy = proxy
        self._deadline = deadline

    async def post_json(self, url: str, value: Mapping[str, str]) -> int:
        """Hand in an object; the status, whatever it is. Raises NotSent where no answer comes."""
        parts = urlsplit(url)
        request = httpx.Request(
            "POST",
            url,
            content=json.dumps(dict(value)).encode(),
            headers={"Content-Type": "application/json", "User-Agent": self._user_agent},
            extensions={"timeout": httpx.Timeout(CONNECT).as_dict()},
        )
        try:
            async with asyncio.timeout(self._deadline), self._transport(parts.scheme) as transport:
                answer = await transport.handle_async_request(request)
                await answer.aclose()
        except (httpx.TimeoutException, TimeoutError):
            raise NotSent(f"{parts.hostname} did not answer in time.", advice=_LOOK) from None
        except (httpx.TransportError, ssl.SSLError, OSError) as error:
            raise NotSent(_in_words(error, f"{parts.hostname}"), advice=_LOOK) from None
        return answer.status_code

    def _transport(self, scheme: str) -> httpx.AsyncHTTPTransport:
        if scheme == "http":
            return httpx.AsyncHTTPTransport(trust_env=False)
        return httpx.AsyncHTTPTransport(
            verify=tls_context(self._ca_file), trust_env=False, proxy=self._proxy
        )


def _in_words(error: BaseException, host: str) -> str:
    """Nothing of the error's own words: they may name what was asked."""
    cause: BaseException | None = error
    while cause is not None:
        if isinstance(cause, ssl.SSLCertVerificationError):
            return f"The certificate of {host} is not valid: {cause.verify_message}."
        cause = cause.__cause__ or cause.__context__
    return f"{host} could not be reached."
