#!/bin/sh
# Reads a GPU or PCI passthrough host for gpudoctor, where Node.js is not to be had: a hypervisor, a rescue shell, an
# initramfs, FreeBSD's base system. Written by @TOOL@ from the same declarations that "gpudoctor collect" reads by.
#
#   sh collect.sh              reads this host into gpudoctor-snapshot.txt
#   sh collect.sh FILE         into FILE, which must not exist; - is standard output
#   sh collect.sh --plan       says which files and commands that would be, and touches none
#
# It changes nothing but that one file. Afterwards, on any machine: gpudoctor replay FILE
# The file is not redacted: gpudoctor takes secrets and names out when it reads it.

LC_ALL=C
PATH=$PATH:/usr/sbin:/usr/bin:/sbin:/bin:/usr/local/sbin:/usr/local/bin:/run/current-system/sw/bin
export LC_ALL PATH
umask 077
tab=$(printf '\t')
nl='
'

tell() { printf '%s\n' "$*" >&2; }
die() { tell "collect.sh: $*"; exit 2; }

# ------------------------------------------------------------------ what is there to work with

# GNU, BusyBox and FreeBSD have head -c; POSIX has not.
with_dd=
if [ "$(printf abc | head -c 1 2>/dev/null)" = a ]; then
  first_bytes() { head -c "$1"; }
  some_output() { head -c "$1"; }
else
  with_dd=1
  first_bytes() { dd bs=512 count="$((($1 + 511) / 512))"; }
  some_output() { sed 200000q; }
fi

# "100644 0 0 1234 1714560000": mode in octal, owner, group, size, time of change; links are followed.
if stat -L -c %f / >/dev/null 2>&1; then
  stat_of() { stat_line=$(stat -L -c '%f %u %g %s %Y' "$1" 2>/dev/null) && printf '%o %s' "0x${stat_line%% *}" "${stat_line#* }"; }
elif stat -L -f %p / >/dev/null 2>&1; then
  stat_of() { stat -L -f '%p %u %g %z %m' "$1" 2>/dev/null; }
else
  stat_of() { return 1; }
fi

if command -v od >/dev/null 2>&1; then
  hex() { od -An -v -tx1 -N"$1" "$2"; }
elif command -v hexdump >/dev/null 2>&1; then
  hex() { hexdump -v -n "$1" -e '16/1 "%02x " "\n"' "$2"; }
else
  hex() { echo 'there is neither od nor hexdump' >&2; }
fi

if command -v readlink >/dev/null 2>&1; then
  target_of() { readlink "$1"; }
else
  target_of() { long=$(ls -ld "$1") && printf '%s\n' "${long##* -> }"; }
fi

# Ends with a command what that has started; without it only the command itself is ended.
with_timeout=
if timeout -s KILL 5 true >/dev/null 2>&1; then with_timeout=1; fi

seconds() {
  now=$(date +%s)
  case $now in '' | *[!0-9]*) now=0 ;; esac
}

# ------------------------------------------------------------------ the form
#
# Lines that begin with a letter are the collector's own. What was read stands behind "=", what a command complained
# of behind "!", and small files of directories are lines "/path<tab>=text", so that nothing that is read can pass for
# a line of the collector.

line() { printf '%s\t%s\n' "$1" "$2"; }
# The part of an error message that is not the program's or the file's name, on one line.
words() { said=${1%%"$nl"*}; printf '%s' "${said##*: }"; }
# Names that would break the form are passed over.
plain() { case $1 in *"$nl"* | *"$tab"*) return 1 ;; esac; }

filter=
marked() { if [ -n "$filter" ]; then "$filter" | sed 's/^/=/'; else sed 's/^/=/'; fi; }

# A path that is not there, or one below a directory that may not be looked into: says so in the second case.
unseen() {
  up=$1
  while [ -n "$up" ] && [ ! -e "$up" ]; do up=${up%/*}; done
  if [ -d "${up:-/}" ] && [ ! -x "${up:-/}" ]; then line "$1" '!denied'; fi
}

# Whether the names in a directory can be had.
opens() {
  if [ ! -d "$1" ]; then unseen "$1"; return 1; fi
  if [ -r "$1" ] && [ -x "$1" ]; then return 0; fi
  line "$1" '!denied'
  return 1
}

# walk BASE REST DO: calls DO with each path that BASE/REST stands for; * matches within a component.
walk() {
  case $2 in
    *'*'*'/'* | *'/'*'*'*) walk_into "$1" "${2%%/*}" "${2#*/}" "$3" ;;
    *'*'*) walk_into "$1" "$2" '' "$3" ;;
    *) "$3" "$1/$2" ;;
  esac
}
walk_into() {
  case $2 in
    *'*'*) ;;
    *) walk "$1/$2" "$3" "$4"; return ;;
  esac
  opens "${1:-/}" || return 0
  # The pattern is to be expanded.
  # shellcheck disable=SC2231
  for match in "$1"/$2; do
    [ -e "$match" ] || [ -L "$match" ] || continue
    plain "$match" || continue
    if [ -n "$3" ]; then walk "$match" "$3" "$4"; else "$4" "$match"; fi
  done
}

# Whether a file can be read; says why not. A user's own folders are not followed out of.
readable() {
  if [ ! -e "$1" ]; then unseen "$1"; return 1; fi
  [ -d "$1" ] && return 1
  if [ ! -f "$1" ]; then line "$1" '!is no regular file, which is not read'; return 1; fi
  if [ ! -r "$1" ]; then line "$1" '!denied'; return 1; fi
  case $1 in
    /home/* | /run/user/*)
      folder=${1%/*}
      real=$(cd -P "$folder" 2>/dev/null && pwd)
      case $real in
        *"/${folder#/*/}") [ -L "$1" ] || return 0 ;;
      esac
      line "$1" '!denied: it is a link'
      return 1 ;;
  esac
}

# ------------------------------------------------------------------ reading

# whole LIMIT PATH: a file as text; both ends of a long one.
whole() {
  readable "$2" || return 1
  size=0
  # Files of /proc and /sys do not say how long they are.
  case $2 in /proc/* | /sys/*) ;; *) size=$(wc -c < "$2") ;; esac
  # FreeBSD's wc puts blanks before it.
  size=$((size + 0))
  printf 'file %s\n' "$2"
  if [ "$size" -gt "$1" ]; then
    why=$( { first_bytes "$(($1 / 2))" < "$2" | marked >&6; } 2>&1 )
    printf '\ngap %s\n' "$size"
    tail -c "$(($1 / 2))" "$2" 2>/dev/null | marked
  else
    why=$( { first_bytes "$1" < "$2" | marked >&6; } 2>&1 )
  fi
  if failed "$why"; then printf '\nfailed %s\n' "$(words "$why")"; return 1; fi
  printf '\nend\n'
}
# dd counts what it read on standard error.
failed() {
  [ -n "$1" ] || return 1
  [ -z "$with_dd" ] && return 0
  case $1 in *rror* | *ermi* | *nvalid* | *'o such'*) return 0 ;; esac
  return 1
}

answered=
take_whole() { if whole "$limit" "$1"; then answered=1; fi; }
take_bytes() {
  readable "$1" || return 1
  printf 'file %s\n' "$1"
  why=$( { hex "$limit" "$1" | sed 's/^/=/' >&6; } 2>&1 )
  if [ -n "$why" ]; then printf '\nfailed %s\n' "$(words "$why")"; else printf '\nend\n'; answered=1; fi
}
# text PATTERN, raw PATTERN: files as text or as bytes. True when there was one.
text() { answered=; walk '' "${1#/}" take_whole; [ -n "$answered" ]; }
raw() { answered=; walk '' "${1#/}" take_bytes; [ -n "$answered" ]; }

# newest MOST PATTERN: of the files of a pattern those that were changed last. True when there was one.
newest() {
  answered='' ifs=$IFS
  IFS=$nl
  # The pattern is to be expanded, the names are not.
  # shellcheck disable=SC2012,SC2086
  found=$(ls -dt $2 2>/dev/null | sed "$1q")
  set -f
  # shellcheck disable=SC2086
  set -- "$2" $found
  set +f
  IFS=$ifs
  if [ "$#" -eq 1 ]; then opens "${1%%/\**}" || :; fi
  shift
  for path do
    if [ -L "$path" ] || ! plain "$path"; then continue; fi
    take_stat "$path"
    take_whole "$path"
  done
  [ -n "$answered" ]
}

# run COMMAND WORDS: true when it said something and ended well.
run() {
  printf 'run %s\n' "$*"
  if ! command -v "$1" >/dev/null 2>&1; then printf 'none\n'; return 1; fi
  said=$( {
    {
      # shellcheck disable=SC2086
      $killer "$@" 2>&3 3>&- 4>&- 5>&- 6>&- &
      echo "victim $!" >&4
      wait "$!"
      printf '\nexit %s\n' "$?" >&3
      echo gone >&4
    } | some_output "$limit" | {
      if IFS= read -r begin || [ -n "$begin" ]; then
        case $begin in '-- No entries --') ;; *) printf '\nprinted\n' >&3 ;; esac
        printf '%s\n' "$begin"
        cat
      fi
    } | marked >&6
  } 3>&1 | sed -n -e '1,16p' -e '17,$ {' -e '/^exit [0-9]*$/p' -e '/^printed$/p' -e '}' )
  printf '\n'
  printf '%s\n' "$said" | sed 's/^/!/'
  printf 'end\n'
  case "$nl$said$nl" in
    *ermission* | *ermitted* | *'root'*) return 1 ;;
    *"${nl}printed$nl"*"${nl}exit 0$nl"*) return 0 ;;
  esac
  return 1
}
# The same with the release of the running kernel for {release}.
run_for() {
  take_text /proc/sys/kernel/osrelease
  release=
  { read -r release < /proc/sys/kernel/osrelease; } 2>/dev/null
  before=$1
  after=$2
  shift 2
  run "$@" "$before$release$after"
}

# run_each FOLDER CHARACTERS MOST DO: calls DO with each name in a folder that is made of these characters and begins with
# neither "-" nor ".", each in an even share of the time. True when one answered.
run_each() {
  take_list "$1"
  names_in=$1 characters=$2 most=$3 with_name=$4
  set --
  for entry in "$names_in"/*; do
    named=${entry##*/}
    case $named in
      # A name of other characters, and the pattern itself where nothing is.
      [-.]* | *[!$characters]*) continue ;;
    esac
    if [ "$#" -lt "$most" ]; then set -- "$@" "$named"; fi
  done
  [ "$#" -gt 0 ] || return 1
  share=$((patience / $#))
  [ "$share" -gt 0 ] || share=1
  killer=${with_timeout:+timeout -s KILL $share}
  said_by_one=
  for named do
    if "$with_name" "$named"; then said_by_one=1; fi
  done
  killer=${with_timeout:+timeout -s KILL $patience}
  [ -n "$said_by_one" ]
}

# each PATTERN DO: calls DO for each directory, which finds it in $dir.
each() { at=$2; walk '' "${1#/}" look_into; }
look_into() {
  if [ ! -d "$1" ]; then unseen "$1"; return 0; fi
  if [ ! -x "$1" ]; then line "$1" '!denied'; return 0; fi
  dir=$1
  "$at"
}
# only FILE PATTERN...: whether the first line of a file in $dir is one of these; that line is kept.
only() {
  by=$1 got=''
  [ -f "$dir/$by" ] || return 1
  { IFS= read -r got < "$dir/$by"; } 2>/dev/null
  shift
  for pattern do
    # It is a pattern.
    # shellcheck disable=SC2254
    case $got in $pattern) line "$dir/$by" "=$got"; return 0 ;; esac
  done
  return 1
}

take_text() {
  readable "$1" || return 0
  case $1 in /sys/* | /proc/*) ;; *) whole 65536 "$1" || :; return 0 ;; esac
  got='' content=''
  # shellcheck disable=SC2094
  { while IFS= read -r content || [ -n "$content" ]; do got=1; line "$1" "=$content"; done < "$1"; } 2>/dev/null
  [ -z "$got" ] || return 0
  why=$(cat "$1" 2>&1 >/dev/null)
  if [ -n "$why" ]; then line "$1" "!$(words "$why")"; else line "$1" =; fi
}
take_link() {
  if [ ! -L "$1" ]; then [ -e "$1" ] || unseen "$1"; return 0; fi
  if got=$(target_of "$1" 2>/dev/null); then
    if plain "$got"; then line "$1" ">$got"; fi
  elif [ -L "$1" ]; then
    line "$1" '!denied'
  fi
}
# The open files of a process in one go: asking for each would take minutes on a busy host.
take_open() {
  opens "$1" || return 0
  # Names of open files are numbers.
  # shellcheck disable=SC2012
  ls -ln "$1" 2>/dev/null | while IFS= read -r long; do
    number=${long%%' -> '*}
    case $long in
      *' -> '*) line "$1/${number##* }" ">${long#*' -> '}" ;;
      l*) line "$1/${long##* }" '!denied' ;;
    esac
  done
}
take_stat() {
  if [ ! -e "$1" ]; then unseen "$1"; return 0; fi
  got=$(stat_of "$1")
  if [ -n "$got" ]; then line "$1" "@$got"; else line "$1" '!there is no stat command'; fi
}
take_list() {
  [ -e "$1" ] || [ ! -L "$1" ] || return 0
  [ -d "$1" ] || [ ! -e "$1" ] || return 0
  opens "$1" || return 0
  line "$1" /
  for entry in "$1"/* "$1"/.[!.]* "$1"/..?*; do
    if [ -e "$entry" ] || [ -L "$entry" ]; then plain "$entry" && line "$entry" /; fi
  done
}
most=
take_some() {
  readable "$1" || return 0
  got=$(hex "$most" "$1" 2>&1)
  case $got in
    *[!0-9a-f\ "$nl"]*) line "$1" "!$(words "$got")" ;;
    *)
      # The words are to be split: od puts blanks between bytes.
      # shellcheck disable=SC2086
      line "$1" "#$(printf '%s' $got)" ;;
  esac
}
files() { for name do walk "$dir" "$name" take_text; done; }
links() {
  for name do
    if [ "$name" = 'fd/*' ]; then take_open "$dir/fd"; else walk "$dir" "$name" take_link; fi
  done
}
lists() { for name do walk "$dir" "$name" take_list; done; }
stats() { for name do walk "$dir" "$name" take_stat; done; }
bytes() { most=$1; walk "$dir" "$2" take_some; }

# ------------------------------------------------------------------ less of what is long and mostly of no use

# Of the list of PCI ids those that this host has, and the classes.
host_ids() {
  ids=
  for at in /sys/bus/pci/devices/*; do
    vendor='' device='' subvendor=''
    { read -r vendor < "$at/vendor"; read -r device < "$at/device"; read -r subvendor < "$at/subsystem_vendor"; } 2>/dev/null
    ids="$ids ${vendor#0x}:${device#0x} ${subvendor#0x}:"
  done
  awk -v ids="$ids" '
    BEGIN { n = split(ids, list, " "); for (i = 1; i <= n; i++) { has[list[i]] = 1; vendors[substr(list[i], 1, 4)] = 1 } }
    /^C / { classes = 1 }
    classes { print; next }
    /^#/ { if ($0 ~ /Version|Date/) print; next }
    /^[0-9a-f]/ { vendor = substr($0, 1, 4); if (vendor in vendors) print; next }
    /^\t[0-9a-f]/ { device = substr($0, 2, 4) }
    (vendor ":" device) in has { print }'
}
# Of modules.alias what is for this host's ids, or for any.
host_aliases() {
  ids=
  for at in /sys/bus/pci/devices/*; do
    vendor='' device=''
    { read -r vendor < "$at/vendor"; read -r device < "$at/device"; } 2>/dev/null
    ids="$ids ${vendor#0x}:${device#0x}"
  done
  awk -v ids="$ids" '
    BEGIN { n = split(toupper(ids), list, " "); for (i = 1; i <= n; i++) { has[list[i]] = 1; vendors[substr(list[i], 1, 4)] = 1 } }
    { id = $2; sub(/^pci:v/, "", id); sub(/sv.*/, "", id); split(id, part, "d"); vendor = substr(part[1], 5) }
    part[1] == "*" || (part[2] == "*" && vendor in vendors) || (vendor ":" substr(part[2], 5)) in has { print }'
}
only_denied() { grep -E 'denied|DENIED'; }
only_vms() { grep -E 'PID|qemu|kvm'; }
only_options() { grep -E '^# Linux/|CONFIG_(VFIO|I|P|AMD|X86|EFI|ACPI|S|F|D|H|V|K|M|N|USB_XHCI|BLK_DEV_NVME|LOCK|CMDLINE)'; }
only_of_qemu_conf() { grep -E '^/sys/|!(denied|failed)|^[^=]*[/]$|=[[:space:]]*(user|group|dynamic_ownership|security_[a-z_]+|cgroup_[a-z_]+|relaxed_acs_check|namespaces|clear_emulator_capabilities)[[:space:]]*=|=[[:space:]]*"/dev/|=[[:space:]]*\]'; }
only_pci_of_nova() { grep -E '^[^=]*[/]$|!(denied|failed)|=[[:space:]]*\[[a-z_]+\]|=[[:space:]]*(device_spec|passthrough_whitelist|alias|enabled_mdev_types|enabled_vgpu_types)[[:space:]]*='; }
only_entries_of_grub() { awk '!/\/grub\.cfg.=/ || /=[ \t]*(menuentry|submenu|linux|linux16|linuxefi)[ \t]/'; }
only_holders() { grep -E '^/proc/[0-9]+/(comm.=|fd(/[0-9]+)?.!|fd/[0-9]+.>/dev/(nvidia|dri/|kfd|vfio/|fb|kvmfr))'; }

# ------------------------------------------------------------------ what to read

@PROBES@
# ------------------------------------------------------------------ reading it, each in its own time

# One process waits for the probe, one for the time to be over. First the command that hangs is ended, so that what it
# said is kept, then the probe; what does not end is left behind: no reading of a dead device holds the others up.
# Prints done or late.
watched() {
  {
    (
      nap=
      trap 'kill "$nap"; exit 0' TERM
      sleep "$2" 5>&- &
      nap=$!
      wait "$nap"
      echo late
      sleep 2 5>&- &
      nap=$!
      wait "$nap"
      echo over
    ) 2>/dev/null &
    echo "watch $!"
    (
      exec 4>&1
      { sh -c 'echo "probe $PPID" >&4'; "$1" 6>&1; } | sh -c 'echo "copier $$" >&4; exec cat 4>&- >&5'
      echo 'done'
    ) 2>/dev/null &
    echo "job $!"
  } | {
    watch='' job='' probe='' copier='' victim='' how=lost
    while read -r word pid; do
      case $word in
        watch) watch=$pid ;;
        job) job=$pid ;;
        probe) probe=$pid ;;
        copier) copier=$pid ;;
        victim) victim=$pid ;;
        gone) victim='' ;;
        late) [ -z "$victim" ] || kill -9 "$victim" 2>/dev/null ;;
        'done') how='done'; break ;;
        over) how=late; break ;;
      esac
    done
    if [ "$how" = 'done' ]; then
      kill "$watch"
    else
      for pid in "$copier" "$probe" "$victim" "$job"; do [ -z "$pid" ] || kill -9 "$pid"; done
    fi 2>/dev/null
    echo "$how"
  }
}

number=0
# probe SECONDS LIMIT FUNCTION DECLARATION
probe() {
  number=$((number + 1))
  patience=$1
  killer=${with_timeout:+timeout -s KILL $1}
  limit=$2
  name=${4#*'"gives":"'}
  tell "$number of $probes: ${name%%'"'*}"
  printf 'probe %s %s\n' "$number" "$4" >&5
  seconds
  started=$now
  how=$(watched "$3" "$(($1 + 1))")
  seconds
  printf '\nstop %s %s %s\n' "$number" "$how" "$((now - started))" >&5
  if [ "$how" != 'done' ]; then tell "  took longer than $1 s; what is there by now is kept"; fi
}

system=$(uname -s)
case $system in
@SYSTEMS@
  *) die "@FOR@; this is $system" ;;
esac

case ${1-} in
  --plan) "plan_of_$platform"; exit 0 ;;
  -h | --help) printf '%s\n' 'sh collect.sh [--plan | FILE | -]' 'Reads this host for gpudoctor into FILE (gpudoctor-snapshot.txt), which must not exist.'; exit 0 ;;
  -?*) die "$1 is no option; there are --plan and --help" ;;
esac

out=${1:-gpudoctor-snapshot.txt}
if [ "$out" = - ]; then
  exec 5>&1
else
  if [ -e "$out" ] || [ -L "$out" ]; then die "$out is there already and is not overwritten; name another file"; fi
  # With -C the file is made or the shell gives up; nothing that came in between is written over.
  set -C
  exec 5>"$out"
  set +C
fi

tell "This reads files and runs commands that only show things; 'sh collect.sh --plan' lists them. It writes $out and nothing else."
user=$(id -u)
[ "$user" = 0 ] || tell 'Without root some of it cannot be read: configuration space, ACPI tables, VM definitions, often the kernel log.'
{
  printf 'gpudoctor-capture 1\n'
  printf 'about tool %s\n' '@TOOL@'
  printf 'about platform %s\n' "$platform"
  printf 'about taken %s\n' "$(date -u +%Y-%m-%dT%H:%M:%SZ)"
  printf 'about zone %s\n' "$(date +%z)"
  printf 'about uid %s\n' "$user"
  printf 'about node %s\n' "$(uname -n)"
  printf 'about user %s\n' "${SUDO_USER:-${USER:-}}"
  printf 'about probes %s\n' "$probes"
} >&5
"probes_of_$platform"
printf 'finish\n' >&5
[ "$out" = - ] || tell "$out is written.

It is NOT redacted: it may hold names, addresses and secrets of this host. Before you give it to anybody, on any machine:
  gpudoctor replay --save host.tar.gz $out
and give away host.tar.gz."
