"""System checks of the content kit."""
