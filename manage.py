#!/usr/bin/env python
"""Django's command line. What is missing or wrong before a command could start is said in one line, not a traceback."""

import os
import sys


def main() -> None:
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "clinic_site.settings")
    os.environ.setdefault("PGCONNECT_TIMEOUT", "10")  # seconds; a host that swallows packets is not waited for
    try:
        from django.core.exceptions import ImproperlyConfigured
        from django.core.management import execute_from_command_line
        from django.db import OperationalError
    except ImportError:
        sys.exit("Django is not installed for this Python. Use `make run`, or .venv/bin/python manage.py …")
    from clinic_site.management.failures import database_failure

    if "STOP_WHEN_THIS_FILE_IS_UNLOCKED" in os.environ:
        from clinic_site.management.parent import stop_with_parent

        stop_with_parent()
    try:
        execute_from_command_line(sys.argv)
    except ImproperlyConfigured as error:
        sys.exit(f"Settings: {error}")
    except OperationalError as error:
        if message := database_failure(error):
            sys.exit(message)
        raise
    except KeyboardInterrupt:
        sys.exit(130)


if __name__ == "__main__":
    main()
