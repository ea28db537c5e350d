#!/bin/sh
# Measures stills, from the repository's root. Needs chafa, timg and fonts-dejavu-core of the
# distribution; makes an environment for Python below target/. Words are passed to measure.py.
set -eu
here=tests/bench/stills
venv=target/stills-venv
[ -d $venv ] || { python3 -m venv $venv && $venv/bin/pip -q install -r $here/requirements.txt; }
cargo build --release --manifest-path $here/others/Cargo.toml --target-dir target/stills-others
# The newest of the benchmark's binaries; `cargo bench` itself prints to where the still goes.
ours=$(cargo bench --no-run --message-format=json 2>/dev/null |
    sed -n 's/.*"name":"promises".*"executable":"\([^"]*\)".*/\1/p' | tail -1)
exec $venv/bin/python $here/measure.py --ours "$ours" --others target/stills-others/release/others "$@"
