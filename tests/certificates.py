"""Certificates of our own making, for servers of tests that speak TLS."""

import shutil
import subprocess
from pathlib import Path

import pytest


def self_signed(folder: Path, host: str, organisation: str = "") -> tuple[Path, Path]:
    """A certificate for ``host`` that vouches for itself, and its key.

    ``organisation`` is who issued it; empty: it names none.
    """
    if shutil.which("openssl") is None:
        pytest.skip("no openssl command was found to make a certificate with")
    cert, key = folder / "cert.pem", folder / "key.pem"
    command = "openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 2"
    named = f"/O={organisation}/CN={host}" if organisation else f"/CN={host}"
    naming = ["-subj", named, "-addext", f"subjectAltName=DNS:{host}"]
    files = ["-keyout", str(key), "-out", str(cert)]
    subprocess.run([*command.split(), *naming, *files], check=True, capture_output=True)
    return cert, key
