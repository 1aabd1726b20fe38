#!/usr/bin/env bash
# Proves the image without a Docker engine: reads the build steps from the Dockerfile, carries them out in a clean
# Debian root, and runs the connector in the root of the image, as the image's user, with everything read-only.
#
#   deploy/prove-image.sh [FOLDER]
#   deploy/prove-image.sh --context     only list the files that a builder would be sent
#
# Wants root, debootstrap, curl, python3, and the Rust toolchain that the Dockerfile names: it is copied, because the
# image that has it comes from a registry of images. FOLDER (target/image) keeps the Debian root for the next time.
# It builds the whole crate.

set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

declare -A roots=()                # of stages, by name
declare -A arguments=()            # ARG, of the stage that is being built
declare -A environment=() kept=()  # ENV and other settings, which a stage hands on to those that are built on it
stage=-1

main() {
  if [ "${1:-}" = --context ]; then
    sent
    return
  fi
  if [ "${IMAGE_MOUNTS:-}" != private ]; then
    [ "$(id -u)" -eq 0 ] || fail "this wants root, for chroot and mount"
    # What is mounted below goes with the last process: nothing stays mounted, whatever happens.
    IMAGE_MOUNTS=private exec unshare --mount --propagation private "$0" "$@"
  fi
  folder=$(realpath --canonicalize-missing "${1:-target/image}")
  mkdir -p "$folder"
  rm -rf "$folder/context" "$folder"/stage-*
  gather_context

  local instruction
  while IFS= read -r instruction; do
    carry_out "${instruction%% *}" "${instruction#* }"
  done < <(instructions)

  inspect
  start
  process_an_event
  stop
  say "proven: $(du -shx --apparent-size "$root" | cut -f1) in $root"
}

say() {
  echo "==> $*"
}

fail() {
  echo "prove-image: $*" >&2
  exit 1
}

# The Dockerfile, one instruction a line, without comments.
instructions() {
  grep -v '^[[:space:]]*#' Dockerfile | sed -e ':join' -e '/\\$/{N' -e 's/\\\n[[:space:]]*//' -e 'b join' -e '}' |
    grep -v '^[[:space:]]*$'
}

gather_context() {
  say "context"
  mkdir "$folder/context"
  sent | tr '\n' '\0' | xargs --null cp -p --parents --target-directory "$folder/context"
}

# What a Docker client would send, one a line: the files of the tree without those that .dockerignore names.
sent() {
  local file patterns
  mapfile -t patterns < <(grep -v -e '^#' -e '^$' .dockerignore)
  git ls-files --cached --others --exclude-standard | while IFS= read -r file; do
    ignored "$file" || echo "$file"
  done
}

# Whether .dockerignore names a file or a folder above it; the last pattern that does decides.
ignored() {
  local pattern path verdict=1 decides slashes
  for pattern in "${patterns[@]}"; do
    decides=0
    if [[ $pattern == !* ]]; then
      decides=1 pattern=${pattern#!}
    fi
    path=$1/ slashes=${pattern//[!\/]/}
    while [[ $path == */* ]]; do
      path=${path%/*}
      # For Docker, a star is no slash.
      # shellcheck disable=SC2053  # it is a pattern
      if [[ ($path == $pattern && ${path//[!\/]/} == "$slashes") || ($pattern == '**/'* && ${path##*/} == ${pattern#'**/'}) ]]; then
        verdict=$decides
      fi
    done
  done
  return "$verdict"
}

carry_out() {
  local what=$1 rest=$2
  say "$what $rest"
  case $what in
    FROM) begin "$rest" ;;
    ARG) rest=$(unquoted "$rest") arguments[${rest%%=*}]=${rest#*=} ;;
    ENV) rest=$(unquoted "$rest") environment[${rest%%=*}]=$(filled "${rest#*=}") ;;
    WORKDIR) kept[WORKDIR]=$rest && mkdir -p "$root$rest" ;;
    COPY) copy "$(filled "$rest")" ;;
    RUN) run_inside "$rest" ;;
    SHELL | USER | ENTRYPOINT | CMD) kept[$what]=$rest ;;
    HEALTHCHECK) kept[HEALTHCHECK]=${rest#*CMD } ;;
    LABEL | EXPOSE | STOPSIGNAL) ;;
    *) fail "this script does not know $what" ;;
  esac
  remember
}

# A stage: on a Debian with Rust, on nothing, or on another stage.
begin() {
  local base name
  read -r base _ name <<<"$1"
  stage=$((stage + 1))
  root=$folder/stage-$stage
  arguments=()
  case $base in
    scratch)
      mkdir -p "$root"
      environment=() kept=()
      ;;
    rust:*-*)
      environment=([PATH]=/usr/local/cargo/bin:/usr/local/bin:/usr/bin:/bin:/usr/sbin:/sbin [CARGO_HOME]=/usr/local/cargo)
      kept=([SHELL]='["/bin/sh", "-c"]')
      debian_with_rust "${base#rust:}"
      ;;
    *)
      [ -n "${roots[$base]:-}" ] || fail "this script cannot begin with $base"
      cp -a "${roots[$base]}" "$root"
      # shellcheck source=/dev/null
      . "${roots[$base]}.state"
      ;;
  esac
  if [ -n "$name" ]; then
    roots[$name]=$root
  fi
}

# What stages that are built on this one begin with.
remember() {
  declare -p environment kept | sed 's/^declare -A/declare -gA/' >"$root.state"
}

# Debian as debootstrap makes it, what of the usual image is needed, and the toolchain of this machine.
debian_with_rust() {
  local version=${1%-*} suite=${1##*-} sysroot
  local debian=$folder/debian-$suite
  if [ ! -e "$debian/.whole" ] || [ ! -x "$debian/usr/bin/make" ]; then
    rm -rf "$debian"
    debootstrap --variant=minbase --include=ca-certificates,curl,gcc,libc6-dev,make,openssl "$suite" "$debian" >"$folder/debootstrap.log" ||
      fail "debootstrap failed: see $folder/debootstrap.log"
    touch "$debian/.whole"
  fi
  cp -a "$debian" "$root"

  sysroot=$(rustup run "$version" rustc --print sysroot 2>/dev/null || rustc --print sysroot)
  [[ $("$sysroot/bin/rustc" --version) == "rustc $version "* ]] ||
    fail "the Dockerfile wants Rust $version; here is $("$sysroot/bin/rustc" --version)"
  mkdir -p "$root/usr/local/cargo/bin" "$root/usr/local/cargo/registry"
  cp -a "$(realpath "$sysroot")/." "$root/usr/local/"
  rm -rf "$root/usr/local/share/doc"

  # How this machine reaches the registry of crates; what it has of it already is not fetched again.
  cp /etc/resolv.conf "$root/etc/resolv.conf"
  cp /etc/ssl/certs/ca-certificates.crt "$root/usr/local/cargo/authorities.pem"
  mkdir -p "${CARGO_HOME:-$HOME/.cargo}/registry"
  mount --bind "${CARGO_HOME:-$HOME/.cargo}/registry" "$root/usr/local/cargo/registry"
  mount -t proc proc "$root/proc"
  [ -c "$root/dev/null" ] || mount --bind /dev "$root/dev"
}

# COPY [--from=STAGE] SOURCE... TARGET
copy() {
  local words from=$folder/context source target
  read -ra words <<<"$1"
  if [[ ${words[0]} == --from=* ]]; then
    from=${roots[${words[0]#--from=}]}
    words=("${words[@]:1}")
  fi
  target=${words[-1]}
  [[ $target == /* ]] || target=${kept[WORKDIR]:-}/$target
  unset 'words[-1]'
  for source in "${words[@]}"; do
    if [ -d "$from/$source" ]; then
      mkdir -p "$root$target"
      cp -a --no-preserve=ownership "$from/$source/." "$root$target/"
    elif [[ $target == */ || $target == */. ]]; then
      mkdir -p "$root$target"
      cp -a --no-preserve=ownership "$from/$source" "$root$target"
    else
      mkdir -p "$(dirname "$root$target")"
      cp -a --no-preserve=ownership "$from/$source" "$root$target"
    fi
  done
}

run_inside() {
  local shell settings
  mapfile -t shell < <(words_of "${kept[SHELL]}")
  mapfile -t settings < <(settings)
  chroot "$root" /usr/bin/env --ignore-environment --chdir="${kept[WORKDIR]:-/}" "${settings[@]}" \
    CARGO_HTTP_CAINFO=/usr/local/cargo/authorities.pem "${shell[@]}" "$1" ||
    fail "RUN failed"
}

# ENV, one NAME=VALUE a line.
settings() {
  local name
  for name in "${!environment[@]}"; do
    echo "$name=${environment[$name]}"
  done
}

# A JSON array of texts, one a line.
words_of() {
  python3 -c 'import json, sys; print("\n".join(json.loads(sys.argv[1])))' "$1"
}

# A text with ${NAME} replaced.
filled() {
  local text=$1 name
  for name in "${!arguments[@]}"; do
    text=${text//\$\{$name\}/${arguments[$name]}}
  done
  echo "$text"
}

unquoted() {
  echo "${1//\"/}"
}

# What an image of this kind must have, and must not.
inspect() {
  say "the image has certificates, and no shell"
  [ -s "$root/etc/ssl/certs/ca-certificates.crt" ] || fail "there are no certificates"
  [ -d "$root/etc/nsps-connector/mappings" ] || fail "there is no place for mappings"
  [ -s "${roots[with-mappings]}/etc/nsps-connector/mappings/wtl-hss.yaml" ] || fail "with-mappings has none"
  local found
  found=$(find "$root" \( -name '*sh' -o -name busybox -o -perm /6000 -o -type f -perm /022 \) -print)
  [ -z "$found" ] || fail "these should not be there: $found"
  [[ ${kept[USER]} =~ ^[1-9][0-9]*:[1-9][0-9]*$ ]] || fail "USER ${kept[USER]} is not an unprivileged user by number"
}

# A target that remembers what it was sent, and the connector, in a root that nobody can write to.
start() {
  local port name
  say "serving as ${kept[USER]}"
  rm -rf "$folder/run"
  mkdir -p "$folder/run/secrets"
  od -An -v -tx1 -N32 /dev/urandom | tr -d ' \n' >"$folder/run/secrets/api-token"
  printf 'Authorization: Bearer %s\n' "$(cat "$folder/run/secrets/api-token")" >"$folder/run/header"

  # What a container engine mounts.
  mkdir -p "$root/proc" "$root/run/secrets"
  mount --bind "$root" "$root"
  mount -t proc proc "$root/proc"
  mount --bind "$folder/run/secrets" "$root/run/secrets"
  mount --bind "$folder/context/mappings" "$root/etc/nsps-connector/mappings"
  for name in / /run/secrets /etc/nsps-connector/mappings; do
    mount -o remount,bind,ro,nosuid,nodev "$root$name"
  done
  if touch "$root/written" 2>/dev/null; then
    fail "the root can be written to"
  fi

  stub >"$folder/run/target-port" 2>"$folder/run/target-log" &
  target=$!
  trap 'kill "$target" "${connector:-$target}" 2>/dev/null || true' EXIT
  await "the target does not listen" test -s "$folder/run/target-port"
  port=$(free_port)
  mapfile -t settings < <(settings)
  settings+=("PORT=$port" API_TOKEN_FILE=/run/secrets/api-token SHUTDOWN_DELAY=1s
    "WTL_API_URL=http://127.0.0.1:$(cat "$folder/run/target-port")" WTL_API_TOKEN=of-the-target)
  address=http://127.0.0.1:$port
  inside ENTRYPOINT CMD >"$folder/run/log" 2>&1 &
  connector=$!
  await "the connector does not get ready: see $folder/run/log" curl --silent --fail "$address/ready"
  grep -q "^Uid:[[:space:]]*${kept[USER]%:*}[[:space:]]" "/proc/$connector/status" || fail "it runs as somebody else"
  grep -q '^CapEff:[[:space:]]*0*$' "/proc/$connector/status" || fail "it has capabilities"
  (inside HEALTHCHECK) || fail "it is not healthy"
}

# Commands of the image, as its user, in the place of the shell that this is called in.
inside() {
  local words=() name
  for name in "$@"; do
    mapfile -t -O "${#words[@]}" words < <(words_of "${kept[$name]}")
  done
  exec env -i "${settings[@]}" "$(type -P chroot)" --userspec="${kept[USER]}" --groups= "$root" "${words[@]}"
}

process_an_event() {
  local status
  say "an event"
  status=$(curl --silent --show-error --max-time 10 --output "$folder/run/answer" --write-out '%{http_code}' \
    --header @"$folder/run/header" --header 'Content-Type: application/json' \
    --data-binary @tests/events/sim-updated.json "$address/process-event")
  cat "$folder/run/answer" && echo
  [ "$status" = 200 ] || fail "the answer is $status"
  grep -q 'Event processed successfully' "$folder/run/answer" || fail "it was not processed"
  grep -q '"imsi": *"001010000020349"' "$folder/run/target-log" || fail "the target got nothing"
  # Its own output: the log, which has no identifier of the subscriber.
  ! grep -q 001010000020349 "$folder/run/log" || fail "the log shows the IMSI"
}

stop() {
  local code=0
  say "a reload, and the end"
  kill -HUP "$connector"
  await "it does not reload" reloaded
  kill -TERM "$connector"
  wait "$connector" || code=$?
  [ "$code" -eq 0 ] || fail "it ended with $code: see $folder/run/log"
}

reloaded() {
  curl --silent --fail "$address/ready" | grep -q '"generation": *2'
}

# Until a command succeeds, for 20 seconds.
await() {
  local why=$1 try
  shift
  for try in {1..100}; do
    if "$@" >/dev/null 2>&1; then
      return
    fi
    sleep 0.2
  done
  fail "$why (after $try tries)"
}

# A target that answers 200 to everything. Prints its port, and to its log what it gets.
stub() {
  exec python3 -c '
import http.server, sys

class Target(http.server.BaseHTTPRequestHandler):
    def do_POST(self):
        sys.stderr.write(self.rfile.read(int(self.headers["Content-Length"])).decode() + "\n")
        sys.stderr.flush()
        self.send_response(200)
        self.send_header("Content-Type", "application/json")
        self.end_headers()
        self.wfile.write(b"{\"result\": true}")

    def log_message(self, *_):
        pass

server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Target)
print(server.server_port, flush=True)
server.serve_forever()'
}

free_port() {
  python3 -c 'import socket; s = socket.socket(); s.bind(("127.0.0.1", 0)); print(s.getsockname()[1])'
}

main "$@"
