#!/bin/sh
# Measures the application beside a floor, against a mock model. Loopback only.
# A few minutes after the build; ends by itself. The exit status is 0 when every
# bar is held.
#
#   benches/run.sh                 everything
#   benches/run.sh --quick         one short round, to see that it works
#   benches/run.sh --only memory   one part: turns, chunks or memory
set -eu
cd "$(dirname "$0")/.."
target=${CARGO_TARGET_DIR:-target}
# Some hundreds of open streams, two descriptors each.
ulimit -n 8192 2>/dev/null || true
cargo build --release --locked --package teachers-aide --package speed-kit
exec "$target/release/speed-kit" run --app "$target/release/teachers-aide" --scratch "$target" "$@"
