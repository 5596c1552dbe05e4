"""How many queries a page takes."""

from django.contrib.sites.models import Site
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext


def queries_of(client: Client, address: str) -> int:
    """For a page that must be found."""
    Site.objects.get_current()  # kept for the life of a process: whoever comes first must not pay for all
    with CaptureQueriesContext(connection) as captured:
        response = client.get(address)
        assert response.status_code == 200, (address, response.status_code)
    return len(captured)
