"""Which safety texts stand on a page. They are data; pages never carry copies of them."""

from .models import SafetyText


def safety_texts() -> dict[str, SafetyText]:
    """All of them by kind, with underscores so that templates can name them. One query."""
    return {text.kind.replace("-", "_"): text for text in SafetyText.objects.all()}
