#!/bin/sh
# Installs what is missing, builds, and runs the example driver and its client with the way of every IRP printed.
set -eu
root=$(cd "$(dirname "$0")/.." && pwd)
. "$root/scripts/setup.sh"
cd "$root"

require compiler cmake builder
CC=$(find_compiler)
export CC
say "building with $CC"
mkdir -p build
configure build/demo -S . -DCMAKE_BUILD_TYPE=Release -DNTIO_BUILD_TESTS=OFF -DNTIO_BUILD_BENCH=OFF >build/demo.log 2>&1 ||
    { cat build/demo.log; die "configuring failed"; }
build build/demo || die "building failed"
say "running the example: driver, client and what happens between them"
NTIO_TRACE=1 ./build/demo/examples/first_client
