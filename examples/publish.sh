#!/usr/bin/env bash
# Publish a config and read it as an app would, by curl alone. Every run makes an app of its own.
#   PARASOL_ADMIN_TOKEN=... examples/publish.sh [appId]
set -euo pipefail

url=${PARASOL_URL:-http://localhost:8080}
token=${PARASOL_ADMIN_TOKEN:?set it to the admin token that the server printed at its first start}
app=${1:-demo-$(date +%s)-$$}
headers=$(mktemp)
trap 'rm -f "$headers"' EXIT

step() { printf '\n== %s\n' "$1"; }

manage() { # method path json
  printf '%s %s\n' "$1" "$2"
  curl -sS --fail-with-body --max-time 10 -X "$1" "$url$2" \
    -H "Authorization: Bearer $token" -H 'Content-Type: application/json' --data "$3"
  echo
}

read_config() { # etag: prints the body, leaves the headers in $headers
  curl -sS --max-time 10 -D "$headers" ${1:+-H "If-None-Match: $1"} "$url/v1/api/config/$app"
}
status() { awk '/^HTTP\// { code = $2 } END { print code }' "$headers"; }
header() { awk -v name="$1:" 'tolower($1) == name { sub(/\r$/, ""); print substr($0, length(name) + 2) }' "$headers"; }

expect() { # wanted status
  if [ "$(status)" != "$1" ]; then
    echo "expected $1, got $(status)" >&2
    exit 1
  fi
}

step "1. Create the app $app"
manage POST /manage/v1/apps "{\"appId\":\"$app\",\"name\":\"Walk-through\",\"labels\":{\"team\":\"docs\"}}"

step '2. Save version 1.0.0 (immutable, nobody sees it yet)'
manage POST "/manage/v1/apps/$app/configs" \
  '{"configVersion":"1.0.0","minimumAppVersion":"1.0.0","note":"First","data":{"theme":{"primary":"#0B6E4F"},"features":{"wishlist":false}}}'

step '3. Release it: from now on every client gets it'
manage POST "/manage/v1/apps/$app/releases" '{"configVersion":"1.0.0","reason":"Launch"}'

step '4. Read it as an app does: no token'
read_config
expect 200
etag=$(header etag)
printf '\nETag: %s\nCache-Control: %s\n' "$etag" "$(header cache-control)"

step '5. Read it again with If-None-Match: 304, no body'
read_config "$etag"
expect 304
echo "$(status), nothing was sent"

step '6. Save and release 1.1.0'
manage POST "/manage/v1/apps/$app/configs" \
  '{"configVersion":"1.1.0","minimumAppVersion":"1.0.0","note":"Wishlist","data":{"theme":{"primary":"#7A2E3B"},"features":{"wishlist":true}}}'
manage POST "/manage/v1/apps/$app/releases" '{"configVersion":"1.1.0","reason":"Wishlist for everybody"}'

step '7. The same conditional read now brings the new version'
for _ in 1 2 3 4 5; do # other nodes follow within milliseconds
  body=$(read_config "$etag")
  [ "$(status)" = 304 ] || break
  sleep 0.2
done
expect 200
printf '%s\nETag: %s\n' "$body" "$(header etag)"
