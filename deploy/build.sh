#!/usr/bin/env bash
# Builds the connector as its image has it: as Cargo.toml says of a release, and by a profile of what it does
# (profile-guided optimization). A first build counts what is used while it processes the sample events, by HTTP and by
# HTTPS, and runs the tests of mappings/examples; the second one has that at hand, and the rest out of the way.
#
#   deploy/build.sh                  target/optimized/nsps-connector
#   deploy/build.sh --bench NAME     and a bench with the same profile, target/optimized/NAME
#
# It takes twice the time of `cargo build --release`, and wants llvm-profdata of rustc's own LLVM, which `rustup component
# add llvm-tools` brings, and Debian as llvm-22 for Rust 1.95. Without that it says so, and builds without a profile.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

target=${CARGO_TARGET_DIR:-target}
out=$(realpath --canonicalize-missing "$target/optimized")
host=$(rustc -vV | sed -n 's/^host: //p')
bench=
server=

# Requests of each client, of which there is one for each sample event at a time.
REQUESTS=4000
# How often the mapping tests run.
RUNS=10

main() {
  trap 'kill $server 2>/dev/null || true' EXIT
  case "${1:-}" in
  '') ;;
  --bench) bench=${2:?a name is missing} ;;
  *) fail "$1 is not known: see the beginning of this script" ;;
  esac
  # What has been made of an earlier tree is no profile of this one.
  rm -rf "$out/raw" "$out/profile"
  mkdir -p "$out/raw"
  local profdata
  if profdata=$(find_profdata); then
    say "an instrumented build"
    build "-Cprofile-generate=$out/raw" nsps-connector
    say "training"
    train
    "$profdata" merge --output "$out/profile" "$out"/raw
    say "the optimized build"
    build "-Cprofile-use=$out/profile" nsps-connector ${bench:+"$bench"}
    echo "built with a profile" >"$out/how"
  else
    say "there is no llvm-profdata of LLVM $(llvm): BUILDING WITHOUT A PROFILE, which is a fifth slower"
    say "to have it: rustup component add llvm-tools"
    build "" nsps-connector ${bench:+"$bench"}
    echo "built without a profile" >"$out/how"
  fi
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

# Builds the connector, and benches after it, with those flags. With a target named, build scripts and macros are built
# without them.
build() {
  local flags=$1 name made wanted=(--bin "$2")
  shift
  for name in "${@:2}"; do
    wanted+=(--bench "$name")
  done
  RUSTFLAGS=$flags cargo build --locked --release --target "$host" --target-dir "$out" "${wanted[@]}" \
    --message-format json-render-diagnostics >"$out/built"
  for name in "$@"; do
    made=$(sed -n 's/.*"name":"'"$name"'".*"executable":"\([^"]*\)".*/\1/p' "$out/built" | tail -n 1)
    cp "$made" "$out/$name"
  done
}

# What the connector is there for, so that the profile knows it.
train() {
  local run
  for ((run = 0; run < RUNS; run++)); do
    "$out/nsps-connector" test mappings/examples >/dev/null || fail "the tests of mappings/examples fail"
  done
  in_background "$out/nsps-connector" demo
  local url
  url=$(wait_for 's/^curl \(http[^ ]*\)\/ready$/\1/p')
  post "$url" demo-nsps-token
  end
  train_https
}

train_https() {
  local port=$((20000 + RANDOM % 12000)) url
  openssl req -x509 -newkey rsa:2048 -nodes -days 2 -subj /CN=localhost -addext subjectAltName=IP:127.0.0.1 \
    -keyout "$out/key.pem" -out "$out/certificate.pem" 2>/dev/null
  API_TOKEN=a-token-to-train-with LISTEN=127.0.0.1:$port SHUTDOWN_DELAY=0s MAPPINGS=deploy/training \
    TLS_CERT=$out/certificate.pem TLS_KEY=$out/key.pem TRAINING_CERTIFICATE=$out/certificate.pem \
    TRAINING_URL=https://127.0.0.1:$port in_background "$out/nsps-connector" serve
  url=$(wait_for 's/.*"message":"listening".*"url":"\([^"]*\)".*/\1/p')
  post "$url" a-token-to-train-with --insecure --http1.1
  post "$url" a-token-to-train-with --insecure --http2
  end
}

in_background() {
  "$@" >"$out/said" 2>&1 &
  server=$!
}

# What the process in the background says, found by that expression of sed's.
wait_for() {
  local try found
  for ((try = 0; try < 300; try++)); do
    found=$(sed -n "$1" "$out/said")
    if [ -n "$found" ]; then
      echo "$found"
      return
    fi
    sleep 0.1
  done
  cat "$out/said" >&2
  fail "it did not begin to serve"
}

# Posts each sample event many times, all at the same time; further arguments are curl's.
post() {
  local url=$1 token=$2 event client
  shift 2
  local clients=()
  for event in tests/events/*.json; do
    curl --silent --fail --output /dev/null --header "Authorization: Bearer $token" \
      --header 'Content-Type: application/json' --data-binary "@$event" "$@" "$url/?[1-$REQUESTS]" &
    clients+=($!)
  done
  for client in "${clients[@]}"; do
    wait "$client" || fail "an event was not accepted"
  done
}

# Ends the process in the background, which then writes down what it counted.
end() {
  kill "$server"
  wait "$server" || fail "it did not end in order"
  server=
}

main "$@"
