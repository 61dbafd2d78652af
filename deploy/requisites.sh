#!/usr/bin/env bash
# Makes sure of what can't be installed into the checkout: `requisites.sh python [interpreter]`, `java`, `chromium` or `promtool`.
# What is missing is installed where that needs no question (root on Debian or Ubuntu); else the line that would is shown.
set -euo pipefail

say() { printf '%s\n' "$*" >&2; }

provide() { # provide "what is missing" package…
    local missing=$1
    shift
    if ! command -v apt-get >/dev/null; then
        say "$missing. Install it with your system's packages, then run make again."
        exit 1
    fi
    if [ "$(id -u)" -ne 0 ]; then
        say "$missing. Run this, then make again:"
        say "    sudo apt-get update && sudo apt-get install --yes --no-install-recommends $*"
        exit 1
    fi
    say "$missing: installing $*"
    apt-get update --quiet --quiet
    DEBIAN_FRONTEND=noninteractive apt-get install --yes --quiet --quiet --no-install-recommends "$@"
}

need_python() {
    local interpreter=${1:-python3}
    if ! command -v "$interpreter" >/dev/null; then
        [ "$interpreter" = python3 ] || { say "There is no $interpreter"; exit 1; }
        provide "There is no Python" python3 python3-venv
    fi
    if ! "$interpreter" -c 'import sys; sys.exit(sys.version_info < (3, 11))'; then
        say "$("$interpreter" --version) is too old: 3.11 or newer is needed. If you have one elsewhere:"
        say "    make install PYTHON=/path/to/python3"
        exit 1
    fi
    # Debian and Ubuntu split ensurepip, which a virtual environment needs, into a package of its own.
    "$interpreter" -c 'import ensurepip' 2>/dev/null ||
        provide "This Python can't make virtual environments" python3-venv
}

need_chromium() { # for the tests in a browser
    local name package=chromium
    for name in "${CHROMIUM:-chromium-headless-shell}" chromium chromium-browser google-chrome google-chrome-stable; do
        if command -v "$name" >/dev/null; then return; fi
    done
    # Debian's, without what nobody sees: the tests take less than half of its processor time.
    if apt-cache show chromium-headless-shell >/dev/null 2>&1; then package=chromium-headless-shell; fi
    provide "The browser tests need Chromium" "$package"
}

need_promtool() { # for the tests of the alerts, which go without where it can't be had
    local folder tools=.run/tools
    if command -v promtool >/dev/null || [ -x "$tools/promtool" ]; then return; fi
    folder=$(mktemp -d)
    # Debian's package would also start a server, so only this program is taken out of it.
    if (
        [ "$(id -u)" -ne 0 ] || apt-get update --quiet --quiet
        cd "$folder" && apt-get download --quiet --quiet prometheus && dpkg -x prometheus_*.deb .
    ) 2>/dev/null >&2; then
        mkdir -p "$tools"
        mv "$folder/usr/bin/promtool" "$tools/promtool"
    else
        say "There is no promtool here: the alerts are checked only where it is installed."
    fi
    rm -rf "$folder"
}

need_java() {
    local version=0 missing=()
    if command -v java >/dev/null; then
        version=$(java -version 2>&1 | sed -n 's/.* version "\([0-9]*\).*/\1/p' | head -n 1)
    fi
    [ "${version:-0}" -ge 17 ] || missing+=(default-jre-headless)
    command -v mvn >/dev/null || missing+=(maven)
    [ ${#missing[@]} -eq 0 ] || provide "Kafka needs Java 17 or newer, and Maven to bring it" "${missing[@]}"
}

"need_$1" "${@:2}"
