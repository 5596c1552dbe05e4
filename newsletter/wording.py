"""What a visitor was told where they gave their address. Each consent records the number of the text it was given to.

Never edit a text that was shown to somebody: add a new number. The form shows the newest. Not translated on purpose:
another language is another text, with a number of its own.
"""

TEXTS: dict[int, str] = {
    1: (
        "You ask us to send you our letter by e-mail. First we send one message to confirm it is you. "
        "Every letter has a link that ends it. With your address we keep the time and which form you used."
    ),
}
NEWEST = max(TEXTS)
