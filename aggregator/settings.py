"""The environment, read once into typed ``Settings``. Nobody else reads it.

One table: field, default, description. ``doctor`` and the documentation are made from it.
"""

import hashlib
import os
import re
from collections.abc import Mapping
from ipaddress import IPv4Network, IPv6Network, ip_network
from pathlib import Path
from typing import Annotated, Any
from urllib.parse import urlsplit

from pydantic import (
    Field,
    PrivateAttr,
    SecretStr,
    ValidationError,
    ValidationInfo,
    field_validator,
)
from pydantic_settings import BaseSettings, NoDecode, SettingsConfigDict
from pydantic_settings import PydanticBaseSettingsSource as Source

from aggregator.errors import SettingsError

PREFIX = "AGGREGATOR_"
_SHIPPED = Path(__file__).resolve().parent

_SITE = re.compile(r"https?://(\*\.)?[a-z0-9.-]+(:\d+)?", re.IGNORECASE)
"""As a policy's frame-ancestors names one (CSP 3, 2.3.1)."""
_MAIL = re.compile(r"[A-Za-z0-9.!#$%&'*+/=?^_`{|}~-]+@[A-Za-z0-9.-]+")
"""As the HTML standard describes it; none of its characters can end a header or a list."""
_TIME = re.compile(r"([01]?\d|2[0-3])(:[0-5]\d)?", re.ASCII)


def _shipped_templates() -> Path:
    """``templates/`` beside the package in a checkout, inside it once installed."""
    inside = _SHIPPED / "templates"
    return inside if inside.is_dir() else _SHIPPED.parent / "templates"


class Settings(BaseSettings):
    """What differs from machine to machine. Frozen; a change of the environment needs a start."""

    model_config = SettingsConfigDict(env_prefix=PREFIX, frozen=True, extra="ignore")

    _tokens: Mapping[str, str] | None = PrivateAttr(None)
    """In the place of the environment, for ``token``; None: the environment itself."""

    config: Path = Field(
        Path("feeds.yaml"), description="The list of sources and widgets that staff keep."
    )
    data: Path = Field(
        Path("data"),
        description="Folder for the database, the outputs (`public/`), pictures and the heartbeat.",
    )
    database_url: SecretStr | None = Field(
        None,
        description="A database other than `aggregator.db` in the data folder, as SQLAlchemy "
        "writes it. May hold a password, so it is never printed.",
    )
    host: str = Field("127.0.0.1", description="Address that `serve` listens on.")
    port: int = Field(8000, ge=0, le=65535, description="Port that `serve` listens on.")
    public_url: str = Field(
        "",
        description="Where visitors reach the outputs, for example "
        "`https://www.example.org/feeds`. Links in widgets start with it; empty: with `/`. Where "
        "it is https, hubs are asked to push new posts to `/hooks/websub/` below it.",
    )
    frame_sites: Annotated[tuple[str, ...], NoDecode] = Field(
        (),
        description="Comma list of websites whose pages may show a widget in an iframe, for "
        "example `https://www.example.org`. Empty: only pages under the same address as the "
        "widgets.",
    )
    contact: str = Field(
        "",
        description="A page or mail address for owners of feeds, named in our User-Agent. "
        "Empty: the site's own address from feeds.yaml.",
    )
    secret_key: SecretStr | None = Field(
        None,
        description="At least 32 characters, for the keyed digests of what was taken down, and to "
        "encrypt tokens that were renewed. Unset: one is made in the data folder (`secret.key`, "
        "readable by its owner only). A database keeps the key that it was made with: set it alike "
        "for `serve` and every command, and keep it as long as the database.",
    )
    metrics_token: SecretStr | None = Field(
        None,
        description="At least 20 characters. Set, `/metrics` answers those who send it as "
        "`Authorization: Bearer TOKEN` ([metrics.md](metrics.md)); unset, there is no such page.",
    )
    templates: Path | None = Field(
        None, description="A folder whose files replace shipped templates of the same name."
    )
    holds: Path | None = Field(
        None,
        description="A file that adds to what makes posts of families' blogs wait for a person "
        "([holds.md](holds.md)).",
    )
    allow_networks: Annotated[tuple[IPv4Network | IPv6Network, ...], NoDecode] = Field(
        (),
        description="Comma list of networks that may be visited besides the public Internet, "
        "for example `10.1.0.0/16`. Meant for tests and closed networks.",
    )
    allow_ports: Annotated[tuple[int, ...], NoDecode] = Field(
        (), description="Comma list of ports that may be visited besides 80, 443, 8080 and 8443."
    )
    proxy: SecretStr | None = Field(
        None,
        description="An HTTP proxy that all fetches go through, for networks that need one. "
        "The proxy then resolves names itself, and must itself refuse private addresses.",
    )
    ca_file: Path | None = Field(
        None, description="Certificates to trust instead of the shipped ones (PEM)."
    )
    smtp_url: SecretStr | None = Field(
        None,
        description="The mail server that takes alerts: `smtp://USER:PASSWORD@mail.example.org:587`"
        " (with STARTTLS) or `smtps://…:465`. `?starttls=no` is for one on this machine only. In a "
        "password, `/` is written `%2F`, `@` `%40` and `#` `%23`.",
    )
    mail_from: str = Field("", description="The address that alerts come from.")
    mail_to: Annotated[tuple[str, ...], NoDecode] = Field(
        (), description="Comma list of the addresses that alerts go to."
    )
    webhook_url: SecretStr | None = Field(
        None,
        description='A webhook that alerts go to as `{"text": …}`, as Slack takes them. https, '
        "except on this machine and in `AGGREGATOR_ALLOW_NETWORKS`.",
    )
    quiet_hours: str = Field(
        "",
        description="In which no alert is sent, for example `22-7`, in the site's time zone. They "
        "wait until the end. Empty: none.",
    )
    digest_at: str = Field(
        "08:00",
        description="When the day's digest is due, in the site's time zone. Empty: no digest.",
    )

    keep_posts: int | None = Field(
        400,
        ge=30,
        description="Days for which posts are kept of sources that are followed, by their date. "
        "Older ones show nowhere, and what is not needed is not kept; but the newest 50 of a "
        "source, what a widget shows and what is pinned always stay. Empty: for ever.",
    )
    keep_hidden: int = Field(
        90,
        ge=30,
        description="Days after which the text and pictures of a hidden post are erased. That it "
        "is hidden stays known, so that it does not come back. At least 30: so long it can be "
        "undone.",
    )
    keep_left: int = Field(
        30,
        ge=30,
        description="Days after which all is erased of a source that left feeds.yaml, and a "
        "renewed token that nothing there names any more. At least 30: so long it can be undone.",
    )
    keep_alerts: int = Field(
        30,
        ge=30,
        description="Days for which alerts that were sent are kept, so that none is sent twice.",
    )
    keep_consents: int = Field(
        2190,
        ge=365,
        description="Days for which it can be proved that a consent was given, after it has ended. "
        "2190 are six years, for which the rules of HIPAA have an authorization kept "
        "(45 CFR 164.530(j)).",
    )

    @field_validator("keep_posts", mode="before")
    @classmethod
    def _for_ever(cls, value: object) -> object:
        return None if isinstance(value, str) and not value.strip() else value

    @field_validator("allow_networks", mode="before")
    @classmethod
    def _networks(cls, value: object) -> object:
        if isinstance(value, str):
            try:
                return tuple(ip_network(part.strip()) for part in value.split(",") if part.strip())
            except ValueError as error:
                raise ValueError(f"a comma list such as 10.1.0.0/16 is wanted; {error}") from None
        return value

    @field_validator("allow_ports", mode="before")
    @classmethod
    def _ports(cls, value: object) -> object:
        if not isinstance(value, str):
            return value
        parts = [part.strip() for part in value.split(",") if part.strip()]
        if any(not part.isdigit() or not 0 < int(part) < 1 << 16 for part in parts):
            raise ValueError("a comma list of ports from 1 to 65535 is wanted, such as 8001,8002")
        return tuple(int(part) for part in parts)

    @field_validator("mail_to", mode="before")
    @classmethod
    def _addresses(cls, value: object) -> object:
        if not isinstance(value, str):
            return value
        addresses = tuple(part.strip() for part in value.split(",") if part.strip())
        if not all(_MAIL.fullmatch(address) for address in addresses):
            raise ValueError("a comma list such as web@example.org is wanted, without names")
        return addresses

    @field_validator("mail_from")
    @classmethod
    def _address(cls, value: str) -> str:
        if value and not _MAIL.fullmatch(value):
            raise ValueError("an address such as web@example.org is wanted, without a name")
        return value

    @field_validator("quiet_hours", "digest_at")
    @classmethod
    def _hours(cls, value: str, info: ValidationInfo) -> str:
        value = value.strip()
        begin, _, end = value.partition("-")
        parts = [begin, end] if info.field_name == "quiet_hours" else [value]
        if value and (not all(_TIME.fullmatch(part) for part in parts) or begin == end):
            example = "22-7" if info.field_name == "quiet_hours" else "08:00"
            raise ValueError(f"hours of a day are wanted, such as {example}")
        return value

    @field_validator("public_url")
    @classmethod
    def _public_url(cls, value: str) -> str:
        parts = urlsplit(value)
        if value and (parts.scheme not in {"http", "https"} or not parts.netloc):
            raise ValueError("an address that starts with https:// is wanted")
        if "@" in parts.netloc or parts.query or parts.fragment:
            raise ValueError("a plain address is wanted, without a name, a password, ? or #")
        return value.rstrip("/")

    @field_validator("proxy")
    @classmethod
    def _proxy(cls, value: SecretStr | None) -> SecretStr | None:
        if value is not None and not _is_proxy(value.get_secret_value()):
            raise ValueError("a proxy's address looks like http://proxy.example.org:3128")
        return value

    @field_validator("frame_sites", mode="before")
    @classmethod
    def _frame_sites(cls, value: object) -> object:
        if not isinstance(value, str):
            return value
        sites = [part.strip().rstrip("/") for part in value.split(",") if part.strip()]
        if not all(_SITE.fullmatch(site) for site in sites):
            raise ValueError("a comma list such as https://www.example.org is wanted, no pages")
        return tuple(sites)

    @field_validator("data")
    @classmethod
    def _no_file(cls, value: Path) -> Path:
        if _may_look(value).exists() and not value.is_dir():
            raise ValueError(f"{value} is a file, and a folder is wanted")
        return value

    @field_validator("templates")
    @classmethod
    def _folder(cls, value: Path | None) -> Path | None:
        if value is not None and not _may_look(value).is_dir():
            raise ValueError(f"there is no folder {value}")
        return value

    @field_validator("ca_file", "holds")
    @classmethod
    def _file(cls, value: Path | None) -> Path | None:
        if value is not None and not _may_look(value).is_file():
            raise ValueError(f"there is no file {value}")
        return value

    @field_validator("secret_key")
    @classmethod
    def _long_enough(cls, value: SecretStr | None) -> SecretStr | None:
        if value is not None and len(value.get_secret_value()) < 32:  # noqa: PLR2004
            raise ValueError("at least 32 characters are wanted")
        return value

    @field_validator("metrics_token")
    @classmethod
    def _hard_to_guess(cls, value: SecretStr | None) -> SecretStr | None:
        token = "x" * 20 if value is None else value.get_secret_value()
        if len(token) < 20 or not token.isascii() or not token.isprintable():  # noqa: PLR2004
            raise ValueError("at least 20 plain letters and digits are wanted")
        return value

    @property
    def public(self) -> Path:
        """The folder of the outputs, laid out as the website sees it."""
        return self.data / "public"

    @property
    def good_catalogue(self) -> Path:
        """Where the last good feeds.yaml is kept."""
        return self.data / "catalogue.good.yaml"

    @property
    def template_folders(self) -> tuple[Path, ...]:
        """Where templates are looked for, first match wins."""
        shipped = _shipped_templates()
        return (self.templates, shipped) if self.templates else (shipped,)

    @property
    def database(self) -> str:
        """The database as a SQLAlchemy URL. May hold a password: never print it."""
        if self.database_url is not None:
            return self.database_url.get_secret_value()
        return f"sqlite:///{(self.data / 'aggregator.db').resolve()}"

    def shaping(self) -> dict[str, str]:
        """By variable, a digest of what outputs are made with, to compare two processes."""
        files = {"templates": self.templates, "holds": self.holds}
        shaping = {name: str(path.resolve()) if path else "" for name, path in files.items()}
        shaping["public_url"] = self.public_url
        return {
            PREFIX + name.upper(): hashlib.sha256(value.encode()).hexdigest()[:16]
            for name, value in sorted(shaping.items())
        }

    def token(self, variable: str) -> str | None:
        """What a variable holds that feeds.yaml names; None: nothing. Never print it.

        Our own settings are no tokens, whoever names them: tokens are sent to others.
        """
        held = os.environ if self._tokens is None else self._tokens
        own = variable.upper().startswith(PREFIX)
        return None if own else held.get(variable, "").strip() or None


def _is_proxy(address: str) -> bool:
    try:
        parts = urlsplit(address)
        _ = parts.port
    except ValueError:
        return False
    return parts.scheme == "http" and bool(parts.hostname)


def _may_look(path: Path) -> Path:
    """The path; ValueError where this user may not even see whether it is there."""
    try:
        path.exists()
    except PermissionError:
        raise ValueError(f"this user may not look into the folders of {path}") from None
    return path


class _Sealed(Settings):
    """Settings that hear nothing from outside."""

    @classmethod
    def settings_customise_sources(
        cls, settings_cls: type[BaseSettings], init_settings: Source, *_: Source, **__: Source
    ) -> tuple[Source, ...]:
        return (init_settings,)


def load_settings(
    *, sealed: bool = False, tokens: Mapping[str, str] | None = None, **overrides: Any
) -> Settings:
    """Settings from the environment; ``overrides`` (from the command line) win, None is ignored.

    ``sealed`` leaves the environment out: the sample world must not touch a real database.
    ``tokens`` are there by variable instead of those of the environment.
    Raises SettingsError that names the variable.
    """
    given = {name: value for name, value in overrides.items() if value is not None}
    try:
        settings = (_Sealed if sealed else Settings)(**given)
    except ValidationError as error:
        first = error.errors(include_input=False, include_url=False)[0]
        name = PREFIX + str(first["loc"][0]).upper()
        words = first["msg"].removeprefix("Value error, ")
        if first["type"].startswith("int_"):
            words = "a number is wanted"
        advice = f"Correct {name} and start again."
        raise SettingsError(name, words, advice=advice) from None
    if sealed or tokens is not None:
        settings._tokens = dict(tokens or {})  # noqa: SLF001 - made here, and frozen from here on
    return settings


def misspelt() -> list[str]:
    """Variables of the environment that are named as settings are, and are none."""
    known = {PREFIX + name.upper() for name in Settings.model_fields}
    return sorted(name for name in os.environ if name.startswith(PREFIX) and name not in known)


def table() -> list[tuple[str, str, str]]:
    """Every setting as (variable, default, meaning), in order, for ``doctor`` and the docs."""
    rows = []
    for name, info in Settings.model_fields.items():
        default = info.default
        shown = "" if default in (None, (), "") else str(default)
        rows.append((PREFIX + name.upper(), shown, info.description or ""))
    return rows
