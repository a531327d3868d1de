"""`python -m publisher` is `publish`."""

from publisher.cli.main import main

if __name__ == "__main__":
    main()
