#!/bin/sh
# Creates the environment VENV and installs exactly what LOCK says (hashes checked), and this package itself, editable.
# Usage: requirements/install.sh VENV LOCK
set -eu
venv=$1 lock=$2

"${PYTHON:-python3}" - <<'EOF'
import sys
if sys.version_info < (3, 11):
    sys.exit(f"error: Python 3.11 or newer is needed, this is {sys.version.split()[0]}; set PYTHON=/path/to/python3.11")
try:
    import ensurepip, venv  # Debian keeps these apart
except ImportError as error:
    sys.exit(f"error: this Python lacks {error.name}; on Debian and Ubuntu: apt install python3-venv")
EOF

[ -x "$venv/bin/python" ] || "${PYTHON:-python3}" -m venv "$venv"
pip() { "$venv/bin/python" -m pip --disable-pip-version-check --quiet "$@"; }

# uv installs in seconds what takes pip minutes. Where it cannot work, pip does the same from the same lock.
echo "installing $(grep -c '==' "$lock") packages into $venv …" >&2
pip install --require-hashes --requirement requirements/uv.txt || true
if ! "$venv/bin/uv" pip install --quiet --python "$venv/bin/python" --require-hashes --compile-bytecode \
        --requirement "$lock"; then
    echo "uv could not; pip goes on, which takes longer" >&2
    pip install --require-hashes --requirement "$lock"
fi
pip install --no-deps --no-build-isolation --no-index --editable .
# As an installer does with packages that are no checkouts: where Python may not write, it would compile them each time.
"$venv/bin/python" -m compileall -q src || echo "Python will compile the package when it runs" >&2
# The first run is 3 s faster when dbt's project is parsed already; it parses it itself where this could not.
"$venv/bin/python" -m ritournelle.transform.prepare || echo "the first run will prepare the dbt project itself" >&2
