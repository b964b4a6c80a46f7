"""`python -m lowbackground` is the console script."""

from lowbackground.pipeline.cli.app import main

if __name__ == "__main__":
    main()
