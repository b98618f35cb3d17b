#!/usr/bin/env bash
# Asks the interface for scripts everything that its own description allows, and
# much that it does not (schemathesis), against the sandbox on this computer.
# It ends by itself; whatever an answer does that `/openapi.json` does not say
# is a failure.
#
#   tests/schemathesis.sh [--seconds 60] [--seed 1]
#
# Python with venv and pip is needed, and a package registry that pip reaches.
# Where they are not at hand it says so and leaves with 77.
set -euo pipefail
cd "$(dirname "$0")/.."

seconds=60 seed=1 version=4.32.5
while [ $# -gt 0 ]; do
  case $1 in
    --seconds) seconds=$2; shift 2 ;;
    --seed) seed=$2; shift 2 ;;
    *) echo "usage: tests/schemathesis.sh [--seconds S] [--seed N]" >&2; exit 2 ;;
  esac
done

folder=$(mktemp -d) server=
tidy() {
  if [ -n "$server" ]; then kill "$server" 2>/dev/null || true; wait "$server" 2>/dev/null || true; fi
  rm -rf "$folder"
}
trap tidy EXIT

skip() { echo "schemathesis: left out, $1" >&2; exit 77; }
command -v curl >/dev/null || skip "there is no curl"
python3 -m venv "$folder/python" >/dev/null 2>&1 || skip "there is no python3 with venv"
"$folder/python/bin/pip" install --quiet --disable-pip-version-check "schemathesis==$version" >"$folder/pip.log" 2>&1 ||
  skip "pip cannot install it: $(tail -n 1 "$folder/pip.log")"

cargo build --locked --quiet
binary=${CARGO_TARGET_DIR:-target}/debug/teachers-aide
port=$(python3 -c 'import socket
while True:
    with socket.socket() as one, socket.socket() as next:
        one.bind(("127.0.0.1", 0))
        try: next.bind(("127.0.0.1", one.getsockname()[1] + 1))
        except (OSError, OverflowError): continue
        print(one.getsockname()[1]); break')
base=http://localhost:$port

# The numbers of a day and of a minute would end the run; everything else is as ever.
env -i PATH="$PATH" HOME="$folder" PORT="$port" DATABASE_URL="sqlite://$folder/aide.db" SCHOOL_DATA="$PWD/data/school.json" \
  RUST_LOG=error LIMIT_TURNS_PER_DAY=1000000 LIMIT_SENDS_PER_DAY=1000000 LIMIT_TOKENS_PER_DAY=1000000000 \
  LIMIT_SITE_TOKENS_PER_DAY=1000000000 LIMIT_RUNNING_TURNS=100 LIMIT_REQUESTS_PER_MINUTE=1000000 \
  LIMIT_ADDRESS_REQUESTS_PER_MINUTE=1000000 "$binary" >"$folder/server.log" 2>&1 &
server=$!
curl --silent --fail --retry 30 --retry-delay 1 --retry-connrefused --output /dev/null "$base/healthz"

# Signs in as the first person of the sandbox, as a browser would.
away=$(curl --silent --cookie-jar "$folder/jar" --output /dev/null --write-out '%{redirect_url}' "$base/auth/login")
page=$(curl --silent "$away")
value() { sed -n "s/.*name=\"$1\" value=\"\([^\"]*\)\".*/\1/p" <<<"$page" | head -n 1; }
scopes=()
while read -r scope; do scopes+=(--data-urlencode "scope=$scope"); done < <(
  grep -o 'name="scope" value="[^"]*"' <<<"$page" | sed 's/.*value="\(.*\)"/\1/'
)
back=$(curl --silent --output /dev/null --write-out '%{redirect_url}' --data-urlencode "ticket=$(value ticket)" \
  --data-urlencode "person=$(value person)" "${scopes[@]}" "${away%%/authorize*}/authorize/answer")
curl --silent --cookie "$folder/jar" --cookie-jar "$folder/jar" --output /dev/null "$back"
cookie=$(awk '$6 == "aide" { print $7 }' "$folder/jar")
# Something to name: an authorization, and a draft that waits.
field() { python3 -c 'import json, sys; print(json.load(sys.stdin)[sys.argv[1]])' "$1"; }
order() {
  curl --silent --fail --cookie "aide=$cookie" --header 'Content-Type: application/json' --data "$2" \
    "$base/api/tools/send_email_to_student/$1"
}
student=$(curl --silent --fail --cookie "aide=$cookie" --header 'Content-Type: application/json' --data '{}' \
  "$base/api/tools/list_students/execute" | python3 -c 'import json, sys; print(json.load(sys.stdin)["output"]["students"][0]["student_id"])')
authorization=$(order authorize '{}' | field id)
approval=$(order execute "{\"input\": {\"student_id\": \"$student\", \"subject\": \"Hello\", \"body\": \"Hello.\"}}" | field id)

AIDE_COOKIE=$cookie AIDE_AUTHORIZATION=$authorization AIDE_APPROVAL=$approval "$folder/python/bin/st" \
  --config-file tests/schemathesis.toml run --seed "$seed" --max-time "$seconds" --no-color "$base/openapi.json"
kill -0 "$server" || { echo "schemathesis: the server died" >&2; cat "$folder/server.log" >&2; exit 1; }
