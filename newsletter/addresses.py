"""E-mail addresses: the one form in which they are kept, the keyed hash that outlives them, and how little staff see.

An address is kept in ASCII (a domain such as bücher.example as xn--bcher-kva.example), so that “the same address” means
the same to Python, to every PostgreSQL collation and to the hash.
"""

import hashlib
import hmac
import unicodedata

from django.conf import settings
from django.core.exceptions import ValidationError
from django.core.validators import EmailValidator
from django.utils.translation import gettext_lazy as _

MAX_LENGTH = 254  # RFC 5321, 4.5.3.1.3: a path of 256 less its angle brackets
MAX_LOCAL_LENGTH = 64

INCOMPLETE = _("This address looks incomplete. It needs a name, an @ and a domain, such as sam@example.org.")
TOO_LONG = _("This address is too long. Check that nothing else was pasted along with it.")
ODD_DOMAIN = _("We can’t write to this domain as it is typed. Type the form that begins with “xn--” instead.")

# Neither `localhost` nor an address of a machine: mail to them would stay in, or probe, our own network.
_well_formed = EmailValidator(message=INCOMPLETE, allowlist=[])


def normalise(typed: str) -> str:
    """The address as it is kept: trimmed, the domain in lower-case ASCII, the name as typed. Or a ValidationError."""
    local, at, domain = typed.strip().rpartition("@")
    if not (local and at and domain):
        raise ValidationError(INCOMPLETE, code="incomplete")
    # Quoted names may hold control characters; the Kelvin sign and the long s pass for k and s where case is ignored.
    if not local.isascii() or '"' in local or "[" in domain:
        raise ValidationError(INCOMPLETE, code="incomplete")
    if len(typed) > 2 * MAX_LENGTH or len(local) > MAX_LOCAL_LENGTH:
        raise ValidationError(TOO_LONG, code="too_long")
    address = f"{local}@{_ascii_domain(domain)}"
    if len(address) > MAX_LENGTH:
        raise ValidationError(TOO_LONG, code="too_long")
    _well_formed(address)
    return address


def _ascii_domain(typed: str) -> str:
    domain = unicodedata.normalize("NFKC", typed).lower()
    if domain.isascii():
        return domain
    try:
        encoded = domain.encode("idna").decode("ascii")
        is_same = encoded.encode("ascii").decode("idna") == domain
    except UnicodeError as error:
        raise ValidationError(INCOMPLETE, code="incomplete") from error
    if not is_same:  # Python's rules are those of 2003, which turn ß into ss: another domain, with another owner
        raise ValidationError(ODD_DOMAIN, code="odd_domain")
    return encoded


def digest_of(address: str) -> str:
    """A keyed hash of a normalised address, the same in upper and lower case. Can't be turned back without the key."""
    key = settings.ADDRESS_HASH_KEY.encode()
    return hmac.new(key, address.casefold().encode(), hashlib.sha256).hexdigest()


def masked(address: str) -> str:
    """“s…@example.org”: enough to tell two rows apart, too little to write to or to recognise somebody by."""
    local, _at, domain = address.rpartition("@")
    return f"{local[:1]}…@{domain}"
