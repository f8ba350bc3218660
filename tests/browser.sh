#!/usr/bin/env bash
# Finds a Chromium for the browser tests: the one that is there, else Debian's package, else Playwright's download.
set -euo pipefail
for name in chromium chromium-browser google-chrome; do
  command -v "$name" >/dev/null && exit 0
done
if command -v apt-get >/dev/null; then
  sudo=""
  [ "$(id -u)" = 0 ] || sudo="sudo"
  echo "Installing Debian's chromium for the browser tests …"
  if $sudo apt-get update -qq && $sudo apt-get install -y -qq --no-install-recommends chromium; then
    exit 0
  fi
fi
echo "Downloading Playwright's Chromium for the browser tests …"
.venv/bin/python -m playwright install chromium
