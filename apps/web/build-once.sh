#!/bin/sh
# Builds the page into apps/web/dist, if it is not there or was built from other sources. What only the build needs is installed in a temporary folder, so that it
# does not stay beside what runs. Without a registry the server starts without the page, or with the one that was built before.
set -u
cd "$(dirname "$0")/../.." || exit 0
sources="pnpm-lock.yaml apps/web/package.json apps/web/index.html apps/web/service-worker.js apps/web/vite.config.ts apps/web/src packages/client/package.json packages/client/build packages/client/src packages/contract/package.json packages/contract/src"
stamp=$(find $sources -type f ! -name '*.test.ts' | LC_ALL=C sort | xargs cat | cksum)
[ "$stamp" = "$(cat apps/web/dist/.stamp 2>/dev/null)" ] && exit 0

folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
if [ -e apps/web/node_modules/vite ]; then
  (cd apps/web && NODE_ENV=production node_modules/.bin/vite build --logLevel error) >"$folder/log" 2>&1
else
  echo 'Building the page. This is done once.'
  mkdir -p "$folder/apps" "$folder/packages"
  cp -R pnpm-workspace.yaml patches "$folder"
  # Without the tools at the root.
  echo '{ "private": true }' >"$folder/package.json"
  awk '/^  [^ ]/ { root = /^  \.:$/; if (root) print "  .: {}" } !root' pnpm-lock.yaml >"$folder/pnpm-lock.yaml"
  for part in apps/* packages/* attacks bench; do mkdir -p "$folder/$part" && cp "$part/package.json" "$folder/$part"; done
  for part in apps/web packages/client packages/contract; do cp -R "$part/src" "$folder/$part"; done
  cp apps/web/index.html apps/web/service-worker.js apps/web/vite.config.ts "$folder/apps/web"
  cp -R packages/client/build "$folder/packages/client"
  pnpm=$(pwd)/tools/pnpm.sh
  # Fails soon, rather than keep the server waiting. In production pnpm would leave out what the build needs.
  (
    cd "$folder" && NODE_ENV=development npm_config_fetch_retries=0 npm_config_fetch_timeout=20000 sh "$pnpm" install --frozen-lockfile --ignore-scripts --prefer-offline --config.fetch-retries=0 --config.fetch-timeout=20000 --filter @todo/web --filter @todo/client --filter @todo/contract &&
      cd apps/web && NODE_ENV=production node_modules/.bin/vite build --logLevel error
  ) >"$folder/log" 2>&1
fi
if [ $? -eq 0 ]; then
  [ -d "$folder/apps/web/dist" ] && rm -rf apps/web/dist && mv "$folder/apps/web/dist" apps/web/dist
  echo "$stamp" >apps/web/dist/.stamp
else
  echo "The page could not be built, so the server starts with what there is: $(grep -im 1 error "$folder/log" || tail -n 1 "$folder/log")" >&2
fi
exit 0
