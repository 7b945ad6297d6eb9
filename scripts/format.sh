#!/bin/sh
# Says which C sources clang-format would change, or with --fix changes them. Headers and tables are laid out by hand.
set -eu
cd "$(dirname "$0")/.."

clang_format=
for name in ${CLANG_FORMAT:-clang-format-14 clang-format}; do
    if command -v "$name" >/dev/null 2>&1; then
        clang_format=$name
        break
    fi
done
if [ -z "$clang_format" ]; then
    echo "clang-format is not here: nothing checked"
    exit 0
fi

mode="--dry-run --Werror"
case ${1:-} in
--fix) mode=-i ;;
"") ;;
*)
    echo "usage: scripts/format.sh [--fix]" >&2
    exit 2
    ;;
esac
git ls-files 'src/*.c' 'tools/*.c' 'bench/*.c' | xargs "$clang_format" $mode
