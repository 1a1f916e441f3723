#!/bin/sh
# Runs pnpm with nothing but Node and npm. npm compares what it downloads with the hash in tools/pnpm/package-lock.json, and runs no script of it. The program
# stays beside that file until it changes. The file has the hashes for Linux alone; elsewhere npm compares with what the registry says.
set -u
[ "$(uname)" = Linux ] || exec npm exec --yes --prefer-offline -- pnpm@12.21.0 "$@"
folder=$(cd "$(dirname "$0")/pnpm" && pwd)
if ! cmp -s "$folder/package-lock.json" "$folder/node_modules/.installed-lock.json"; then
  npm ci --prefix "$folder" --include=optional --ignore-scripts --prefer-offline --no-audit --no-fund --no-update-notifier --loglevel=error >/dev/null || exit 1
  # npm goes on without an optional package that it could not install.
  if [ ! -x "$folder"/node_modules/@pnpm/exe.*/pnpm ]; then
    echo 'pnpm could not be installed: the registry cannot be reached, has another program than the one whose hash is in tools/pnpm/package-lock.json, or none for this system.' >&2
    exit 1
  fi
  cp "$folder/package-lock.json" "$folder/node_modules/.installed-lock.json"
fi
exec "$folder"/node_modules/@pnpm/exe.*/pnpm "$@"
