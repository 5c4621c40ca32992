# What the scripts of this directory share: . "$(dirname "$0")/common.sh"
set -euo pipefail
root=$(CDPATH= cd -- "$(dirname -- "${BASH_SOURCE[0]}")/../.." && pwd)
jdk=$("$root/bin/find-jdk")
jar=$root/proxy-server/target/egress-proxy.jar
work=$(mktemp -d /tmp/egress-image.XXXXXX)
chmod 755 "$work"
passed=0
failed=0
pids=()
at_exit=()

ok() { passed=$((passed + 1)) && echo "ok   $*"; }
bad() { failed=$((failed + 1)) && echo "FAIL $*"; }
# check WHAT COMMAND...: passes where the command does.
check() {
    local what=$1
    shift
    if "$@" >"$work/output" 2>&1; then ok "$what"; else bad "$what" && sed 's/^/       /' "$work/output"; fi
}
# start COMMAND...: in the background, ended with the script.
start() {
    "$@" &
    pids+=($!)
}
# await FILE TEXT: until the text is in the file, or half a minute is over.
await() {
    local i
    for ((i = 0; i < 300; i++)); do
        if grep -qs -- "$2" "$1"; then return 0; fi
        sleep 0.1
    done
    echo "did not come: \"$2\" in $1:" >&2
    cat "$1" >&2
    return 1
}
stop() {
    kill "$1" 2>/dev/null || true
    wait "$1" 2>/dev/null || true
}
finish() {
    local status=$? pid step
    trap - EXIT
    for pid in "${pids[@]}"; do stop "$pid"; done
    for step in "${at_exit[@]}"; do eval "$step" || true; done
    rm -rf "$work"
    ((status == 0)) || { failed=$((failed + 1)) && echo "FAIL ${0##*/} ended at once (status $status)"; }
    echo "${0##*/}: $passed passed, $failed failed"
    ((failed == 0)) || exit 1
    exit 0
}
trap finish EXIT
trap 'exit 130' INT TERM
for tool in ip nft setpriv unshare openssl python3 curl; do
    command -v "$tool" >/dev/null || { echo "needs $tool (Debian: iproute2, nftables, util-linux, openssl, python3, curl)" >&2; exit 1; }
done

# gate ARGUMENTS...: the program: in the mounted image where EGRESS_ROOT names one, else the jar. With the default of SIGHUP, which a
# child of nohup would ignore.
gate() {
    if [ -n "${EGRESS_ROOT:-}" ]; then
        exec env --default-signal=HUP -u SSL_CERT_FILE "$root/image/test/in-image" "${mounts[@]}" /usr/local/bin/egress-proxy "$@"
    else
        exec env --default-signal=HUP "$jdk/bin/java" -XX:+UseSerialGC -Xms16m -Xmx256m --enable-native-access=ALL-UNNAMED \
            --sun-misc-unsafe-memory-access=allow -jar "$jar" "$@"
    fi
}
mounts=()

# origin_certificate NAME: origin.pem and origin-key.pem, signed by origin-ca.pem, in $work.
origin_certificate() {
    (
        cd "$work"
        openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 2 -subj "/CN=outside" \
            -addext basicConstraints=critical,CA:TRUE -addext keyUsage=critical,keyCertSign \
            -keyout origin-ca-key.pem -out origin-ca.pem
        openssl req -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -subj "/CN=$1" -keyout origin-key.pem -out origin.csr
        printf 'subjectAltName=DNS:%s\nextendedKeyUsage=serverAuth\n' "$1" >ext
        openssl x509 -req -in origin.csr -CA origin-ca.pem -CAkey origin-ca-key.pem -days 1 -extfile ext -out leaf.pem
        cat leaf.pem origin-ca.pem >origin.pem
    ) >"$work/openssl" 2>&1 || { cat "$work/openssl" >&2; return 1; }
}
