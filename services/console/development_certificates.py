"""An authority for development and certificates under it, each with an identity and the names that it may be reached by.

What it makes is good for one machine, a test or a trial cluster: the authority's key lies beside what it signs.
"""

import ipaddress
import os
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from services.runtime.callers import CALLERS
from services.runtime.security import IDENTITY_PREFIX, TlsFiles

AUTHORITY_DAYS = 3_650
EARLIER = timedelta(minutes=5)
"""Certificates hold from a little before they are made: clocks differ."""
NAMES = CALLERS


class FileExists(Exception):
    """A file that would be written is there already; the message names it."""


@dataclass(frozen=True, slots=True, repr=False)
class Authority:
    """Who signs."""

    certificate: x509.Certificate
    key: ec.EllipticCurvePrivateKey


@dataclass(frozen=True, slots=True, repr=False)
class Issued:
    """A certificate and its key, as PEM."""

    certificate: bytes
    key: bytes


def new_authority(now: datetime, *, days: int = AUTHORITY_DAYS) -> Authority:
    """Make an authority that may sign certificates, and no further authorities."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = _named("Parlour development authority")
    usage = x509.KeyUsage(False, False, False, False, False, True, True, False, False)  # signs certificates and lists of revoked ones
    builder = (
        _valid(name, name, key, now, days)
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .add_extension(usage, critical=True)
    )
    return Authority(builder.sign(key, hashes.SHA256()), key)


def issue(authority: Authority, name: str, hosts: Sequence[str], now: datetime, *, days: float, identity_prefix: str = IDENTITY_PREFIX) -> Issued:
    """Make a certificate for a server and client called `name`, reachable by `hosts` (names and addresses), from `now` for `days`."""
    key = ec.generate_private_key(ec.SECP256R1())
    alternatives: list[x509.GeneralName] = [x509.UniformResourceIdentifier(f"{identity_prefix}{name}"), *map(_host, hosts)]
    usage = x509.KeyUsage(True, False, False, False, False, False, False, False, False)  # signs handshakes
    builder = (
        _valid(_named(name), authority.certificate.subject, key, now, days)
        .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
        .add_extension(usage, critical=True)
        .add_extension(x509.ExtendedKeyUsage([ExtendedKeyUsageOID.SERVER_AUTH, ExtendedKeyUsageOID.CLIENT_AUTH]), critical=False)
        .add_extension(x509.SubjectAlternativeName(alternatives), critical=False)
        .add_extension(x509.AuthorityKeyIdentifier.from_issuer_public_key(authority.key.public_key()), critical=False)
    )
    return Issued(_pem(builder.sign(authority.key, hashes.SHA256())), _key_pem(key))


def hosts_of(name: str, namespace: str = "parlour") -> list[str]:
    """Return what a service is called on this machine, in a compose file and in a cluster."""
    return ["localhost", "127.0.0.1", "::1", name, *(f"{name}.{namespace}{end}" for end in ("", ".svc", ".svc.cluster.local"))]


def files_in(folder: Path, name: str) -> TlsFiles:
    """Return where a name's files lie in a folder."""
    return TlsFiles(folder / "ca.pem", folder / f"{name}.pem", folder / f"{name}-key.pem")


def write_certificates(
    folder: Path, names: Sequence[str], now: datetime, *, days: float, hosts: Sequence[str] = (), namespace: str = "parlour", force: bool = False
) -> list[Path]:
    """Write a certificate and a key for each name, signed by the folder's authority, which is made where there is none; return what was written.

    Keys are for their owner's eyes. Raises FileExists, before anything is written, for a certificate that is there, unless `force` replaces it; the
    authority is never replaced. Raises OSError, and ValueError where the authority's files cannot be read.
    """
    if not force:
        for name in names:
            files = files_in(folder, name)
            for path in (files.cert, files.key):
                if path.exists():
                    raise FileExists(f"{path} is there already: give --force to replace it, or another --out")
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    authority, written = _authority_in(folder, now)
    for name in names:
        files = files_in(folder, name)
        issued = issue(authority, name, [*hosts_of(name, namespace), *hosts], now, days=days)
        written += [_write(files.key, issued.key, 0o600), _write(files.cert, issued.certificate, 0o644)]
    return written


def _authority_in(folder: Path, now: datetime) -> tuple[Authority, list[Path]]:
    certificate, key = folder / "ca.pem", folder / "ca-key.pem"
    if certificate.exists() != key.exists():
        raise FileExists(f"{folder} holds {'ca.pem' if certificate.exists() else 'ca-key.pem'} and not the other half of the authority")
    if not certificate.exists():
        authority = new_authority(now)
        return authority, [_write(key, _key_pem(authority.key), 0o600), _write(certificate, _pem(authority.certificate), 0o644)]
    private = serialization.load_pem_private_key(key.read_bytes(), None)
    if not isinstance(private, ec.EllipticCurvePrivateKey):
        raise ValueError(f"{key} is of another kind than this command makes")  # noqa: TRY004 -- of what the file holds, not of what was passed
    return Authority(x509.load_pem_x509_certificate(certificate.read_bytes()), private), []


def _write(path: Path, content: bytes, mode: int) -> Path:
    """Write a file that is never half there, and never readable for longer than it should be."""
    beside = path.with_name(f".{path.name}.new")
    beside.unlink(missing_ok=True)
    with os.fdopen(os.open(beside, os.O_WRONLY | os.O_CREAT | os.O_EXCL, mode), "wb") as file:
        file.write(content)
    beside.replace(path)
    return path


def _valid(subject: x509.Name, issuer: x509.Name, key: ec.EllipticCurvePrivateKey, now: datetime, days: float) -> x509.CertificateBuilder:
    return (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(issuer)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - EARLIER)
        .not_valid_after(now + timedelta(days=days))
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
    )


def _named(name: str) -> x509.Name:
    return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])


def _host(host: str) -> x509.GeneralName:
    try:
        return x509.IPAddress(ipaddress.ip_address(host))
    except ValueError:
        return x509.DNSName(host)


def _pem(certificate: x509.Certificate) -> bytes:
    return certificate.public_bytes(serialization.Encoding.PEM)


def _key_pem(key: ec.EllipticCurvePrivateKey) -> bytes:
    return key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
