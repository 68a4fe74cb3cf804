"""Run the command as ``python -m treadwear``, and as ``treadwear``."""

import signal


def main() -> None:
    """Load the command line, which takes a second, and run it."""
    # Until it is loaded there is nothing to end cleanly: ctrl-C ends it without a word.
    signal.signal(signal.SIGINT, signal.SIG_DFL)
    from treadwear.cli import main as run  # noqa: PLC0415 - see above

    run()


if __name__ == "__main__":
    main()
