#!/bin/sh
# Measures first words and idling, from the repository's root. Needs python3 and strace of the
# distribution. Words are passed to measure.py.
set -eu
here=tests/bench/idle
clip=$(mktemp)
trap 'rm -f "$clip"' EXIT
# A second of noise for the program beside.
head -c $((80 * 44 * 3 * 30)) /dev/urandom > "$clip"
cargo build --release
bench=$(cargo bench --no-run --message-format=json 2>/dev/null |
    sed -n 's/.*"name":"promises".*"executable":"\([^"]*\)".*/\1/p' | tail -1)
python3 $here/measure.py --program target/release/peersnap --bench "$bench" --clip "$clip" "$@"
