"""`python -m sensorium`: the command line, where the script `sensorium` is not on the path."""

from sensorium.cli.main import run

if __name__ == "__main__":
    run()
