# Sourced by demo.sh and test.sh: finds out what the build needs and this machine lacks, and installs it.
# POSIX sh. The script that sources it has set `root` to the top of the source tree.

say()
{
    printf '== %s\n' "$*"
}

die()
{
    printf 'error: %s\n' "$*" >&2
    exit 1
}

have()
{
    command -v "$1" >/dev/null 2>&1
}

# compiles COMPILER [FLAG...]: whether a program read from standard input, C or for a C++ compiler C++, can be compiled and linked.
compiles()
{
    _dir=$(mktemp -d) || die "mktemp failed"
    case $1 in
    *++*) _try=$_dir/try.cpp ;;
    *) _try=$_dir/try.c ;;
    esac
    cat >"$_try"
    _compiler=$1
    shift
    "$_compiler" "$_try" -o "$_dir/try" "$@" >/dev/null 2>&1
    _status=$?
    rm -rf "$_dir"
    return $_status
}

# The compiler to use when the user named none.
find_compiler()
{
    for _cc in ${CC:-cc gcc clang}; do
        if have "$_cc" && printf '#include <pthread.h>\nint main(void) { return 0; }\n' | compiles "$_cc"; then
            printf '%s\n' "$_cc"
            return 0
        fi
    done
    return 1
}

# The C++ compiler that goes with a C compiler.
cxx_of()
{
    case $1 in
    cc) echo c++ ;;
    *clang*) echo "$1" | sed 's/clang/clang++/' ;;
    *) echo "$1" | sed 's/gcc/g++/' ;;
    esac
}

have_cxx()
{
    _cxx=$(cxx_of "$(find_compiler)")
    have "$_cxx" && printf '#include <string>\nint main() { return (int)std::string().size(); }\n' | compiles "$_cxx"
}

have_cmocka()
{
    _cc=$(find_compiler) || return 1
    printf '%s\n' '#include <stdarg.h>' '#include <stddef.h>' '#include <stdint.h>' '#include <setjmp.h>' \
        '#include <cmocka.h>' 'int main(void) { return 0; }' | compiles "$_cc" $(cmocka_flags) -lcmocka
}

# Homebrew's folders are not on the compiler's default paths.
cmocka_flags()
{
    if have brew; then
        printf -- '-I%s/include -L%s/lib\n' "$(brew --prefix)" "$(brew --prefix)"
    fi
}

have_cmake()
{
    have cmake || return 1
    _version=$(cmake --version | sed -n 's/^cmake version \([0-9]*\)\.\([0-9]*\).*/\1 \2/p')
    set -- $_version
    [ "${1:-0}" -gt 3 ] || { [ "${1:-0}" -eq 3 ] && [ "${2:-0}" -ge 20 ]; }
}

# Whether one of the things that this project can need is there.
have_need()
{
    case $1 in
    compiler) find_compiler >/dev/null ;;
    c++) have_cxx ;;
    cmake) have_cmake ;;
    builder) have ninja || have make ;;
    cmocka) have_cmocka ;;
    pkg-config) have pkg-config ;;
    make) have make ;;
    clang) have clang && printf 'int main(void) { return 0; }\n' | compiles clang -fsanitize=address ;;
    arm64) have aarch64-linux-gnu-gcc && have qemu-aarch64-static &&
        printf 'int main(void) { return 0; }\n' | compiles aarch64-linux-gnu-gcc ;;
    sanitizers) printf 'int main(void) { return 0; }\n' | compiles "$(find_compiler)" -fsanitize=address,undefined ;;
    esac
}

find_manager()
{
    for _manager in apt-get dnf pacman apk brew; do
        if have "$_manager"; then
            printf '%s\n' "$_manager"
            return 0
        fi
    done
    return 1
}

# packages MANAGER NEED: what the need is called there; nothing when the compiler brings it along.
packages()
{
    case $1:$2 in
    apt-get:compiler) echo gcc libc6-dev ;;
    apt-get:c++ | apk:c++) echo g++ ;;
    dnf:c++) echo gcc-c++ ;;
    pacman:c++) echo gcc ;;
    brew:c++) ;;
    apt-get:builder) echo ninja-build ;;
    apt-get:cmocka) echo libcmocka-dev ;;
    apt-get:clang)
        # The sanitizers' runtime is a package of its own from clang 14 on, named after the version.
        _clang=$(apt-cache depends clang 2>/dev/null | sed -n 's/.*Depends: clang-\([0-9]*\).*/\1/p' | head -n 1)
        echo clang
        if [ -n "$_clang" ] && apt-cache show "libclang-rt-$_clang-dev" >/dev/null 2>&1; then
            echo "libclang-rt-$_clang-dev"
        fi
        ;;
    apt-get:sanitizers) ;;
    apt-get:arm64) echo qemu-user-static gcc-aarch64-linux-gnu libc6-dev-arm64-cross ;;
    dnf:compiler) echo gcc glibc-devel ;;
    dnf:builder) echo ninja-build ;;
    dnf:cmocka) echo libcmocka-devel ;;
    dnf:pkg-config) echo pkgconf-pkg-config ;;
    dnf:clang) echo clang compiler-rt ;;
    dnf:sanitizers) echo libasan libubsan libtsan ;;
    pacman:compiler) echo gcc ;;
    pacman:builder) echo ninja ;;
    pacman:pkg-config) echo pkgconf ;;
    pacman:clang) echo clang compiler-rt ;;
    pacman:sanitizers) ;;
    apk:compiler) echo gcc musl-dev ;;
    apk:builder) echo make ;;
    apk:cmocka) echo cmocka-dev ;;
    apk:pkg-config) echo pkgconf ;;
    apk:clang) echo clang compiler-rt ;;
    apk:sanitizers) ;;
    brew:compiler) ;; # xcode-select --install, which asks
    brew:builder) echo ninja ;;
    brew:clang | brew:sanitizers | brew:make) ;;
    *) echo "$2" ;;
    esac
}

as_root()
{
    if [ "$(id -u)" -eq 0 ]; then
        "$@"
    elif have sudo; then
        sudo "$@"
    else
        printf 'error: this must run as root, or with sudo: %s\n' "$*" >&2
        return 1
    fi
}

# install_packages MANAGER PACKAGE...
install_packages()
{
    _manager=$1
    shift
    case $_manager in
    apt-get)
        as_root env DEBIAN_FRONTEND=noninteractive apt-get install -y --no-install-recommends "$@"
        ;;
    dnf) as_root dnf install -y "$@" ;;
    pacman) as_root pacman -S --noconfirm --needed "$@" ;;
    apk) as_root apk add "$@" ;;
    brew) brew install "$@" ;;
    esac
}

# cmocka_arm64 FOLDER: CMocka for the other architecture in FOLDER/usr, taken out of its packages; nothing is installed.
cmocka_arm64()
{
    [ ! -f "$1/usr/include/cmocka.h" ] || return 0
    have apt-get && have dpkg-deb || return 1
    mkdir -p "$1/lists/partial" "$1/cache/archives/partial" || return 1
    : >"$1/status"
    (
        cd "$1" || exit 1
        for _step in update "download libcmocka0 libcmocka-dev"; do
            apt-get -qq -o APT::Architecture=arm64 -o APT::Architectures=arm64 -o "Dir::State::Lists=$PWD/lists" \
                -o "Dir::State::status=$PWD/status" -o "Dir::Cache=$PWD/cache" -o Debug::NoLocking=1 \
                -o "APT::Sandbox::User=$(id -un)" $_step || exit 1
        done
        for _package in *.deb; do
            dpkg-deb -x "$_package" . || exit 1
        done
    ) && [ -f "$1/usr/include/cmocka.h" ]
}

# The lists are fetched once, and only when something is to be installed.
update_lists()
{
    case $1 in
    apt-get) as_root env DEBIAN_FRONTEND=noninteractive apt-get update ;;
    pacman) as_root pacman -Sy --noconfirm ;;
    apk) as_root apk update ;;
    esac
}

# missing NEED...: prints those that are not there.
missing()
{
    for _need in "$@"; do
        have_need "$_need" || printf '%s ' "$_need"
    done
}

# try_install NEED...: installs what is missing of them; says so and fails when that does not work out.
try_install()
{
    _missing=$(missing "$@")
    [ -n "$_missing" ] || return 0
    if ! _found=$(find_manager); then
        printf 'missing: %s\nNone of apt-get, dnf, pacman, apk and brew is here; please install it by hand.\n' \
            "$_missing" >&2
        return 1
    fi
    say "installing with $_found: $_missing"
    if [ -z "${ntio_lists_updated:-}" ]; then
        # A failed update need not be the end: what is cached may do.
        update_lists "$_found" || say "the package lists could not be updated"
        ntio_lists_updated=1
    fi
    _names=
    for _need in $_missing; do
        _names="$_names $(packages "$_found" "$_need")"
    done
    if [ -n "$(echo $_names)" ]; then
        install_packages "$_found" $_names || printf 'could not install: %s\n' "$(echo $_names)" >&2
    fi
    _missing=$(missing "$@")
    [ -z "$_missing" ] || {
        printf 'still missing: %s\n' "$_missing" >&2
        return 1
    }
}

require()
{
    if try_install "$@"; then
        return 0
    fi
    if have cmake && ! have_cmake; then
        die "this cmake is too old, 3.20 or newer is needed: $(cmake --version | head -n 1)"
    fi
    die "cannot go on without: $(missing "$@")(is this machine online?)"
}

jobs_here()
{
    getconf _NPROCESSORS_ONLN 2>/dev/null || echo 2
}

# configure FOLDER ARGUMENT...: CMake on the source tree; a folder that is configured keeps its generator.
configure()
{
    _folder=$1
    shift
    if [ ! -f "$_folder/CMakeCache.txt" ] && [ -z "${CMAKE_GENERATOR:-}" ]; then
        if have ninja; then
            set -- -G Ninja "$@"
        else
            set -- -G "Unix Makefiles" "$@"
        fi
    fi
    cmake -B "$_folder" "$@"
}

build()
{
    cmake --build "$1" --parallel "$(jobs_here)"
}
