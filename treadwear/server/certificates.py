"""An authority of the club's own, and the certificate of its server.

No public authority signs names such as ``club-laptop.local``. Machines that are to
trust the server get the authority's certificate, `ca.crt`; its key never leaves the
directory that `treadwear init` made.
"""

import ipaddress
import re
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from contract.errors import UsageError

_CA_DAYS = 3652
"""Ten years: each laptop has to be given a new one by hand."""
_SERVER_DAYS = 397
"""Longer ones are refused by some systems (CA/Browser Forum, ballot SC31: 398 days)."""
_CLOCKS_DIFFER = timedelta(hours=1)
"""Valid since a little before now: clocks of laptops are not exact."""
_ASK_THE_MACHINE = "`hostname` and `hostname -I` say its name and its addresses."
_AUTHORITY = "treadwear club CA"
_HOST_LABEL = re.compile(r"(?!-)[a-z0-9-]{1,63}(?<!-)", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Certified:
    """A certificate and its key, PEM."""

    certificate: bytes
    key: bytes


def check_host(host: str) -> str:
    """Return a name or address that others find a machine by, in its usual form.

    Raises `UsageError` for what is neither, and for what each machine calls itself.
    """
    is_name = len(host) <= 253 and all(map(_HOST_LABEL.fullmatch, host.split(".")))
    # 300.1.1.1 is no address, and no name either: no name ends in a number.
    is_number = host.rpartition(".")[2].isdigit()
    if _address(host) is None and (not is_name or is_number):
        raise UsageError(
            f"{host!r} is no name of a machine",
            "a name like club-laptop.local or an address like 192.168.1.20 is needed",
            _ASK_THE_MACHINE,
        )
    usual = _usual(host)
    if _is_itself(usual):
        raise UsageError(
            f"{host!r} is what every machine calls itself",
            "from another one it leads to that other one, or nowhere",
            _ASK_THE_MACHINE,
        )
    return usual


def in_address(host: str) -> str:
    """Return the host as it stands in a URL: IPv6 addresses in brackets."""
    return f"[{host}]" if ":" in host else host


def new_authority(now: datetime | None = None) -> Certified:
    """A new authority; valid for ten years."""
    return _authority(ec.generate_private_key(ec.SECP256R1()), now)


def authority_again(key: bytes, now: datetime | None = None) -> Certified:
    """The authority of a key whose certificate is lost.

    Name and key are as before, so who trusts the lost certificate trusts what this one
    signs, and the other way round.
    """
    return _authority(_signer(key), now)


def new_server(
    authority: Certified, host: str, now: datetime | None = None
) -> Certified:
    """A certificate for the host, ``localhost`` and 127.0.0.1, with a new key."""
    issuer, signer = _read(authority.certificate), _signer(authority.key)
    if issuer.public_key() != signer.public_key():
        raise UsageError(
            "tls/ca.crt and tls/ca.key do not belong together",
            "nobody would trust what they sign",
            "Put both back from one copy.",
        )
    key = ec.generate_private_key(ec.SECP256R1())
    name = _common_name(host[:64])
    builder = _builder(name, issuer.subject, key, _SERVER_DAYS, now)
    by_issuer = x509.AuthorityKeyIdentifier.from_issuer_public_key(signer.public_key())
    extensions: list[tuple[x509.ExtensionType, bool]] = [
        (x509.BasicConstraints(False, None), True),
        (_usage(is_authority=False), True),
        (x509.ExtendedKeyUsage([ExtendedKeyUsageOID.SERVER_AUTH]), False),
        (x509.SubjectAlternativeName(_names(host)), False),
        (by_issuer, False),
    ]
    for extension, critical in extensions:
        builder = builder.add_extension(extension, critical=critical)
    return _signed(builder, key, signer)


def hosts_of(certificate: bytes) -> tuple[str, ...]:
    """Names and addresses that a certificate is good for, its own host first."""
    try:
        extensions = _read(certificate).extensions
        names = extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    except x509.ExtensionNotFound:
        return ()
    known = (x509.DNSName, x509.IPAddress)
    hosts = [_usual(str(name.value)) for name in names if isinstance(name, known)]
    return tuple(sorted(hosts, key=_is_itself))


def is_of_our_kind(certificate: bytes) -> bool:
    """Whether an authority of ours has signed it, not one that somebody else runs."""
    issuer = _read(certificate).issuer
    return issuer == _common_name(_AUTHORITY)


def days_left(certificate: bytes, now: datetime | None = None) -> int:
    """Whole days until a certificate is no longer good; negative when it is not."""
    until = _read(certificate).not_valid_after_utc
    return (until - (now or datetime.now(UTC))).days


def _authority(key: ec.EllipticCurvePrivateKey, now: datetime | None) -> Certified:
    name = _common_name(_AUTHORITY)
    builder = _builder(name, name, key, _CA_DAYS, now)
    builder = builder.add_extension(x509.BasicConstraints(True, 0), critical=True)
    builder = builder.add_extension(_usage(is_authority=True), critical=True)
    return _signed(builder, key, key)


def _common_name(word: str) -> x509.Name:
    return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, word)])


def _read(certificate: bytes) -> x509.Certificate:
    try:
        return x509.load_pem_x509_certificate(certificate)
    except ValueError as fault:
        raise UsageError(
            "a certificate in tls/ cannot be read",
            "it is no certificate in PEM, or a part of one",
            "Put it back from your copy, or remove it and run this again.",
        ) from fault


def _signer(key: bytes) -> ec.EllipticCurvePrivateKey:
    try:
        found = serialization.load_pem_private_key(key, None)
    except (ValueError, TypeError) as fault:  # TypeError: a password is needed
        raise _not_ours() from fault
    if not isinstance(found, ec.EllipticCurvePrivateKey):
        raise _not_ours()
    return found


def _not_ours() -> UsageError:
    return UsageError(
        "tls/ca.key is no key that `treadwear init` has made",
        "nothing can be signed with it",
        "Put it back from your copy.",
    )


def _builder(
    subject: x509.Name,
    issuer: x509.Name,
    key: ec.EllipticCurvePrivateKey,
    days: int,
    now: datetime | None,
) -> x509.CertificateBuilder:
    begin = (now or datetime.now(UTC)) - _CLOCKS_DIFFER
    builder = x509.CertificateBuilder().subject_name(subject).issuer_name(issuer)
    builder = builder.public_key(key.public_key())
    builder = builder.serial_number(x509.random_serial_number())
    builder = builder.not_valid_before(begin).not_valid_after(
        begin + timedelta(days=days)
    )
    own = x509.SubjectKeyIdentifier.from_public_key(key.public_key())
    return builder.add_extension(own, critical=False)


def _signed(
    builder: x509.CertificateBuilder,
    key: ec.EllipticCurvePrivateKey,
    signer: ec.EllipticCurvePrivateKey,
) -> Certified:
    pem = serialization.Encoding.PEM
    certificate = builder.sign(signer, hashes.SHA256()).public_bytes(pem)
    private = key.private_bytes(
        pem, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    return Certified(certificate, private)


def _usage(*, is_authority: bool) -> x509.KeyUsage:
    return x509.KeyUsage(
        digital_signature=not is_authority,
        content_commitment=False,
        key_encipherment=False,
        data_encipherment=False,
        key_agreement=False,
        key_cert_sign=is_authority,
        crl_sign=is_authority,
        encipher_only=False,
        decipher_only=False,
    )


def _names(host: str) -> list[x509.GeneralName]:
    loopback = ipaddress.ip_address("127.0.0.1")
    names: list[x509.GeneralName] = [x509.DNSName("localhost")]
    names.append(x509.IPAddress(loopback))
    address = _address(host)
    own = x509.DNSName(host) if address is None else x509.IPAddress(address)
    return names if own in names else [own, *names]


def _usual(host: str) -> str:
    """One way to write each host: FD00::1 and fd00::1 are the same."""
    address = _address(host)
    return host.lower() if address is None else str(address)


def _is_itself(host: str) -> bool:
    """Whether that is no way to find one machine from another."""
    address = _address(host)
    if address is None:
        return "localhost" in host.split(".")
    address = getattr(address, "ipv4_mapped", None) or address
    return address.is_loopback or address.is_unspecified or address.is_multicast


def _address(host: str) -> ipaddress.IPv4Address | ipaddress.IPv6Address | None:
    if "%" in host:
        return None  # fe80::1%eth0: a way that one machine alone knows
    try:
        return ipaddress.ip_address(host)
    except ValueError:
        return None
