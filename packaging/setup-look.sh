#!/bin/sh
# Install what only looking needs: a virtual screen, PDF to picture, LibreOffice.
set -eu
packages="xvfb xauth xdotool poppler-utils libreoffice-calc libreoffice-writer fonts-noto-cjk"
if [ "$(id -u)" = 0 ]; then as_root=""; elif sudo -n true 2>/dev/null; then as_root="sudo"; else
  echo "error: run: sudo apt-get update && sudo apt-get install -y --no-install-recommends $packages" >&2
  exit 1
fi
$as_root apt-get update -qq
DEBIAN_FRONTEND=noninteractive $as_root apt-get install -y -qq --no-install-recommends $packages >/dev/null
