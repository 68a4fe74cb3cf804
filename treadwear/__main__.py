"""Run the command as ``python -m treadwear``."""

from treadwear.cli import main

if __name__ == "__main__":
    main()
