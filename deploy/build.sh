#!/usr/bin/env bash
# Builds the connector as its image has it: as Cargo.toml says of a release, and by a profile of what it does
# (profile-guided optimization). A first build counts what is used while it processes the sample events, by HTTP and by
# HTTPS, and runs the tests of mappings/examples; the second one has that at hand, and the rest out of the way.
#
#   deploy/build.sh                  target/optimized/nsps-connector
#   deploy/build.sh --bench NAME     and a bench with the same profile, target/optimized/NAME
#
# It takes twice the time of `cargo build --release`, and wants make (for jemalloc, its allocator), curl, openssl, and
# llvm-profdata of rustc's own LLVM, which `rustup component add llvm-tools` brings, and Debian as llvm-22 for Rust 1.95.
# Without that last one it says so, and builds without a profile.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

tree=$PWD
out=$(realpath --canonicalize-missing "${CARGO_TARGET_DIR:-target}/optimized")
host=$(rustc -vV | sed -n 's/^host: //p')
bench=
# The process that is trained.
trained=

# Requests of each client, of which there is one for each sample event at a time. They are to outweigh by far what the
# mapping tests do: what those alone need is to be at hand, and not in the way.
PLAIN=5000
SECURE=500

main() {
  trap 'kill $trained 2>/dev/null || true' EXIT
  case "${1:-}" in
  '') ;;
  --bench) bench=${2:?a name is missing} ;;
  *) fail "$1 is not known: see the beginning of this script" ;;
  esac
  # Whatever ends this, nothing half done is left under the names of what is whole.
  rm -rf "$out"/{raw,profile,training,instrumented,how,nsps-connector} "${bench:+$out/$bench}"
  mkdir -p "$out"/{raw,training}
  local profdata how
  command -v make >/dev/null || fail "please install make"
  if profdata=$(find_profdata); then
    command -v curl openssl >/dev/null || fail "please install curl and openssl"
    say "an instrumented build"
    build "-Cprofile-generate=$out/raw"
    cp "$(made nsps-connector)" "$out/instrumented"
    say "training"
    train
    "$profdata" merge --output "$out/profile" "$out/raw"
    say "the optimized build"
    build "-Cprofile-use=$out/profile"
    how="built with a profile"
  else
    say "there is no llvm-profdata of LLVM $(llvm): BUILDING WITHOUT A PROFILE, which costs a fifth of the speed"
    say "to have it: rustup component add llvm-tools"
    build ""
    how="built without a profile"
  fi
  local name
  for name in nsps-connector ${bench:+"$bench"}; do
    cp "$(made "$name")" "$out/$name"
  done
  echo "$how" >"$out/how"
  rm -rf "$out"/{raw,training,instrumented}
  say "$out/nsps-connector, $how"
}

say() {
  echo "==> $*" >&2
}

fail() {
  echo "build: $*" >&2
  exit 1
}

# The major version of rustc's LLVM.
llvm() {
  rustc -vV | sed -n 's/^LLVM version: \([0-9]*\).*/\1/p'
}

# Where llvm-profdata is.
find_profdata() {
  local found
  if command -v rustup >/dev/null; then
    # Fails without a network, and where rustup does not manage this compiler.
    rustup component add llvm-tools >/dev/null 2>&1 || true
  fi
  for found in "$(rustc --print sysroot)/lib/rustlib/$host/bin/llvm-profdata" "/usr/lib/llvm-$(llvm)/bin/llvm-profdata"; do
    if [ -x "$found" ]; then
      echo "$found"
      return
    fi
  done
  return 1
}

# Builds with that flag. With a target named, build scripts and macros are built without it. Both builds have the same
# targets: benches want more of some dependencies, which then are others than those that were counted. jemalloc asks for no
# huge pages, of which each small piece would take a whole one where the system gives them unasked; and it has to be told
# of the largest pages that a kernel may have where there are several kinds, because it does not run on larger ones.
build() {
  export JEMALLOC_SYS_WITH_MALLOC_CONF=thp:never
  if [[ $host == aarch64-* ]]; then
    export JEMALLOC_SYS_WITH_LG_PAGE=16
  fi
  CARGO_ENCODED_RUSTFLAGS=$1 cargo build --locked --release --target "$host" --target-dir "$out" \
    --features jemalloc --bin nsps-connector ${bench:+--bench "$bench"} --message-format json-render-diagnostics >"$out/built"
}

# Where the last build put something.
made() {
  sed -n 's/.*"name":"'"$1"'".*"executable":"\([^"]*\)".*/\1/p' "$out/built" | tail -n 1
}

# What the connector is there for, so that the profile knows it.
train() {
  local url event
  # Without white space, as NSPS sends them.
  for event in tests/events/*.json; do
    sed -e 's/^ *//' -e 's/": /":/' "$event" | tr -d '\n' >"$out/training/${event##*/}"
  done
  "$out/instrumented" test mappings/examples >/dev/null || fail "the tests of mappings/examples fail"
  begin demo
  url=$(said 's/^curl \(http[^ ]*\)\/ready$/\1/p') || fail "the demonstration did not begin"
  post "$PLAIN" "$url" demo-nsps-token
  end
  train_https
}

train_https() {
  local try port url=
  openssl req -x509 -newkey rsa:2048 -nodes -days 2 -subj /CN=localhost \
    -addext subjectAltName=IP:127.0.0.1 -addext basicConstraints=critical,CA:FALSE \
    -keyout "$out/training/key.pem" -out "$out/training/certificate.pem" 2>"$out/training/openssl" ||
    fail "openssl makes no certificate: $(<"$out/training/openssl")"
  # Another one may be there already.
  for ((try = 0; try < 5; try++)); do
    port=$((20000 + RANDOM % 12000))
    begin serve API_TOKEN=a-token-to-train-with LISTEN=127.0.0.1:$port SHUTDOWN_DELAY=0s "MAPPINGS=$tree/deploy/training" \
      "TLS_CERT=$out/training/certificate.pem" "TLS_KEY=$out/training/key.pem" \
      "TRAINING_CERTIFICATE=$out/training/certificate.pem" TRAINING_URL=https://127.0.0.1:$port
    url=$(said 's/.*"message":"listening".*"url":"\([^"]*\)".*/\1/p') && break
  done
  [ -n "$url" ] || fail "the connector did not begin to serve"
  post "$SECURE" "$url" a-token-to-train-with --insecure --http1.1
  post "$SECURE" "$url" a-token-to-train-with --insecure --http2
  end
}

# Begins a command of the connector in the background, with nothing in its environment but what is given.
begin() {
  local command=$1
  : >"$out/training/said"
  (cd "$out/training" && exec env -i "${@:2}" "$out/instrumented" "$command" >>said 2>&1) &
  trained=$!
}

# What it says, found by that expression of sed's; nothing comes of one that ends before.
said() {
  local try found
  for ((try = 0; try < 300; try++)); do
    found=$(sed -n "$1" "$out/training/said")
    if [ -n "$found" ]; then
      echo "$found"
      return
    fi
    kill -0 "$trained" 2>/dev/null || break
    sleep 0.1
  done
  cat "$out/training/said" >&2
  return 1
}

# Posts each sample event so many times, all at the same time; further arguments are curl's.
post() {
  local requests=$1 url=$2 token=$3 event client clients=()
  for event in "$out"/training/*.json; do
    curl --disable --noproxy '*' --silent --fail --fail-early --output /dev/null "${@:4}" \
      --header "Authorization: Bearer $token" --header 'Content-Type: application/json' --data-binary "@$event" \
      "$url/?[1-$requests]" &
    clients+=($!)
  done
  for client in "${clients[@]}"; do
    wait "$client" || fail "an event was not accepted: see $out/training/said"
  done
}

# Ends what is trained, which then writes down what it counted.
end() {
  kill "$trained"
  wait "$trained" || fail "it did not end in order"
  trained=
}

main "$@"
