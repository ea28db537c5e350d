#!/bin/sh
# Measures live pictures, from the repository's root. Needs chafa, timg, mpv and fonts-dejavu-core of
# the distribution; makes an environment for Python below target/. Words are passed to measure.py.
set -eu
here=tests/bench/live
venv=target/live-venv
[ -d $venv ] || { python3 -m venv $venv && $venv/bin/pip -q install -r $here/requirements.txt; }
# The newest of the benchmark's binaries; `cargo bench` itself prints to where the frames go.
ours=$(cargo bench --no-run --message-format=json 2>/dev/null |
    sed -n 's/.*"name":"promises".*"executable":"\([^"]*\)".*/\1/p' | tail -1)
exec $venv/bin/python $here/measure.py --ours "$ours" "$@"
