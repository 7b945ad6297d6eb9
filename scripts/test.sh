#!/bin/sh
# Installs what is missing, builds, and runs all tests. With --all, or CI=true in the environment: with both compilers,
# under the sanitizers, on the host layer for others than Linux, for arm64, optimised, and from outside through an installed ntio.
set -eu
root=$(cd "$(dirname "$0")/.." && pwd)
. "$root/scripts/setup.sh"
cd "$root"

usage()
{
    cat <<'END'
usage: scripts/test.sh [--all]

Builds ntio (build/debug) and runs its tests. --all, or CI=true in the environment, also runs them under
AddressSanitizer and UBSan with gcc and with clang, under ThreadSanitizer with both, under MemorySanitizer with clang, on the host
layer for systems other than Linux, for arm64 under an emulator, and optimised; and builds and runs projects that use an installed ntio. CC chooses the compiler of a run
without --all.
END
}

all=false
[ "${CI:-}" != true ] || all=true
for argument in "$@"; do
    case $argument in
    --all) all=true ;;
    -h | --help)
        usage
        exit 0
        ;;
    *)
        usage >&2
        die "unknown argument: $argument"
        ;;
    esac
done

run_left_out= # a regular expression: tests that the next run does without
results= # lines for the end: what ctest said of each run
failures=

record()
{
    results="$results$1
"
}

failed()
{
    failures="$failures $1"
    record "$1: FAILED"
}

# run_ctest NAME FOLDER [PREFIX...]: shows ctest's output as it comes and keeps its summary.
run_ctest()
{
    _name=$1
    _folder=$2
    shift 2
    {
        _status=0
        (cd "$_folder" && "$@" ctest --output-on-failure --timeout 120 -j "$(jobs_here)" ${run_left_out:+-E "$run_left_out"}) || _status=$?
        echo "$_status" >"$_folder/ctest.status"
    } | tee "$_folder/ctest.log"
    record "$_name:"
    record "$(sed -n '/tests passed,/,$p' "$_folder/ctest.log" | sed '/^$/d; s/^/    /')"
    [ "$(cat "$_folder/ctest.status")" = 0 ] || failures="$failures $_name"
}

# run NAME FOLDER COMPILER "PREFIX" CMAKE-ARGUMENT...
run()
{
    _name=$1
    _folder=$2
    _compiler=$3
    _prefix=$4
    shift 4
    say "$_name"
    mkdir -p "$_folder"
    if ! configure "$_folder" "$@" -DCMAKE_C_COMPILER="$_compiler" >"$_folder/configure.log" 2>&1; then
        cat "$_folder/configure.log"
        failed "$_name"
        return 0
    fi
    if ! build "$_folder"; then
        failed "$_name"
        return 0
    fi
    run_ctest "$_name" "$_folder" $_prefix
}

# sanitizer_prefix COMPILER SANITIZER: what a sanitizer needs to start on this kernel: nothing, or address randomisation off.
# Fails when it cannot run.
sanitizer_prefix()
{
    _dir=$(mktemp -d) || return 1
    printf 'int main(void) { return 0; }\n' >"$_dir/try.c"
    _answer=
    _status=1
    if "$1" -fsanitize="$2" "$_dir/try.c" -o "$_dir/try" >/dev/null 2>&1; then
        if "$_dir/try" >/dev/null 2>&1; then
            _status=0
        elif have setarch && setarch "$(uname -m)" -R "$_dir/try" >/dev/null 2>&1; then
            _answer="setarch $(uname -m) -R"
            _status=0
        fi
    fi
    rm -rf "$_dir"
    printf '%s\n' "$_answer"
    return $_status
}

# sanitized NAME FOLDER COMPILER "PREFIX" SANITIZERS CMAKE-ARGUMENT...
# Optimised a little: in full, which the release builds are, takes half as long again.
sanitized()
{
    _name=$1
    _folder=$2
    _compiler=$3
    _prefix=$4
    _sanitizers=$5
    shift 5
    run "$_name" "$_folder" "$_compiler" "$_prefix" -S . -DNTIO_WERROR=ON -DCMAKE_BUILD_TYPE=RelWithDebInfo \
        "-DCMAKE_C_FLAGS_RELWITHDEBINFO=-O1 -g1 -DNDEBUG" "-DCMAKE_CXX_FLAGS_RELWITHDEBINFO=-O1 -g1 -DNDEBUG" \
        "-DNTIO_SANITIZE=$_sanitizers" "$@"
}

# run_tsan COMPILER FOLDER
run_tsan()
{
    if have "$1" && _tsan=$(sanitizer_prefix "$1" thread); then
        # An exception leaves the fault's signal handler by a jump; what runs after it is not in the handler.
        sanitized "tsan ($1)" "$2" "$1" "env TSAN_OPTIONS=report_signal_unsafe=0:${TSAN_OPTIONS:-} $_tsan" thread
    else
        record "tsan ($1): left out, ThreadSanitizer does not run here"
    fi
}

# gcc has no MemorySanitizer.
run_msan()
{
    if have clang && _msan=$(sanitizer_prefix clang memory); then
        sanitized "msan (clang)" build/msan clang "$_msan" memory -DNTIO_BUILD_BENCH=OFF
    else
        record "msan (clang): left out, MemorySanitizer does not run here"
    fi
}

# The same for arm64, cross-compiled and run by qemu; with clang the tests of __try alone (tests/seh). Left out are a test that lasts
# minutes there and two about addresses that cannot be, of which qemu tells other ones. The emulated address space is small, since
# qemu keeps a record of each page of it.
run_arm64()
{
    case $(uname -m) in
    aarch64 | arm64)
        record "arm64: this machine is one"
        return 0
        ;;
    esac
    _root=$root/build/arm64-root
    if ! try_install arm64 || ! cmocka_arm64 "$_root"; then
        record "arm64: left out, cross-compiler, emulator or libraries are not to be had here"
        return 0
    fi
    _libraries=$_root/usr/lib/aarch64-linux-gnu
    run_left_out='^(test_stress|test_bad_input|fault_odd_address)$'
    run arm64 build/arm64 aarch64-linux-gnu-gcc "" -S . -DCMAKE_BUILD_TYPE=Debug -DNTIO_WERROR=ON \
        -DCMAKE_SYSTEM_NAME=Linux -DCMAKE_SYSTEM_PROCESSOR=aarch64 \
        "-DCMAKE_CROSSCOMPILING_EMULATOR=qemu-aarch64-static;-R;0x80000000;-L;/usr/aarch64-linux-gnu;-E;LD_LIBRARY_PATH=$_libraries" \
        "-DNTIO_CMOCKA_INCLUDE=$_root/usr/include" "-DNTIO_CMOCKA_LIBRARY=$_libraries/libcmocka.so.0" -DNTIO_BUILD_BENCH=OFF
    run_left_out=
}

# A project outside the tree that finds ntio installed, one that has it as a subdirectory, one that asks pkg-config.
run_consumers()
{
    say "installing into a scratch prefix"
    rm -rf build/prefix build/consumer-installed build/consumer-subdirectory build/consumer-pkgconfig
    if ! cmake --install build/release --prefix "$root/build/prefix" >build/install.log; then
        cat build/install.log
        failed install
        return 0
    fi
    run "consumer with find_package" build/consumer-installed "$CC" "" -S tests/consumer \
        -DCMAKE_BUILD_TYPE=Release -DCMAKE_PREFIX_PATH="$root/build/prefix"
    run "consumer with add_subdirectory" build/consumer-subdirectory "$CC" "" -S tests/consumer \
        -DCMAKE_BUILD_TYPE=Debug -DNTIO_SOURCE="$root"
    say "consumer with pkg-config"
    _pc=$(dirname "$(find "$root/build/prefix" -name ntio.pc)")
    if PKG_CONFIG_PATH=$_pc make -s -C tests/consumer CC="$CC" OUT="$root/build/consumer-pkgconfig" check; then
        record "consumer with pkg-config: passed"
    else
        failed "consumer with pkg-config"
    fi
}

started=$(date +%s)
require compiler cmake builder cmocka
try_install c++ || record "drivers and clients in C++: left out, there is no C++ compiler"
CC=$(find_compiler)
export CC
if $all; then
    werror="-DNTIO_WERROR=ON"
else
    werror= # a newer compiler's new warnings are no reason for a user not to run the tests
fi
run "debug ($CC)" build/debug "$CC" "" -S . -DCMAKE_BUILD_TYPE=Debug $werror

if $all; then
    if try_install sanitizers; then
        sanitized "asan ($CC)" build/asan "$CC" "" "address;undefined"
    else
        record "asan ($CC): left out, AddressSanitizer is not here"
    fi
    if try_install clang; then
        sanitized "asan (clang)" build/asan-clang clang "" "address;undefined"
    else
        record "asan (clang): left out, clang is not here"
    fi
    run_msan
    run_tsan clang build/tsan
    [ "$CC" = clang ] || run_tsan "$CC" build/tsan-gcc
    # Linux has futexes and memfd; this is what the other hosts run.
    run "portable host ($CC)" build/portable "$CC" "" -S . -DCMAKE_BUILD_TYPE=Debug -DNTIO_WERROR=ON \
        -DNTIO_PORTABLE_HOST=ON
    run_arm64
    run "release ($CC)" build/release "$CC" "" -S . -DCMAKE_BUILD_TYPE=Release -DNTIO_WERROR=ON
    require pkg-config make
    run_consumers
    if ./scripts/format.sh; then
        record "format: passed"
    else
        failed format
    fi
fi

printf '\n'
say "results after $(($(date +%s) - started)) s"
printf '%s' "$results"
[ -z "$failures" ] || die "failed:$failures"
