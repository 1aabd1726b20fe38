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

# Reads the arguments of a script for a cloud: the options that its first one lists go into variables of their names,
# `--env` and `--secret` are collected in `settings` and `secrets`, and what is no option is the `subject`.
read_options() {
  local known=" $1 " name
  shift
  subject='' mappings=mappings tag='' settings=() secrets=()
  while [ $# -gt 0 ]; do
    name=${1#--}
    case $1 in
      -h | --help) usage "$0" && exit ;;
      --dry-run) dry_run=yes ;;
      -*)
        [[ $1 == --* && $known == *" $name "* ]] || fail "there is no option $1; --help lists them"
        [ $# -ge 2 ] || fail "$1 wants a value"
        case $name in
          env) settings+=("$2") ;;
          secret) secrets+=("$2") ;;
          *) printf -v "$name" %s "$2" ;;
        esac
        shift
        ;;
      *)
        [ -z "$subject" ] || fail "only one of them, please: $subject or $1"
        subject=$1
        ;;
    esac
    shift
  done
  mappings=${mappings%/} tag=${tag:-$(image_tag)}
}

# Fails unless what both clouds are given alike is sound.
check_options() {
  local given
  must_be "$mappings" '[A-Za-z0-9_./-]+' "a folder of this tree"
  [ -d "$mappings" ] || fail "there is no folder $mappings here"
  must_be "$tag" '[A-Za-z0-9_][A-Za-z0-9_.-]{0,127}' "a tag of an image"
  for given in ${settings[@]+"${settings[@]}"}; do
    [[ $given == *=* ]] || fail "--env wants NAME=VALUE, and not $given"
    must_be "${given%%=*}" '[A-Za-z_][A-Za-z0-9_]*' "the name of a variable: --env wants NAME=VALUE"
  done
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
