/**
 * The part of a plan's script that is the same in every script: POSIX sh and awk, nothing else. No value from a host stands in it.
 * Works under dash, busybox sh, bash and FreeBSD's sh, with mawk, gawk, busybox awk and the one true awk.
 */
export const scriptLibrary = String.raw`
root=\${GPUDOCTOR_ROOT-}
store=$root/var/backups/gpudoctor/$plan
mode=dry
risky=no
changed=0
waiting=0
backup=
work=

say() { printf '%s\n' "$*"; }
fail() { printf 'plan: %s\n' "$*" >&2; exit 1; }
usage() {
  say 'sh plan.sh                  print what would be done, and do nothing'
  say 'sh plan.sh --apply          do it, up to the point where the host has to be restarted'
  say 'sh plan.sh --after-reboot   go on behind that point'
  say 'sh plan.sh --undo           put back every file as it was, and take back what can be taken back'
  say '--data-risk beside --apply or --after-reboot: also what can cost data, a disk or the network; read the cautions first'
  say 'GPUDOCTOR_ROOT=FOLDER: files are edited below FOLDER; commands are then not run, but given to the program GPUDOCTOR_RUN names, if any'
}

# Is it the host of the plan? By the PCI ids at their addresses, whatever it is called.
id_at() {
  if [ "$platform" = freebsd ]; then
    pciconf -l 2>/dev/null | awk -v at="$2" '
      { split($1, name, "@"); sub(/:$/, "", name[2]); if (name[2] != at) next
        for (i = 2; i <= NF; i++) {
          if ($i ~ /^vendor=0x/) vendor = substr($i, 10)
          if ($i ~ /^device=0x/) device = substr($i, 10)
          if ($i ~ /^chip=0x/) { device = substr($i, 8, 4); vendor = substr($i, 12, 4) }
        }
        print vendor ":" device; exit }'
  else
    [ -r "$root/sys/bus/pci/devices/$1/vendor" ] || return 0
    read -r vendor < "$root/sys/bus/pci/devices/$1/vendor"
    read -r device < "$root/sys/bus/pci/devices/$1/device"
    printf '%s:%s\n' "\${vendor#0x}" "\${device#0x}"
  fi
}
same_function() {
  found=$(id_at "$1" "$3")
  [ "$found" = "$2" ] || fail "this is not the host of the plan, or its cards were moved: at $1 there should be $2, and there is \${found:-nothing}"
}
boot_id() {
  if [ -r "$root/proc/sys/kernel/random/boot_id" ]; then cat "$root/proc/sys/kernel/random/boot_id"
  else sysctl -n kern.boot_id 2>/dev/null || sysctl -n kern.boottime 2>/dev/null || say unknown
  fi
}

# Files. Each is put together in a copy first; what is there already as it should be is left alone.
begin_file() {
  file=$1
  real=$root$1
  existed=no
  : > "$work/new"
  if [ -e "$real" ]; then
    [ -f "$real" ] || fail "$file is no file"
    existed=yes
    cat "$real" > "$work/new" || fail "cannot read $file"
  fi
  cp "$work/new" "$work/old"
  # awk ends every line; that alone is no change.
  awk 1 "$work/old" > "$work/ended"
}
must_exist() { [ "$existed" = yes ] || fail "$file is not there: this host is set up in another way than the plan took it to be"; }
through() {
  if awk "$1" "$work/new" > "$work/next"; then mv "$work/next" "$work/new"; else fail "cannot edit $file"; fi
}
whole_text() { printf '%s' "$1" > "$work/new"; }
lines() {
  export WANT="$1"
  through "$lines_program"
}
setting() {
  export NAME="$1" VALUE="$2"
  through "$setting_program"
}
unset_setting() {
  export NAME="$1"
  through "$unset_program"
}
# words assign|line|options NAME ADD REMOVE
words() {
  export FORM="$1" NAME="$2" ADD="$3" REMOVE="$4" JOINED="$joined" REPEATED="$repeated"
  through "$words_program"
}
# Whether other files of a folder speak of the same: others_name FOLDER TEXT
others_name() {
  for other in "$root$1"/*; do
    if [ -f "$other" ] && [ "$other" != "$real" ] && grep -qF -e "$2" "$other"; then
      for_you 'another file speaks of it too, and the last one counts' "look at \${other#"$root"}: $2"
    fi
  done
}
# The options line of every boot entry, and the file that new ones are made from.
every_entry() {
  entries=0
  for entry in "$root"/boot/loader/entries/*.conf "$root"/efi/loader/entries/*.conf "$root"/boot/efi/loader/entries/*.conf; do
    [ -f "$entry" ] || continue
    entries=$((entries + 1))
    begin_file "\${entry#"$root"}"
    words options '' "$1" "$2"
    end_file
  done
  if [ -f "$root/etc/kernel/cmdline" ]; then
    entries=$((entries + 1))
    begin_file /etc/kernel/cmdline
    words line '' "$1" "$2"
    end_file
  fi
  [ "$entries" != 0 ] || fail 'there are no boot entries where the plan took them to be'
}
end_file() {
  if { cmp -s "$work/old" "$work/new" || cmp -s "$work/ended" "$work/new"; } && { [ "$existed" = yes ] || [ ! -s "$work/new" ]; }; then
    say "  $file is as it should be"
    return 0
  fi
  if [ "$mode" = dry ]; then
    say "  $file would be changed:"
    show_changes
    return 0
  fi
  keep_copy
  put_there "$work/new"
  cmp -s "$work/new" "$real" || fail "$file does not hold what was written to it; the copy is in $backup"
  cp "$work/new" "$backup/$kept.after"
  say "  $file changed; as it was: $backup/$kept.before"
  changed=1
  rm -rf "$store/done-build"
}
show_changes() {
  if command -v diff > /dev/null 2>&1; then
    diff "$work/old" "$work/new" | sed -n 's/^[<>]/    &/p'
  else
    sed 's/^/    > /' "$work/new"
  fi
}
# A link is written through, so that it stays a link; anything else is moved into its place whole.
put_there() {
  if [ -h "$real" ] || [ ! -e "$real" ]; then cat "$1" > "$real" || fail "cannot write $file"
  else
    { cp -p "$real" "$real.gpudoctor" && cat "$1" > "$real.gpudoctor" && mv "$real.gpudoctor" "$real"; } || {
      rm -f "$real.gpudoctor"
      fail "cannot write $file"
    }
  fi
}
open_backup() {
  [ -n "$backup" ] && return 0
  stamp=$(date +%Y-%m-%dT%H-%M-%S)
  backup=$store/$stamp
  number=1
  while [ -e "$backup" ] || [ -e "$backup.undone" ]; do
    number=$((number + 1))
    backup=$store/$stamp-$number
  done
  { mkdir -p "$backup" && chmod 700 "$store" "$backup"; } || fail "cannot make $backup"
  : > "$backup/files"
}
keep_copy() {
  open_backup
  kept=0
  while [ -e "$backup/$kept.after" ] || [ -e "$backup/$kept.before" ]; do kept=$((kept + 1)); done
  folder=\${real%/*}
  missing=
  while [ ! -d "$folder" ]; do
    missing="$folder
$missing"
    folder=\${folder%/*}
  done
  printf '%s' "$missing" | while IFS= read -r folder; do
    mkdir "$folder" || exit 1
    printf 'folder 0 %s\n' "\${folder#"$root"}" >> "$backup/files"
  done || fail "cannot make the folder of $file"
  if [ "$existed" = yes ]; then
    cp -p "$real" "$backup/$kept.before" || fail "cannot copy $file"
    printf 'changed %s %s\n' "$kept" "$file" >> "$backup/files"
  else
    printf 'made %s %s\n' "$kept" "$file" >> "$backup/files"
  fi
}

# Commands. What was done stands in the store, so that a second run leaves it alone.
is_done() { [ -e "$store/done/$1" ] || [ -e "$store/done-build/$1" ]; }
run_it() {
  if [ -n "$root" ]; then
    [ -n "\${GPUDOCTOR_RUN-}" ] || { say "    (not run below $root)"; return 0; }
    "$GPUDOCTOR_RUN" "$1"
  else
    sh -c "$1"
  fi
}
remember() {
  { mkdir -p "$store/$1" && chmod 700 "$store" && : > "$store/$1/$2"; } || fail "cannot write to $store"
}
# command NUMBER COMMAND, build NUMBER COMMAND: the second is done again once a file was changed.
command_step() { one_command 'done' "$1" "$2"; }
build_step() { one_command done-build "$1" "$2"; }
one_command() {
  if is_done "$2"; then say "  done before: $3"; return 0; fi
  if [ "$mode" = dry ]; then say "  would run: $3"; return 0; fi
  say "  running: $3"
  if [ -z "$root" ]; then
    program=\${3%% *}
    case $program in
      for | test | *=*) ;;
      *) command -v "$program" > /dev/null 2>&1 || fail "there is no $program here; nothing behind this step was done" ;;
    esac
  fi
  run_it "$3" || fail "that failed with exit code $?; nothing behind this step was done. To take back what was: sh plan.sh --undo"
  remember "$1" "$2"
  changed=1
}
# A command that changes a file which only it should write: command_changing NUMBER FILE COMMAND
command_changing() {
  begin_file "$2"
  if [ "$mode" != dry ] && [ "$existed" = yes ] && ! is_done "$1"; then
    keep_copy
    one_command 'done' "$1" "$3"
    cp "$real" "$backup/$kept.after"
  else
    one_command 'done' "$1" "$3"
  fi
}
look_step() {
  if [ "$mode" = dry ]; then say "  would show: $1"; return 0; fi
  say "  \$ $1"
  run_it "$1" || :
}
# sysfs_step NUMBER FILE VALUE: what a running kernel has there already is not written again, where it can be read back.
sysfs_step() {
  number=$1
  shift
  case $1 in
    */bind | */unbind | */new_id | */remove_id | */drivers_probe | */remove | */rescan | */reset) now= ;;
    *) now=$(cat "$root$1" 2>/dev/null) || now= ;;
  esac
  if [ -n "$2" ] && [ "$now" = "$2" ]; then say "  $1 is $2 already"; return 0; fi
  if [ "$mode" = dry ]; then say "  would write $2 to $1"; return 0; fi
  [ -e "$root$1" ] || fail "there is no $1"
  printf '%s\n' "$2" > "$root$1" || fail "the kernel did not take $2 in $1"
  say "  wrote $2 to $1"
  remember 'done' "$number"
  changed=1
}
check_step() {
  if [ "$mode" = dry ]; then say "  would look: $1"; else
    say "  \$ $1"
    run_it "$1" || :
  fi
  say "    should show: $2"
}
for_you() {
  waiting=$((waiting + 1))
  say "  For you ($1):"
  printf '%s\n' "$2" | sed 's/^/    /'
}
step() { say; say "$1"; }
caution() { say "  CAUTION: $1"; }
note() { say "  Note: $1"; }
may_cost_data() {
  if [ "$mode" = dry ] || [ "$risky" = yes ]; then return 0; fi
  waiting=$((waiting + 1))
  say '  not done: it can cost data, a disk or the network. With --data-risk it is done.'
  return 1
}

# The points where the host has to be restarted.
restart_point() {
  if [ "$mode" = dry ]; then say '  here it stops, until sh plan.sh --after-reboot'; return 0; fi
  say
  if [ "$changed" = 0 ] && [ -r "$store/restart" ]; then
    { read -r passed; read -r before; } < "$store/restart"
    if [ "$passed" = "$1" ] && [ "$before" != "$(boot_id)" ]; then
      say 'Nothing had to be changed, and the host was restarted since: go on with sh plan.sh --after-reboot'
      exit 0
    fi
  fi
  { mkdir -p "$store" && chmod 700 "$store" && { say "$1"; boot_id; } > "$store/restart"; } || fail "cannot write to $store"
  [ "$changed" != 0 ] || say 'Nothing had to be changed.'
  [ "$waiting" = 0 ] || say "Before that: what stands above as for you ($waiting)."
  say "Stopped here. $2, then go on with: sh plan.sh --after-reboot"
  say 'The way back is: sh plan.sh --undo'
  exit 0
}
stretch_after_reboot() {
  [ -r "$store/restart" ] || fail 'no restart is waited for; begin with --apply'
  { read -r passed; read -r before; } < "$store/restart"
  [ "$before" != "$(boot_id)" ] || [ "$before" = unknown ] || fail 'the host was not restarted since'
}

undo_files() {
  failed=0
  restored=0
  newest_first=
  for folder in "$store"/*; do
    case $folder in *.undone) continue ;; esac
    [ ! -f "$folder/files" ] || newest_first="$folder
$newest_first"
  done
  while IFS= read -r folder; do
    [ -n "$folder" ] || continue
    left=0
    awk '{ line[NR] = $0 } END { for (i = NR; i > 0; i--) print line[i] }' "$folder/files" > "$work/files"
    while read -r what kept file; do
      real=$root$file
      if [ "$what" = folder ]; then rmdir "$real" 2>/dev/null; continue; fi
      if [ -e "$real" ] && [ -e "$folder/$kept.after" ] && ! cmp -s "$real" "$folder/$kept.after"; then
        if [ "$what" = changed ] && cmp -s "$real" "$folder/$kept.before"; then continue; fi
        say "$file was changed since and is left alone; as it was: $folder/$kept.before"
        left=1
      elif [ "$what" = made ]; then
        rm -f "$real" && say "removed $file" || left=1
        restored=1
      else
        existed=yes
        put_there "$folder/$kept.before"
        if [ ! -h "$real" ]; then touch -r "$folder/$kept.before" "$real"; fi
        say "put back $file"
        restored=1
      fi
    done < "$work/files"
    if [ "$left" = 0 ]; then mv "$folder" "$folder.undone"; else failed=1; fi
  done << END_OF_FOLDERS
$newest_first
END_OF_FOLDERS
}
did_any() {
  for mark in "$store/done/$1".*; do
    if [ -e "$mark" ]; then return 0; fi
  done
  return 1
}
take_back() {
  say "running: $1"
  run_it "$1" || { say "that failed with exit code $?"; failed=1; }
}
# undo_command STEP COMMAND, for a step that ran commands; undo_after_files STEP COMMAND, for one that edited files.
undo_command() { if did_any "$1"; then take_back "$2"; fi; }
undo_after_files() { if [ "$restored" = 1 ]; then take_back "$2"; fi; }
undo_build() { if [ "$restored" = 1 ] || is_done "$1"; then take_back "$2"; fi; }
undo_for_you() { say 'For you, if it was done:'; printf '%s\n' "$1" | sed 's/^/  /'; }
undo_end() {
  rm -rf "$store/done" "$store/done-build" "$store/restart"
  [ "$restored" = 0 ] || say 'What was read at the start of the host counts again from the next start on.'
  if [ "$failed" = 0 ]; then say 'Everything that was changed by this script is as it was.'; else say 'Not everything could be put back; see above.'; fi
  exit "$failed"
}

main() {
  for word in "$@"; do
    case $word in
      --apply) mode=apply ;;
      --after-reboot) mode=after ;;
      --undo) mode=undo ;;
      --data-risk) risky=yes ;;
      -h | --help) usage; exit 0 ;;
      *) usage >&2; exit 2 ;;
    esac
  done
  umask 022
  export LC_ALL=C
  case $(uname -s) in
    Linux) here=linux ;;
    FreeBSD) here=freebsd ;;
    *) here=other ;;
  esac
  [ -n "$root" ] || [ "$here" = "$platform" ] || fail "this plan is for $platform, and this is $(uname -s)"
  recognise
  [ "$mode" = dry ] || [ -n "$root" ] || [ "$(id -u)" = 0 ] || fail 'only root can do that'
  work=$(mktemp -d "\${TMPDIR:-/tmp}/gpudoctor-plan.XXXXXX") || fail 'cannot make a folder for work'
  trap 'rm -rf "$work"' EXIT
  trap 'exit 130' INT TERM HUP
  case $mode in
    dry)
      say 'Dry run: nothing is changed. sh plan.sh --apply does it.'
      all_stretches
      say
      say "Nothing was changed."
      ;;
    apply) stretches_from 0; ended ;;
    after) stretch_after_reboot; stretches_from "$passed"; rm -f "$store/restart"; ended ;;
    undo) undo_files; undo_commands; undo_end ;;
  esac
}
ended() {
  say
  if [ "$changed" = 0 ]; then say 'Nothing had to be changed.'; else say 'Done.'; fi
  [ "$waiting" = 0 ] || say "Left for you: what stands above as for you ($waiting)."
}
`.replaceAll('\\${', '${').trim()

/** What edits files, as awk programs; all they are given comes through the environment, where nothing is read as anything but text. */
export const scriptPrograms: Readonly<Record<string, string>> = {
  lines_program: String.raw`
function option(line, part) { return match(line, /^options[ \t]+[^ \t]+[ \t]+[^ \t=]+=/) ? substr(line, 1, RLENGTH) : "" }
function join(a, b,   n, m, i, j, one, other, found) {
  n = split(a, one, ","); m = split(b, other, ",")
  for (i = 1; i <= m; i++) { found = 0; for (j = 1; j <= n; j++) if (one[j] == other[i]) found = 1; if (!found) a = a "," other[i] }
  return a
}
{ line[++count] = $0 }
END {
  wanted = split(ENVIRON["WANT"], want, "\n")
  for (w = 1; w <= wanted; w++) {
    if (want[w] == "") continue
    there = 0
    head = option(want[w])
    for (i = 1; i <= count && !there; i++) {
      if (line[i] == want[w]) there = 1
      else if (head != "" && substr(line[i], 1, length(head)) == head) {
        there = 1
        old = substr(line[i], length(head) + 1); rest = ""
        if (match(old, /[ \t]/)) { rest = substr(old, RSTART); old = substr(old, 1, RSTART - 1) }
        value = substr(want[w], length(head) + 1); more = ""
        if (match(value, /[ \t]/)) { more = substr(value, RSTART); value = substr(value, 1, RSTART - 1) }
        line[i] = head (head ~ /[ \t]ids=$/ ? join(old, value) : value) rest
        if (more != "" && index(rest " ", more " ") == 0) line[i] = line[i] more
      }
    }
    if (!there) line[++count] = want[w]
  }
  for (i = 1; i <= count; i++) print line[i]
}`.trim(),
  setting_program: String.raw`
{ line[++count] = $0; text = $0; sub(/^[ \t]+/, "", text); if (substr(text, 1, length(ENVIRON["NAME"]) + 1) == ENVIRON["NAME"] "=") at = count }
END {
  made = ENVIRON["NAME"] "=\"" ENVIRON["VALUE"] "\""
  if (at) {
    text = line[at]; sub(/^[ \t]+/, "", text)
    old = substr(text, length(ENVIRON["NAME"]) + 2)
    gsub(/^["']|["'][ \t]*$/, "", old)
    if (old != ENVIRON["VALUE"]) line[at] = made
  } else line[++count] = made
  for (i = 1; i <= count; i++) print line[i]
}`.trim(),
  unset_program: String.raw`
{ text = $0; sub(/^[ \t]+/, "", text); if (substr(text, 1, length(ENVIRON["NAME"]) + 1) != ENVIRON["NAME"] "=") print }`.trim(),
  words_program: String.raw`
function name(word) { sub(/=.*/, "", word); gsub(/-/, "_", word); return word }
function has(list, word) { return index(" " list " ", " " word " ") > 0 }
function join(a, b,   n, m, i, j, one, other, found) {
  n = split(a, one, ","); m = split(b, other, ",")
  for (i = 1; i <= m; i++) { found = 0; for (j = 1; j <= n; j++) if (one[j] == other[i]) found = 1; if (!found) a = (a == "" ? "" : a ",") other[i] }
  return a
}
function change(text, add,   n, m, i, j, old, new, kept, count, done, out, key) {
  n = split(text, old, /[ \t]+/); m = split(add, new, " "); count = 0
  for (i = 1; i <= n; i++) if (old[i] != "" && !has(ENVIRON["REMOVE"], old[i])) kept[++count] = old[i]
  for (j = 1; j <= m; j++) {
    done = 0; key = name(new[j])
    for (i = 1; i <= count; i++) if (kept[i] == new[j]) done = 1
    if (!done && index(new[j], "=") && !has(ENVIRON["REPEATED"], key)) for (i = 1; i <= count; i++) if (kept[i] != "" && index(kept[i], "=") && name(kept[i]) == key) {
      if (has(ENVIRON["JOINED"], key)) kept[i] = substr(kept[i], 1, index(kept[i], "=")) join(substr(kept[i], index(kept[i], "=") + 1), substr(new[j], index(new[j], "=") + 1))
      else kept[i] = done ? "" : new[j]
      done = 1
    }
    if (!done) kept[++count] = new[j]
  }
  out = ""
  for (i = 1; i <= count; i++) if (kept[i] != "") out = out (out == "" ? "" : " ") kept[i]
  return out
}
function tidy(text,   n, i, part, out) { n = split(text, part, /[ \t]+/); out = ""; for (i = 1; i <= n; i++) if (part[i] != "") out = out (out == "" ? "" : " ") part[i]; return out }
function changed(text, add,   new) { new = change(text, add); return new == tidy(text) ? text : new }
{ line[++count] = $0; text = $0; sub(/^[ \t]+/, "", text) }
ENVIRON["FORM"] == "assign" && substr(text, 1, length(ENVIRON["NAME"]) + 1) == ENVIRON["NAME"] "=" { at = count }
ENVIRON["FORM"] == "line" && !at && text != "" && text !~ /^#/ { at = count }
ENVIRON["FORM"] == "options" && text ~ /^options[ \t]/ {
  match($0, /^[ \t]*options[ \t]+/); head = substr($0, 1, RLENGTH)
  line[count] = head changed(substr($0, RLENGTH + 1), ENVIRON["ADD"])
}
END {
  if (ENVIRON["FORM"] == "line") { if (at) line[at] = changed(line[at], ENVIRON["ADD"]); else if (ENVIRON["ADD"] != "") line[++count] = ENVIRON["ADD"] }
  if (ENVIRON["FORM"] == "assign") {
    if (at) {
      start = index(line[at], "="); head = substr(line[at], 1, start); old = substr(line[at], start + 1)
      quote = substr(old, 1, 1)
      if (quote == "\"" || quote == "'") {
        old = substr(old, 2); end = index(old, quote)
        if (!end) end = length(old) + 1
        line[at] = head quote changed(substr(old, 1, end - 1), ENVIRON["ADD"]) quote substr(old, end + 1)
      } else {
        rest = ""
        if (match(old, /[ \t]/)) { rest = substr(old, RSTART); old = substr(old, 1, RSTART - 1) }
        new = changed(old, ENVIRON["ADD"])
        if (new != old) line[at] = head "\"" new "\"" rest
      }
    } else if (ENVIRON["ADD"] != "") line[++count] = ENVIRON["NAME"] "=\"" ENVIRON["ADD"] "\""
  }
  for (i = 1; i <= count; i++) print line[i]
}`.trim(),
}
