#!/bin/sh
# Install what only looking needs: a virtual screen, PDF to picture, LibreOffice. With the word `screen` only the virtual screen and the
# mouse that the drag-and-drop test moves. Quick where all of it is there.
set -eu
screen="Xvfb:xvfb xauth:xauth xdotool:xdotool"
documents="pdftoppm:poppler-utils soffice:libreoffice-calc soffice:libreoffice-writer"
wanted="$screen"
[ "${1:-}" = screen ] || wanted="$screen $documents"

packages=""
for pair in $wanted; do
  command -v "${pair%%:*}" >/dev/null 2>&1 || packages="$packages ${pair#*:}"
done
[ -n "$packages" ] || exit 0
if [ "$(id -u)" = 0 ]; then as_root=""; elif sudo -n true 2>/dev/null; then as_root="sudo"; else
  echo "error: run: sudo apt-get update && sudo apt-get install -y --no-install-recommends$packages" >&2
  exit 1
fi
$as_root apt-get update -qq
# shellcheck disable=SC2086
DEBIAN_FRONTEND=noninteractive $as_root apt-get install -y -qq --no-install-recommends $packages >/dev/null
