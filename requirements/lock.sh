#!/bin/sh
# Compiles the locks: exact versions with hashes, for every platform and Python from 3.11, and no address of any index.
set -eu
cd "$(dirname "$0")/.."
compile="${UV:-uv} pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-header --no-annotate"
printf 'hatchling\neditables\n' | $compile pyproject.toml - -o requirements/core.txt
printf 'hatchling\neditables\n' | $compile pyproject.toml - --extra dev -c requirements/core.txt -o requirements/dev.txt
printf 'hatchling\neditables\n' | $compile pyproject.toml - --extra dev --extra benchmarks -c requirements/dev.txt \
    -o requirements/benchmarks.txt
printf 'uv\n' | $compile - -o requirements/uv.txt
