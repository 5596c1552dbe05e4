"""Old addresses keep working: a page that was public and moves leaves a redirect behind (django.contrib.redirects)."""

from django.conf import settings
from django.contrib.redirects.models import Redirect


def leave(old_path: str, new_path: str) -> None:
    """Sends `old_path` to `new_path`, straightens chains that ended at the old one and frees the new one."""
    here = Redirect.objects.filter(site_id=settings.SITE_ID)
    here.filter(old_path=new_path).delete()
    here.filter(new_path=old_path).update(new_path=new_path)
    here.update_or_create(site_id=settings.SITE_ID, old_path=old_path, defaults={"new_path": new_path})
