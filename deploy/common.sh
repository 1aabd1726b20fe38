# shellcheck shell=bash
# What the deployment scripts share: to be sourced.

# Whether commands are printed (yes) or run (no).
dry_run=no

# Prints a command as a shell takes it. What needs no quotes has none.
show() {
  local word line=
  for word in "$@"; do
    if [[ $word =~ ^[A-Za-z0-9_./:=,@%+-]+$ ]]; then
      line+=" $word"
    else
      line+=" '${word//\'/\'\\\'\'}'"
    fi
  done
  printf '%s' "${line# }"
}

# Runs a command, or prints it.
run() {
  if [ "$dry_run" = yes ]; then
    show "$@"
    echo
  else
    "$@" >/dev/null
  fi
}

# Runs a command that shows something, or prints it.
tell() {
  if [ "$dry_run" = yes ]; then
    run "$@"
  else
    "$@"
  fi
}

# Runs a command again until it succeeds, for a minute: what was just created is not known everywhere at once.
persist() {
  local try
  if [ "$dry_run" = yes ]; then
    run "$@"
    return
  fi
  for try in {1..6}; do
    if "$@" >/dev/null; then
      return
    fi
    echo "$(basename "$0"): try $try of 6 failed" >&2
    sleep 10
  done
  exit 1
}

# Runs the command after `--` unless the one before it succeeds: what is there already stays as it is.
unless() {
  split "$@"
  if [ "$dry_run" = yes ]; then
    echo "$(show "${check[@]}") || $(show "${create[@]}")"
  elif ! "${check[@]}" </dev/null >/dev/null 2>&1; then
    "${create[@]}" >/dev/null
  fi
}

# The same, with a new token on the standard input of the command: a secret is never on a command line, where every user
# of the machine sees it.
unless_with_token() {
  split "$@"
  if [ "$dry_run" = yes ]; then
    echo "$(show "${check[@]}") || NEW-TOKEN | $(show "${create[@]}")"
  elif ! "${check[@]}" </dev/null >/dev/null 2>&1; then
    new_token | "${create[@]}" >/dev/null
  fi
}

# The commands before and after `--`, as `check` and `create`.
split() {
  check=()
  while [ "$1" != -- ]; do
    check+=("$1")
    shift
  done
  create=("${@:2}")
}

# 64 hexadecimal digits, and no newline.
new_token() {
  od -An -v -tx1 -N32 /dev/urandom | tr -d ' \n'
}

# What a command prints; in a dry run the command goes to the standard error, and what is given stands for its answer.
ask() {
  local instead=$1
  shift
  if [ "$dry_run" = yes ]; then
    run "$@" >&2
    echo "$instead"
  else
    "$@"
  fi
}

# The comment at the head of a script, as help.
usage() {
  sed -n '2,/^$/s/^# \{0,1\}//p' "$1"
}

fail() {
  echo "$(basename "$0"): $*" >&2
  exit 2
}

# Fails unless a text is of the form; `what` says in words what is wanted.
must_be() {
  local text=$1 form=$2 what=$3
  [[ $text =~ ^($form)$ ]] || fail "'$text' is not $what"
}

# The commit that is deployed names the image; changes that are not committed get a name of their own.
image_tag() {
  local tag
  if tag=$(git rev-parse --short=12 HEAD 2>/dev/null) && [ -z "$(git status --porcelain 2>/dev/null)" ]; then
    echo "$tag"
  else
    date --utc +%Y%m%d-%H%M%S
  fi
}

# The version of the crate, for the label of the image.
version() {
  sed -n 's/^version = "\(.*\)"$/\1/p' Cargo.toml | head -n 1
}
