"""Mutual TLS between services, from files that may be renewed while the process runs. Without files everything is plaintext and belongs on loopback.

A service's identity is the URI in its certificate (`spiffe://parlour/credit`): it says who somebody is, and nothing about where; DNS names and
addresses stay what a client compares with the name that it dialled. Meshes and cert-manager issue such URIs too; `identity_prefix` says which are
ours.
"""

import asyncio
import ssl
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import cast

import grpc
import structlog
from prometheus_client import Counter, Gauge

IDENTITY_PREFIX = "spiffe://parlour/"
_LOOPBACK = ("127.", "localhost:", "[::1]:", "unix:")

_expiry = Gauge("parlour_tls_certificate_expiry_seconds", "Until this process's certificate is no longer valid; negative: since then")
_reloads = Counter("parlour_tls_reloads_total", "Renewed certificate files that were read, and that could not be used", ["result"])
_log = structlog.get_logger(__name__)  # not by way of telemetry, which would have the console load all of OpenTelemetry


class UnusableTls(ValueError):
    """The certificate files cannot be used; the message says why in one line, without anything of their contents."""


@dataclass(frozen=True, slots=True)
class TlsFiles:
    """PEM files: the authority that both sides trust, and this process's certificate and key."""

    ca: Path
    cert: Path
    key: Path


@dataclass(frozen=True, slots=True, repr=False)
class Material:
    """What the files hold, known to fit together, and what the certificate says: its URIs, and its end in seconds since 1970."""

    ca: bytes
    cert: bytes
    key: bytes
    uris: tuple[str, ...]
    not_after: float


def tls_files(ca: str, cert: str, key: str) -> TlsFiles | None:
    """Return the three files, or None if none is named. Raises UnusableTls if only some are."""
    if not (ca or cert or key):
        return None
    if not (ca and cert and key):
        raise UnusableTls("PARLOUR_TLS_CA, PARLOUR_TLS_CERT and PARLOUR_TLS_KEY go together")
    return TlsFiles(Path(ca), Path(cert), Path(key))


def is_loopback(listen: str) -> bool:
    """Return whether only this machine can reach an address to listen on."""
    return listen.startswith(_LOOPBACK)


def identity(uris: tuple[str, ...], prefix: str) -> str:
    """Return the name that a certificate's URIs give its holder; empty where none or more than one is ours."""
    names = [uri.removeprefix(prefix) for uri in uris if uri.startswith(prefix)]
    return names[0] if len(names) == 1 else ""


def read_material(files: TlsFiles) -> Material:
    """Read the files and try them on each other. Raises UnusableTls."""
    ca, cert, key = _read("PARLOUR_TLS_CA", files.ca), _read("PARLOUR_TLS_CERT", files.cert), _read("PARLOUR_TLS_KEY", files.key)
    certificate = _certificate_of(files)
    if (ca, cert, key) != (_read("PARLOUR_TLS_CA", files.ca), _read("PARLOUR_TLS_CERT", files.cert), _read("PARLOUR_TLS_KEY", files.key)):
        raise UnusableTls("the certificate files were replaced while they were read")
    names = cast("tuple[tuple[str, str], ...]", certificate.get("subjectAltName", ()))
    uris = tuple(value for kind, value in names if kind == "URI")
    return Material(ca, cert, key, uris, float(ssl.cert_time_to_seconds(str(certificate["notAfter"]))))


def _read(name: str, path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError as error:
        raise UnusableTls(f"{name} names {path}, which cannot be read: {(error.strerror or 'no').lower()}") from None


def _certificate_of(files: TlsFiles) -> Mapping[str, object]:
    """Return the certificate as a peer would see it, by a handshake with ourselves: whatever a peer would object to, we hear first."""
    here, there = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER), ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    there.check_hostname = False
    try:
        there.load_verify_locations(files.ca)
    except ssl.SSLError:
        raise UnusableTls(f"PARLOUR_TLS_CA names {files.ca}, which holds no certificate") from None
    try:
        here.load_cert_chain(files.cert, files.key, password=lambda: b"")  # else it would ask at the terminal
    except ssl.SSLError as error:
        raise UnusableTls(f"PARLOUR_TLS_CERT ({files.cert}) and PARLOUR_TLS_KEY ({files.key}) do not fit together: {_words(error)}") from None
    sent, received = ssl.MemoryBIO(), ssl.MemoryBIO()
    server, client = here.wrap_bio(sent, received, server_side=True), there.wrap_bio(received, sent)
    try:
        waiting = [client, server]
        while waiting:
            waiting = [side for side in waiting if not _shook_hands(side)]
    except ssl.SSLCertVerificationError as error:
        raise UnusableTls(f"the certificate in {files.cert} is not valid under {files.ca}: {error.verify_message}") from None
    except ssl.SSLError as error:
        raise UnusableTls(f"the certificate in {files.cert} cannot be used: {_words(error)}") from None
    certificate = client.getpeercert()
    assert certificate is not None  # a client has verified it
    return cast("Mapping[str, object]", certificate)


def _shook_hands(side: ssl.SSLObject) -> bool:
    try:
        side.do_handshake()
    except ssl.SSLWantReadError:
        return False
    return True


def _words(error: ssl.SSLError) -> str:
    return (error.reason or "unknown format").lower().replace("_", " ")


class Tls:
    """This process's certificate, key and authority. Servers and channels made from it use the newest files for new connections.

    Raises UnusableTls where the files cannot be used. `clock` gives seconds since 1970.
    """

    def __init__(self, files: TlsFiles, *, identity_prefix: str = IDENTITY_PREFIX, clock: Callable[[], float] = time.time) -> None:
        self._files = files
        self._clock = clock
        self.identity_prefix = identity_prefix
        self.material = read_material(files)
        self._told = ""
        self._renewed: list[Callable[[], None]] = []
        _expiry.set_function(lambda: self.material.not_after - clock())

    @property
    def identity(self) -> str:
        """The name that others know this process by; empty where the certificate gives none."""
        return identity(self.material.uris, self.identity_prefix)

    def channel_credentials(self) -> grpc.ChannelCredentials:
        """Return what a client needs for connections from now on."""
        return grpc.ssl_channel_credentials(self.material.ca, self.material.key, self.material.cert)

    def server_credentials(self) -> grpc.ServerCredentials:
        """Return what a server needs; it accepts only clients whose certificate the authority signed, and always shows the newest of ours."""
        served = self.material

        def newest() -> grpc.ServerCertificateConfiguration | None:
            nonlocal served
            material = self.material
            if material is served:
                return None
            served = material
            return _server_configuration(material)

        fetcher = cast("Callable[[], grpc.ServerCertificateConfiguration]", newest)  # None: no change
        return grpc.dynamic_ssl_server_credentials(_server_configuration(served), fetcher, require_client_authentication=True)

    def on_renewal(self, act: Callable[[], None]) -> None:
        """Have something done whenever other files are in force."""
        self._renewed.append(act)

    def look(self) -> bool:
        """Read the files where they have changed; return whether others are in force now. Those that cannot be used are told of once."""
        try:
            if (self._files.ca.read_bytes(), self._files.cert.read_bytes(), self._files.key.read_bytes()) == self._in_force():
                self._tell_of_end()
                return False
            material = read_material(self._files)
        except (UnusableTls, OSError) as problem:
            self._tell(str(problem))
            return False
        self.material, self._told = material, ""
        _reloads.labels("used").inc()
        days_left = round((material.not_after - self._clock()) / 86_400, 1)
        _log.info("renewed certificate files are in force", identity=self.identity, days_left=days_left)
        for act in self._renewed:
            act()
        return True

    async def watch(self, interval_s: float) -> None:
        """Look every `interval_s` seconds."""
        while True:
            await asyncio.sleep(interval_s)
            self.look()

    def _in_force(self) -> tuple[bytes, bytes, bytes]:
        return (self.material.ca, self.material.cert, self.material.key)

    def _tell_of_end(self) -> None:
        if self.material.not_after <= self._clock() and self._told != "expired":
            self._told = "expired"
            _log.error("this process's certificate has expired: nobody will accept it", file=str(self._files.cert))

    def _tell(self, problem: str) -> None:
        if problem != self._told:
            self._told = problem
            _reloads.labels("unusable").inc()
            _log.error("changed certificate files cannot be used; those before stay in force", problem=problem)


def own_tls(service: str, files: TlsFiles | None, *, listen: str, plaintext: bool = False, identity_prefix: str = IDENTITY_PREFIX) -> Tls | None:
    """Return what a service shows of itself, or None where it serves only its own machine, or without TLS on purpose (`plaintext`).

    Raises UnusableTls where it would be open to others by mistake, and where the certificate is not the service's own.
    """
    if files is None:
        if not plaintext and not is_loopback(listen):
            prefix = f"PARLOUR_{service.upper()}"
            raise UnusableTls(
                f"{prefix}_LISTEN is {listen}, which others can reach, and no certificate is given: set PARLOUR_TLS_CA, PARLOUR_TLS_CERT and "
                f"PARLOUR_TLS_KEY, or {prefix}_PLAINTEXT=true where something else encrypts and knows who calls"
            )
        return None
    tls = Tls(files, identity_prefix=identity_prefix)
    if tls.identity != service:
        whose = repr(tls.identity[:100]) if tls.identity else f"nobody: it has no URI that begins with {identity_prefix}"
        raise UnusableTls(f"the certificate in {files.cert} belongs to {whose}, and this is {service!r}")
    return tls


def _server_configuration(material: Material) -> grpc.ServerCertificateConfiguration:
    return grpc.ssl_server_certificate_configuration([(material.key, material.cert)], material.ca)


def handshake_problem(details: str, *, encrypted: bool) -> str | None:
    """Return what gRPC's words for a failed connection say about certificates, in one line; None where they say nothing of the kind."""
    for words in ("CERTIFICATE_VERIFY_FAILED: ", "SSL routines:OPENSSL_internal:"):
        if words in details:
            return f"the TLS handshake failed: {details.rsplit(words, 1)[1].removesuffix(': OK').lower().replace('_', ' ')}"
    if "Peer name" in details:
        return "the TLS handshake failed: its certificate is not for this address"
    if "andshake failed" in details:
        return "the TLS handshake failed"
    # TLS 1.3 lets a client finish before the server has judged its certificate: what is left of the refusal is a closed connection.
    if encrypted and "last error" in details and ("Socket closed" in details or "reset by peer" in details):
        return "it closed the connection during the TLS handshake: it may not accept our certificate"
    return None
