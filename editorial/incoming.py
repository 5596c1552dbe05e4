"""What links to an address: asked before a page moves, is taken down or is deleted, so that nothing breaks unseen."""

from dataclasses import dataclass

from django.db.models import Q
from django.utils.translation import gettext as _

from .models import SafetyText
from .publishing import publishable_models


@dataclass(frozen=True)
class Link:
    where: str
    state: str


def links_to(paths: list[str]) -> list[Link]:
    """Public pages, drafts in hand and safety texts whose words link to one of the paths."""
    marks = [f'href=\\"{path}' for path in paths]  # as it stands in the JSON of a revision's canonical content
    in_hand, in_text = Q(pk__in=[]), Q(pk__in=[])
    for mark in marks:
        in_hand |= Q(latest__clinical_content__contains=mark)
        in_text |= Q(body__contains=mark.replace("\\", "")) | Q(live__clinical_content__contains=mark)
    found = []
    for model in publishable_models():
        seen = model._default_manager.published().filter(in_text).without_texts()
        found += [Link(page.title, _("public")) for page in seen]
        drafts = model._default_manager.filter(in_hand).exclude(pk__in=[page.pk for page in seen]).without_texts()
        found += [Link(page.title, _("draft")) for page in drafts]
    texts = SafetyText.objects.filter(body__regex="|".join(f'href="{path}' for path in paths))
    return found + [Link(text.title, _("safety text")) for text in texts]
