#!/bin/sh
# Make .venv from requirements.lock. Quick when nothing changed. System packages are installed with root or password-less sudo;
# without rights the exact line to run is printed.
set -eu
cd "$(dirname "$0")/.."

QT_LIBRARIES="libglib-2.0.so.0:libglib2.0-0 libGL.so.1:libgl1 libEGL.so.1:libegl1 libxkbcommon.so.0:libxkbcommon0
libfontconfig.so.1:libfontconfig1 libdbus-1.so.3:libdbus-1-3"
WINDOW_LIBRARIES="libxkbcommon-x11.so.0:libxkbcommon-x11-0 libxcb-cursor.so.0:libxcb-cursor0 libxcb-icccm.so.4:libxcb-icccm4
libxcb-keysyms.so.1:libxcb-keysyms1 libxcb-image.so.0:libxcb-image0 libxcb-render-util.so.0:libxcb-render-util0
libxcb-shape.so.0:libxcb-shape0 libxcb-xkb.so.1:libxcb-xkb1"

find_python() {
  for name in python3.12 python3.11 python3; do
    if command -v "$name" >/dev/null 2>&1 && "$name" -c 'import sys; sys.exit(not (3, 11) <= sys.version_info[:2] <= (3, 13))' 2>/dev/null; then
      echo "$name"
      return
    fi
  done
  echo "error: SuanXuan needs Python 3.11 or 3.12 (需要 Python 3.11 或 3.12)" >&2
  exit 1
}

apt_install() { # the packages; with no rights, says what to run
  missing="$*"
  if ! command -v apt-get >/dev/null 2>&1; then
    echo "error: please install these with your system's package manager (请安装): $missing" >&2
    exit 1
  fi
  if [ "$(id -u)" = 0 ]; then as_root=""; elif sudo -n true 2>/dev/null; then as_root="sudo"; else
    echo "error: system packages are missing (缺少系统软件包). Run (请运行):" >&2
    echo "  sudo apt-get update && sudo apt-get install -y --no-install-recommends $missing" >&2
    exit 1
  fi
  $as_root apt-get update -qq
  # shellcheck disable=SC2086
  DEBIAN_FRONTEND=noninteractive $as_root apt-get install -y -qq --no-install-recommends $missing >/dev/null
}

missing_libraries() {
  "$1" - $QT_LIBRARIES $WINDOW_LIBRARIES <<'PYTHON'
import ctypes, sys
for pair in sys.argv[1:]:
    library, package = pair.split(":")
    try:
        ctypes.CDLL(library)
    except OSError:
        print(package)
PYTHON
}

python=$(find_python)
if ! "$python" -c 'import ensurepip, venv' 2>/dev/null; then
  apt_install "$("$python" -c 'import sys; print("python%d.%d-venv" % sys.version_info[:2])')"
fi

wanted=$(cat requirements.lock pyproject.toml packaging/setup.sh | cksum)
if [ "$(cat .venv/made-from 2>/dev/null || true)" = "$wanted" ] && [ -x .venv/bin/suanxuan ]; then exit 0; fi

if [ "$(uname -s)" = Linux ]; then
  packages=$(missing_libraries "$python" | tr '\n' ' ')
  if [ -n "$packages" ]; then # Ubuntu 24.04 and Debian 13 renamed glib
    if apt-cache show libglib2.0-0t64 >/dev/null 2>&1; then
      packages=$(echo "$packages" | sed 's/libglib2.0-0\b/libglib2.0-0t64/')
    fi
    apt_install $packages
  fi
fi

[ -x .venv/bin/python ] || "$python" -m venv .venv
echo "Installing the locked dependencies (安装依赖) ..."
.venv/bin/python -m pip install -q --disable-pip-version-check --require-hashes -r requirements.lock
.venv/bin/python -m pip install -q --disable-pip-version-check --no-deps --no-build-isolation -e .
echo "$wanted" >.venv/made-from
