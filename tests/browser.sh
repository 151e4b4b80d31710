#!/bin/sh
# Gets the browser that the page tests need, where that can be done without asking: on Debian as root.
# Elsewhere the page tests skip and say so.
set -u
for name in chromium chromium-browser google-chrome; do
    command -v "$name" >/dev/null 2>&1 && exit 0
done
if command -v apt-get >/dev/null 2>&1 && [ "$(id -u)" = 0 ]; then
    echo "installing Chromium for the page tests (apt-get install chromium)"
    apt-get -qq update && DEBIAN_FRONTEND=noninteractive apt-get -qq install --yes --no-install-recommends chromium fonts-dejavu-core >/dev/null && exit 0
fi
echo "the page tests will be skipped: no Chromium found; get it with your system's packages (Debian: apt-get install chromium)"
