#!/usr/bin/env bash
# Twenty teachers work while one request in ten meets a fault and the server is
# killed once a minute; the checker looks after each death and gives a verdict.
# Everything stays on this computer.
#
#   tests/soak.sh --minutes 30 --seed 1
set -euo pipefail
cd "$(dirname "$0")/.."

minutes=5 seed=1
while [ $# -gt 0 ]; do
  case $1 in
    --minutes) minutes=$2; shift 2 ;;
    --seed) seed=$2; shift 2 ;;
    *) echo "usage: tests/soak.sh [--minutes M] [--seed S]" >&2; exit 2 ;;
  esac
done

export SOAK_MINUTES=$minutes SOAK_SEED=$seed RUST_BACKTRACE=0
# What the teachers run into while the server is dead is no news.
cargo test --test app --quiet -- --ignored --exact --nocapture crash::soak::twenty_teachers_work_while_everything_fails 2> >(
  grep -E '^(soak:|error|.*panicked at tests/app/crash/)|^test result' >&2
)
