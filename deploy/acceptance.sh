#!/usr/bin/env bash
# Runs NSPS's ten minimal tests against a deployed connector:
#
#   deploy/acceptance.sh URL [TOKEN] [OPTION]...
#
# URL is what NSPS is given, e.g. https://connector.example.com or https://connector.example.com/api/events. TOKEN, one that
# the connector accepts, is better left out, since other users of this machine see it: it is then taken from --token-file,
# or the variable API_TOKEN, or the file that API_TOKEN_FILE names. Of several the first is used.
#
#   --token-file FILE     where the token is; also <(gcloud secrets versions access latest --secret NAME)
#   --stub HOST:PORT      start the target of the tests here (wants python3); the connector must reach it, by the address
#                         in its variable ACCEPTANCE_TARGET. With port 0 it is any free one, which is told
#   --event FILE          also send this event, which must succeed; it changes your target system
#   --rate-limit N        the connector's RATE_LIMIT, which must then be heeded (up to 200)
#   --stop COMMAND        stop the connector while events are in flight, e.g. 'docker stop connector'
#   --start COMMAND       start it again, where the platform does not do so by itself
#   --patience SECONDS    how long a stop, and a start, may take (60)
#   --timeout SECONDS     how long one answer may take (30)
#
# Tests 2 and 7 to 10 want the mapping deploy/acceptance/acceptance.yaml beside the connector's own, for as long as they
# take; without it, or where it has no target, they are skipped, and how to have them is told. It is for types of events
# that NSPS never sends; a mapping of yours with a rule for `*` has them as well.
#
# One line for each check: PASS, FAIL or SKIP, the number of the test, what was looked at, what came. Exits 0 if nothing
# failed, 1 if something did, 2 if it cannot run. Certificates are checked; for an authority of your own set CURL_CA_BUNDLE.

set -euo pipefail
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
# shellcheck source=deploy/common.sh
. "$here/common.sh"

in_flight=8        # slow events that a stop meets
after_signal=3     # events that are sent once it has begun
passed=0 failed=0 skipped=0
stub_process=''

main() {
  read_arguments "$@"
  work=$(mktemp -d)
  trap clean_up EXIT
  trap 'exit 2' INT TERM
  run=acceptance-$(date +%s)-$$
  if [ -n "$stub" ]; then
    start_stub
  fi

  health
  look_for_mapping
  valid_event
  tokens
  unknown_path
  wrong_method
  malformed_event
  rapid_requests
  internal_error
  target_down
  graceful_stop

  echo "$((passed + failed + skipped)) checks: $passed passed, $failed failed, $skipped skipped"
  [ "$failed" -eq 0 ]
}

read_arguments() {
  url='' token='' token_file='' stub='' event='' rate='' stop='' start='' patience=60 timeout=30
  while [ $# -gt 0 ]; do
    case $1 in
      -h | --help) usage "$0" && exit ;;
      --token-file | --stub | --event | --rate-limit | --stop | --start | --patience | --timeout)
        [ $# -ge 2 ] || fail "$1 wants a value"
        case $1 in
          --token-file) token_file=$2 ;;
          --stub) stub=$2 ;;
          --event) event=$2 ;;
          --rate-limit) rate=$2 ;;
          --stop) stop=$2 ;;
          --start) start=$2 ;;
          --patience) patience=$2 ;;
          --timeout) timeout=$2 ;;
        esac
        shift
        ;;
      -*) fail "there is no option $1; --help lists them" ;;
      *)
        if [ -z "$url" ]; then
          url=$1
        else
          [ -z "$token" ] || fail "one URL and one token, please; --help tells more"
          token=$1
        fi
        ;;
    esac
    shift
  done
  check_arguments
}

check_arguments() {
  [ -n "$url" ] || fail "which connector? deploy/acceptance.sh URL; --help tells more"
  must_be "$url" 'https?://[][A-Za-z0-9_.:-]+(/[A-Za-z0-9_.~%/-]*)?' "an address such as https://connector.example.com"
  [[ $url =~ ^(https?://[^/]+)(/.*)?$ ]]
  origin=${BASH_REMATCH[1]}
  url=$origin${BASH_REMATCH[2]:-/}
  must_be "$patience" '[1-9][0-9]{0,3}' "a number of seconds for --patience"
  must_be "$timeout" '[1-9][0-9]{0,2}' "a number of seconds for --timeout"
  [ -z "$rate" ] || must_be "$rate" '[1-9][0-9]?|1[0-9][0-9]|200' "a rate from 1 to 200: set a lower one for the tests"
  [ -z "$stub" ] || must_be "$stub" '[][A-Za-z0-9_.:-]+:[0-9]+' "HOST:PORT, such as 0.0.0.0:9911"
  [ -z "$event" ] || [ -r "$event" ] || fail "there is no file $event"
  [ -n "$stop" ] || [ -z "$start" ] || fail "--start wants --stop"
  command -v curl >/dev/null || fail "this wants curl"
  read_token
}

read_token() {
  if [ -n "$token_file" ]; then
    token=$(cat -- "$token_file") || fail "the token cannot be read from $token_file"
  elif [ -z "$token" ] && [ -n "${API_TOKEN:-}" ]; then
    token=$API_TOKEN
  elif [ -z "$token" ] && [ -n "${API_TOKEN_FILE:-}" ]; then
    token=$(cat -- "$API_TOKEN_FILE") || fail "the token cannot be read from $API_TOKEN_FILE"
  fi
  # What is started below needs none.
  unset API_TOKEN API_TOKEN_FILE
  token=${token%%[,[:space:]]*}
  [ -n "$token" ] || fail "which token? --token-file FILE, or the variable API_TOKEN; --help tells more"
}

clean_up() {
  local process
  for process in $(jobs -p); do
    kill "$process" 2>/dev/null || true
  done
  rm -rf "$work"
}

start_stub() {
  local try
  command -v python3 >/dev/null || fail "--stub wants python3"
  : >"$work/journal"
  python3 "$here/acceptance/target.py" "$stub" --folder "$work" >"$work/stub" 2>"$work/stub.error" &
  stub_process=$!
  for try in {1..100}; do
    [ ! -s "$work/stub" ] || break
    kill -0 "$stub_process" 2>/dev/null || fail "$(cat "$work/stub.error")"
    sleep 0.1
  done
  [ "$try" -lt 100 ] || fail "the target does not start: $(cat "$work/stub.error")"
  echo "target at $(cat "$work/stub"): the connector's ACCEPTANCE_TARGET must lead there"
}

# --- Requests

# Sends a request and keeps the answer as NAME: METHOD URL TOKEN [FILE WITH A BODY]. What is secret reaches curl by its
# standard input: other users of this machine see its arguments. The status is 000 if there is no answer.
request() {
  local name=$1 method=$2 to=$3 shown=$4 body=${5:-}
  {
    configured "$name" "$method" "$to" "$shown" "$body"
    printf 'write-out = "%%{http_code}"\n'
  } | curl --disable --config - >"$work/$name.code" 2>"$work/$name.error" || true
}

# A request as curl reads it.
configured() {
  local name=$1 method=$2 to=$3 shown=$4 body=${5:-}
  printf 'silent\nshow-error\ngloboff\nconnect-timeout = 10\nmax-time = %s\n' "$timeout"
  printf 'request = "%s"\nurl = "%s"\n' "$method" "$to"
  printf 'output = "%s"\ndump-header = "%s"\n' "$work/$name.body" "$work/$name.head"
  if [ -n "$shown" ]; then
    shown=${shown//\\/\\\\}
    printf 'header = "Authorization: Bearer %s"\n' "${shown//\"/\\\"}"
  fi
  if [ -n "$body" ]; then
    printf 'header = "Content-Type: application/json"\ndata-binary = "@%s"\n' "$body"
  fi
}

# The same, sent again as NSPS does it where the connector's own limit holds it back.
insist() {
  local try
  for try in 1 2 3 4 5; do
    request "$@"
    if [ "$(code "$1")" != 429 ] || says "$1" target 'acceptance-limited'; then
      return
    fi
    sleep "$try"
  done
}

# Posts an event of a type and keeps the answer under its name.
post() {
  write_event "$1" "$2"
  insist "$1" POST "$url" "$token" "$work/$1.json"
}

write_event() {
  printf '{"event_id":"%s","data":{"event_type":"Acceptance/%s","variables":{}}}' "$(id "$1")" "$2" >"$work/$1.json"
}

# The event that goes by a name.
id() {
  echo "$run-$1"
}

code() {
  cat "$work/$1.code" 2>/dev/null || echo 000
}

body() {
  if [ -f "$work/$1.body" ]; then
    tr '\r\n' '  ' <"$work/$1.body"
  fi
}

# What came, in short.
came() {
  local text
  text=$(body "$1")
  if [ "$(code "$1")" = 000 ]; then
    text="no answer: $(tr '\n' ' ' <"$work/$1.error")"
  fi
  echo "$(code "$1") ${text:0:200}"
}

has_header() {
  grep -qi "^$2:" "$work/$1.head" 2>/dev/null
}

# Whether an answer's JSON has a member with this text.
says() {
  grep -Eq "\"$2\"[[:space:]]*:[[:space:]]*\"$3\"" "$work/$1.body" 2>/dev/null
}

is_acknowledged() {
  [ "$(code "$1")" = 200 ] && says "$1" message '[^"]+.*'
}

# A failure as NSPS wants it: status, JSON with a message, a reason and this type, and a header if one is named.
is_refused() {
  local name=$1 status=$2 type=$3 header=${4:-}
  [ "$(code "$name")" = "$status" ] && says "$name" type "$type" && says "$name" message '[^"]+.*' &&
    says "$name" error '[^"]+.*' && { [ -z "$header" ] || has_header "$name" "$header"; }
}

# --- Reports

pass() {
  passed=$((passed + 1))
  printf 'PASS %2s %s\n' "$1" "$2"
}

broken() {
  failed=$((failed + 1))
  printf 'FAIL %2s %s\n' "$1" "$2"
}

skip() {
  skipped=$((skipped + 1))
  printf 'SKIP %2s %s\n' "$1" "$2"
}

# The number of a test, what is looked at, and an answer that must be a refusal of that kind.
expect_refusal() {
  local number=$1 title=$2 name=$3 status=$4 type=$5 header=${6:-}
  if is_refused "$name" "$status" "$type" "$header"; then
    pass "$number" "$title: $status $type"
  else
    broken "$number" "$title: expected $status with $type, a message and an error${header:+, and $header}; came $(came "$name")"
  fi
}

# Says that a check is left out, and how to have it; a target that was asked for must be there.
without_target() {
  if ! is_acknowledged present; then
    skip "$1" "$2: no event is accepted, see test 2"
  elif [ "$mapping" = no ]; then
    skip "$1" "$2: load deploy/acceptance/acceptance.yaml beside the connector's mappings"
  elif [ -n "$stub" ]; then
    broken "$1" "$2: the connector does not reach the target, look at its ACCEPTANCE_TARGET; came $(came reach)"
  else
    skip "$1" "$2: the mapping's target is not there: --stub HOST:PORT, and ACCEPTANCE_TARGET of the connector"
  fi
}

# --- The ten tests

health() {
  request health GET "$origin/" ''
  if [ "$(code health)" = 200 ] && says health status Healthy; then
    pass 1 "health: 200 Healthy"
  else
    broken 1 "health: expected 200 with status Healthy; came $(came health)"
  fi
  if [ "$(code health)" = 000 ]; then
    echo "nobody is at $origin: the other tests were not begun"
    exit 1
  fi
}

# What the connector has of what the tests want: the mapping, and the target behind it.
look_for_mapping() {
  mapping=no target=no
  post present Present
  if says present rule acceptance-present; then
    mapping=yes
    post reach Valid
    if [ "$(code reach)" = 200 ] && { [ -z "$stub" ] || is_done reach; }; then
      target=yes
    fi
  fi
}

# Whether the target that was started here has done what an event wanted.
is_done() {
  grep -qxF "done $(id "$1")" "$work/journal"
}

valid_event() {
  if is_acknowledged present; then
    pass 2 "a valid event is acknowledged: 200"
  else
    broken 2 "a valid event is acknowledged: expected 200 with a message; came $(came present)"
  fi
  if [ "$target" = no ]; then
    without_target 2 "a valid event is processed"
  elif [ "$(code reach)" = 200 ] && says reach outcome succeeded; then
    pass 2 "a valid event is processed: 200${stub:+, and the target has it}"
  else
    broken 2 "a valid event is processed: expected 200 with outcome succeeded; came $(came reach)"
  fi
  if [ -n "$event" ]; then
    insist own POST "$url" "$token" "$event"
    if is_acknowledged own; then
      pass 2 "the event of $event: $(came own)"
    else
      broken 2 "the event of $event: expected 200 with a message; came $(came own)"
    fi
  fi
}

tokens() {
  write_event token Present
  request token POST "$url" '' "$work/token.json"
  expect_refusal 3 "missing token" token 401 AUTHENTICATION_ERROR www-authenticate
  request token POST "$url" "not-$token" "$work/token.json"
  expect_refusal 3 "wrong token" token 401 AUTHENTICATION_ERROR www-authenticate
}

unknown_path() {
  request path GET "$origin/no/such/path" "$token"
  expect_refusal 4 "non-existent resource" path 404 VALIDATION_ERROR
}

wrong_method() {
  write_event method Present
  request method PUT "$url" "$token" "$work/method.json"
  expect_refusal 5 "wrong method" method 405 VALIDATION_ERROR allow
}

malformed_event() {
  printf '{"event_id":"%s","data":{"event_type":"SIM/Updated"}}' "$(id malformed)" >"$work/malformed.json"
  insist malformed POST "$url" "$token" "$work/malformed.json"
  expect_refusal 6 "an event without variables and pb_data" malformed 422 VALIDATION_ERROR
  printf '{"event_id":' >"$work/malformed.json"
  insist malformed POST "$url" "$token" "$work/malformed.json"
  expect_refusal 6 "a body that is not JSON" malformed 400 VALIDATION_ERROR
}

rapid_requests() {
  local count=$((${rate:-10} * 3 + 10)) number name odd='' fine=0 limited=0 busy=0
  burst "$count"
  for ((number = 1; number <= count; number++)); do
    name=burst-$number
    if is_acknowledged "$name"; then
      fine=$((fine + 1))
    elif is_refused "$name" 429 RATE_LIMIT_ERROR retry-after; then
      limited=$((limited + 1))
    elif is_refused "$name" 503 CONNECTION_ERROR retry-after; then
      busy=$((busy + 1))
    else
      odd=$name
    fi
  done
  local told="$count at once: $fine answered 200, $limited 429, $busy 503"
  if [ -n "$odd" ]; then
    broken 7 "rapid requests: expected 200, or 429 or 503 in full; $told; another one: $(came "$odd")"
  elif [ -n "$rate" ] && [ "$limited" -eq 0 ]; then
    broken 7 "rapid requests: expected 429 past $rate in a second; $told"
  else
    pass 7 "rapid requests: $told"
  fi
  if [ "$target" = no ]; then
    without_target 7 "a target that says 429"
  else
    post limited Limited
    expect_refusal 7 "a target that says 429" limited 429 RATE_LIMIT_ERROR retry-after
  fi
}

# So many events at once, by one curl.
burst() {
  local number name
  for ((number = 1; number <= $1; number++)); do
    write_event "burst-$number" Present
    : >"$work/burst-$number.error"
  done
  for ((number = 1; number <= $1; number++)); do
    name=burst-$number
    configured "$name" POST "$url" "$token" "$work/$name.json"
    printf 'write-out = "%s %%{http_code}\\n"\n' "$name"
    [ "$number" -eq "$1" ] || printf 'next\n'
  done | curl --disable --parallel --parallel-immediate --parallel-max 100 --config - \
    >"$work/burst.codes" 2>"$work/burst.error" || true
  while read -r name number; do
    echo "$number" >"$work/$name.code"
  done <"$work/burst.codes"
}

# A fault of the connector cannot be asked for from outside: the mapping tells a failure of its target with 500.
internal_error() {
  if [ "$target" = no ]; then
    without_target 8 "internal error"
    return
  fi
  post fault Fault
  expect_refusal 8 "internal error, as a mapping tells it" fault 500 SERVICE_ERROR
}

target_down() {
  if [ "$mapping" = no ]; then
    without_target 9 "target down"
  else
    post down Down
    expect_refusal 9 "target down" down 503 CONNECTION_ERROR retry-after
  fi
  if [ "$target" = no ]; then
    without_target 9 "target timing out"
  else
    post hang Hang
    expect_refusal 9 "target timing out" hang 503 CONNECTION_ERROR retry-after
  fi
}

# --- The stop

graceful_stop() {
  if [ -z "$stop" ]; then
    skip 10 "graceful stop: --stop COMMAND, e.g. 'docker stop connector'; see --start, too"
  elif [ "$target" = no ]; then
    without_target 10 "graceful stop"
  elif ! begin_slow_events; then
    release
    broken 10 "graceful stop: of $in_flight slow events $(begun) came to the target; came $(came slow-1)"
  else
    run_beside stopping "$stop"
    notice_stop
    send_late_events
    release
    wait_for_events
    judge_stop
  fi
}

begin_slow_events() {
  local number
  senders=()
  for ((number = 1; number <= in_flight; number++)); do
    post "slow-$number" Slow &
    senders+=($!)
  done
  if [ -z "$stub" ]; then
    # The target is elsewhere: its journal is not at hand, and it holds events for longer than this.
    sleep 1.5
    return
  fi
  local try
  for try in {1..100}; do
    if [ "$(begun)" -eq "$in_flight" ]; then
      return
    fi
    any_runs "${senders[@]}" || return 1
    sleep 0.1
  done
  return 1
}

# How many slow events are with the target.
begun() {
  if [ -n "$stub" ]; then
    grep -c "^begun $run-slow-" "$work/journal" || true
  else
    echo "an unknown number"
  fi
}

any_runs() {
  local process
  for process in "$@"; do
    if kill -0 "$process" 2>/dev/null; then
      return 0
    fi
  done
  return 1
}

# Lets the target answer what it holds.
release() {
  : >"$work/release"
}

# Runs a command of the operator's, whose result is then in NAME.result.
run_beside() {
  local name=$1 command=$2
  rm -f "$work/$name.result"
  (
    result=0
    bash -c "$command" >"$work/$name.output" 2>&1 </dev/null || result=$?
    echo "$result" >"$work/$name.result"
  ) &
}

# Waits until the connector says that it stops, or does not answer any more.
notice_stop() {
  local end=$((SECONDS + patience))
  noticed=no
  while [ "$SECONDS" -lt "$end" ]; do
    request ready GET "$origin/ready" ''
    if [ "$(code ready)" != 200 ]; then
      noticed=yes
      return
    fi
    # A command that has ended, and a connector that is still ready a while later: there is another one.
    if [ -s "$work/stopping.result" ]; then
      [ "$(cat "$work/stopping.result")" = 0 ] || return 0
      end=$((end < SECONDS + 5 ? end : SECONDS + 5))
    fi
    sleep 0.1
  done
}

send_late_events() {
  local number
  for ((number = 1; number <= after_signal; number++)); do
    post "late-$number" Valid &
    senders+=($!)
  done
}

# Every one of them has an end: curl's time-out.
wait_for_events() {
  local process
  for process in "${senders[@]}"; do
    wait "$process" || true
  done
}

judge_stop() {
  local number name lost='' again=() finished=0 late=0
  for ((number = 1; number <= in_flight; number++)); do
    name=slow-$number
    if [ "$(code "$name")" = 200 ]; then
      finished=$((finished + 1))
    elif is_refused "$name" 503 CONNECTION_ERROR retry-after; then
      again+=("$name")
    else
      lost=$name
    fi
  done
  for ((number = 1; number <= after_signal; number++)); do
    name=late-$number
    if [ "$(code "$name")" = 200 ]; then
      late=$((late + 1))
    else
      again+=("$name")
    fi
  done
  local told="of $in_flight events in flight $finished finished, of $after_signal after the signal $late"
  if [ -n "$lost" ]; then
    broken 10 "graceful stop: an event in flight was cut off: expected 200, or 503 in full; $told; came $(came "$lost")"
  elif ! wait_for_result stopping; then
    broken 10 "graceful stop: '$stop' failed, or takes longer than $patience s: $(tail -n 1 "$work/stopping.output"); $told"
  elif [ "$noticed" = no ]; then
    skip 10 "graceful stop: $told; nothing stopped, as far as can be seen from here: of several instances leave one"
  else
    come_back "$told" "$finished" ${again[@]+"${again[@]}"}
  fi
}

# Delivers again what was refused, as NSPS does, once the connector is back.
come_back() {
  local told=$1 finished=$2 name
  shift 2
  if [ -z "$start" ] && [ $# -eq 0 ]; then
    prove_done "graceful stop: $told"
    return
  fi
  if ! is_back; then
    if [ -n "$start" ]; then
      broken 10 "graceful stop: it does not come back within $patience s: $(tail -n 1 "$work/starting.output"); $told"
    elif [ "$finished" -lt "$in_flight" ]; then
      broken 10 "graceful stop: nobody is there to be sent the others again: --start COMMAND; $told"
    else
      prove_done "graceful stop: $told; not started again"
    fi
    return
  fi
  for name in "$@"; do
    # What was said before does not count.
    rm -f "$work/$name."{code,body,head}
    redeliver "$name"
    if [ "$(code "$name")" != 200 ]; then
      broken 10 "graceful stop: $told; $name was refused, and again after the start; came $(came "$name")"
      return
    fi
  done
  prove_done "graceful stop: $told; delivered again after the start: $#"
}

redeliver() {
  local name=$1 try
  for try in 1 2 3; do
    request "$name" POST "$url" "$token" "$work/$name.json"
    [ "$(code "$name")" != 200 ] || return 0
    sleep "$try"
  done
}

# What was answered 200 must have come to the target; without its journal, nobody can tell.
prove_done() {
  local name names=()
  if [ -n "$stub" ]; then
    for name in "$work"/slow-*.code "$work"/late-*.code; do
      name=$(basename "$name" .code)
      if [ "$(code "$name")" = 200 ] && ! is_done "$name"; then
        names+=("$name")
      fi
    done
  fi
  if [ ${#names[@]} -gt 0 ]; then
    broken 10 "$1; but ${#names[@]} that were answered 200 never came to the target: ${names[*]}"
  else
    pass 10 "$1"
  fi
}

# Whether the connector accepts events again.
is_back() {
  local end=$((SECONDS + patience))
  if [ -n "$start" ]; then
    # The port must be free first.
    while [ "$SECONDS" -lt "$end" ] && request back GET "$origin/health" '' && [ "$(code back)" != 000 ]; do
      sleep 0.1
    done
    run_beside starting "$start"
    end=$((SECONDS + patience))
  elif [ "$patience" -gt 20 ]; then
    end=$((SECONDS + 20))
  fi
  while [ "$SECONDS" -lt "$end" ]; do
    request back GET "$origin/ready" ''
    if [ "$(code back)" = 200 ]; then
      return
    fi
    sleep 0.2
  done
  return 1
}

# Whether a command of the operator's succeeds in time.
wait_for_result() {
  local end=$((SECONDS + patience))
  while [ ! -s "$work/$1.result" ] && [ "$SECONDS" -lt "$end" ]; do
    sleep 0.1
  done
  [ "$(cat "$work/$1.result" 2>/dev/null)" = 0 ]
}

main "$@"
