"""Which network a request comes from, as a hash that can't be joined with any other hour's."""

from datetime import datetime
from ipaddress import IPv4Address, IPv6Address, ip_address, ip_network

from django.conf import settings
from django.http import HttpRequest
from django.utils.crypto import salted_hmac

UNKNOWN = "unknown"  # all who can't be told apart share one limit; see `client_network`


def client_address(request: HttpRequest) -> IPv4Address | IPv6Address | None:
    """The visitor's address. X-Forwarded-For counts only as far as our own proxies wrote it (TRUSTED_PROXY_COUNT)."""
    said = request.META.get("REMOTE_ADDR", "")
    if count := settings.TRUSTED_PROXY_COUNT:
        chain = [part.strip() for part in request.META.get("HTTP_X_FORWARDED_FOR", "").split(",") if part.strip()]
        if len(chain) >= count:
            said = chain[-count]
    try:
        address = ip_address(said)
    except ValueError:
        return None
    return getattr(address, "ipv4_mapped", None) or address


def client_network(request: HttpRequest) -> str:
    """The network that shares a limit: a /24 or a /64, since one visitor often has many addresses of it."""
    address = client_address(request)
    if address is None:
        return UNKNOWN
    return str(ip_network(f"{address}/{24 if address.version == 4 else 64}", strict=False))


def is_internal(network: str) -> bool:
    """Whether it is no visitor's: a proxy of ours speaks, and nobody told us how many of them there are."""
    return network == UNKNOWN or ip_network(network).is_private


def network_digest(network: str, hour: datetime) -> str:
    """A keyed hash of network and hour together: the same network looks different in the next hour."""
    return salted_hmac("newsletter.network", f"{network} {hour:%Y-%m-%dT%H%z}", algorithm="sha256").hexdigest()
