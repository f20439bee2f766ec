"""`python -m services.local up|run`: the whole of Parlour on one machine, until Ctrl-C, SIGTERM or the death of the parent."""

import sys

if sys.version_info < (3, 12):  # noqa: UP036 - said before anything is imported that an older Python cannot read
    sys.exit("Parlour needs Python 3.12 or newer, and this is %d.%d: install one, then `make setup`." % sys.version_info[:2])  # noqa: UP031

from services.local.command_line import main

if __name__ == "__main__":
    main()
