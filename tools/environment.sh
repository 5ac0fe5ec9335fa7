#!/bin/sh
# Make one of the project's virtual environments:  environment.sh FOLDER NAME EXTRAS VARIABLE VERSION...
#   FOLDER    where, such as .venv; FOLDER/.stamp says that it is complete
#   NAME      constraints/NAME-pyXY.txt or constraints/NAME.txt pins it
#   VARIABLE  environment variable in which the user may name the interpreter
#   VERSION   Python versions that will do, best first
set -eu
cd "$(dirname "$0")/.."
folder=$1 name=$2 extras=$3 variable=$4
shift 4
versions=$*

# Prints "3.7" for an interpreter that runs (a pyenv shim of a version that is not active does not) and can make environments.
version_of() {
    "$1" -c 'import ensurepip, sys, venv; print("%d.%d" % sys.version_info[:2])' 2>/dev/null
}

candidates() {
    printf '%s\n' "python$1" python3 python
    if command -v uv >/dev/null 2>&1; then
        uv python find --system "$1" 2>/dev/null || true
    fi
    if command -v pyenv >/dev/null 2>&1; then
        ls -d "$(pyenv root)/versions/$1".*/bin/python 2>/dev/null | sort -V -r || true
    fi
}

find_python() {
    eval "asked=\${$variable:-}"
    if [ -n "$asked" ]; then
        found=$(version_of "$asked") || found="none that runs and has venv"
        for version in $versions; do
            if [ "$version" = "$found" ]; then
                echo "$asked"
                return
            fi
        done
        echo "$folder: $variable=$asked must be Python $(echo "$versions" | sed 's/ / or /g'); found: $found" >&2
        return 1
    fi
    for version in $versions; do
        for candidate in $(candidates "$version"); do
            if [ "$(version_of "$candidate")" = "$version" ]; then
                echo "$candidate"
                return
            fi
        done
    done
    echo "$folder: no Python $(echo "$versions" | sed 's/ / or /g') (with venv) found by name, uv or pyenv; set $variable=/path/to/python" >&2
    return 1
}

# Complete once, and only older than its pins: bring it up to date. Never completed: begin anew.
if [ -f "$folder/.stamp" ] && version_of "$folder/bin/python" >/dev/null; then
    rm "$folder/.stamp"
else
    python=$(find_python)
    rm -rf "$folder"
    "$python" -m venv "$folder"
fi

python=$folder/bin/python
version=$(version_of "$python")
pins=constraints/$name-py$(echo "$version" | tr -d .).txt
[ -f "$pins" ] || pins=constraints/$name.txt
echo "$folder: Python $version, installing what $pins pins"
"$python" -m pip install -qq --disable-pip-version-check -c "$pins" pip setuptools wheel
"$python" -m pip install -qq --no-build-isolation -c "$pins" -e ".[$extras]"
"$python" -m pip check >"$folder/pip-check.log" || {
    cat "$folder/pip-check.log" >&2
    exit 1
}
touch "$folder/.stamp"
