#!/usr/bin/env bash
# Gradescope runs this once as root on Ubuntu 22.04, when it builds the image: installs just what kit/uv.lock pins.
# AUTOGRADER_ROOT moves /autograder and AUTOGRADER_HOME moves what is installed, for trials.
set -euo pipefail
root="${AUTOGRADER_ROOT:-/autograder}"
kit="${AUTOGRADER_HOME:-/opt/autograder}"
uv_version=0.13.9

if ! uv --version 2>/dev/null | grep -q "^uv $uv_version\b"; then
    if ! python3 -m pip --version >/dev/null 2>&1; then
        apt-get update
        DEBIAN_FRONTEND=noninteractive apt-get install --yes --no-install-recommends python3-pip
    fi
    python3 -m pip install --no-cache-dir "uv==$uv_version"
fi

# Python goes beside the environment: under root's home the unprivileged user that runs submissions could not read it.
export UV_PYTHON_INSTALL_DIR="$kit/python" UV_PROJECT_ENVIRONMENT="$kit/venv" UV_LINK_MODE=copy
cd "$root/source/kit"
uv sync --locked --no-dev --no-editable --python 3.11
chmod -R a+rX "$kit"
