#!/usr/bin/env bash
# Makes sure that there is a Chromium for the tests: the system's, Debian's package, or Playwright's download.
set -eu
command -v chromium chromium-browser google-chrome >/dev/null && exit 0
if command -v apt-get >/dev/null && [ "$(id -u)" = 0 ]; then
  apt-get update -qq && apt-get install -y -qq --no-install-recommends chromium fonts-noto-cjk >/dev/null && exit 0
fi
exec "$1/playwright" install chromium
