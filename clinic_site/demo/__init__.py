"""The demonstration content: files that say everything, and `load`, which puts them into an empty site."""
