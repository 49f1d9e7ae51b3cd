#!/bin/sh
# run.sh [BIN]: checks on a machine with a graphics card, by programs that were built elsewhere: it needs the card's
# driver and a C library alone. BIN is the folder of the programs, by default build/bin. Prints tables as Markdown; the
# exit status is 0 where all that is declared holds.
set -eu
bin=${1:-$(dirname "$0")/../../build/bin}
exec "$bin/sluice-check-tensor-cores"
