/**
 * What stands in front of a message in a log: time stamps, levels, host names, caller ids, in every form that dmesg,
 * journalctl, syslog, netconsole, QEMU and libvirt write. Forms stack (`Jun  1 00:00:00 host kernel: [    1.0] <6>`),
 * so they are taken off one by one from the left.
 */

export interface Prefix {
  /** Characters it takes; 0 where the line has none. */
  readonly length: number
  /** Seconds since boot where the kernel stamped the line, else seconds since 1970 (then over 10^9); null: not given, or without a year. */
  readonly time: number | null
}

/** What one form says of the time; undefined: the form does not carry one. */
type TimeOf = (groups: readonly (string | undefined)[]) => { boot?: number; epoch?: number } | undefined
interface Form { readonly at: RegExp; readonly time?: TimeOf; readonly after?: true }

const months = ['jan', 'feb', 'mar', 'apr', 'may', 'jun', 'jul', 'aug', 'sep', 'oct', 'nov', 'dec']
const epoch = (iso: string): { epoch?: number } => {
  const ms = Date.parse(iso)
  return Number.isFinite(ms) ? { epoch: ms / 1000 } : {}
}
/** dmesg -T prints local time without its zone; read as UTC, which keeps order and distance. */
const ctime = (month = '', day = '', clock = '', year = '') =>
  epoch(`${year}-${String(months.indexOf(month.toLowerCase()) + 1).padStart(2, '0')}-${day.padStart(2, '0')}T${clock}Z`)
/** The name of a month tells something only where it is the English one or a number. */
const ctimeIn = (month = '', day = '', clock = '', year = '') => {
  const name = /^\d/.test(month) ? months[Number.parseInt(month, 10) - 1] : month.toLowerCase()
  return name !== undefined && months.includes(name) ? ctime(name, day, clock, year) : {}
}
const iso = (date = '', clock = '', fraction = '', zone = 'Z') =>
  epoch(`${date}T${clock}${fraction.replace(',', '.').slice(0, 4)}${/^[+-]\d{4}$/.test(zone) ? `${zone.slice(0, 3)}:${zone.slice(3)}` : zone}`)

const gap = '[ \\u00a0]'
const word = '[\\w.-]{1,64}'

/** Every regex is sticky and bounded. `after`: only behind another form, since it looks like plain text by itself. */
const forms: readonly Form[] = [
  // <6>, <14>
  { at: /<\d{1,3}>/y },
  // [    1.234567], [123456.7 <    0.1>], FreeBSD's [12]
  { at: new RegExp(`\\[${gap}{0,12}(\\d{1,12}\\.\\d{1,9}|\\d{1,12}(?=\\] ))(?: {0,3}< {0,12}[\\d.]{1,20} {0,2}>)?\\]${gap}?`, 'y'), time: ([, s]) => ({ boot: Number(s) }) },
  // [<    0.000000>] and [  +0.000012]: times relative to the line before
  { at: /\[(?:< {0,12}[\d.]{1,20} {0,2}>| {0,12}\+\d{1,12}\.\d{1,9})\] ?/y },
  // [Sat Nov 21 00:11:22 2026], with [.. <    0.1>]
  { at: /\[[A-Z][a-z]{2} ([A-Z][a-z]{2}) {1,2}(\d{1,2}) (\d\d:\d\d:\d\d) (\d{4})(?: {0,3}< {0,12}[\d.]{1,20} {0,2}>)?\] ?/y, time: ([, month, day, clock, year]) => ctime(month, day, clock, year) },
  // The same in the language of the reader: [Sa Nov 21 00:11:22 2026], [六 11月 21 …], [mar. nov.  9 …]
  { at: /\[[\p{L}\p{M}]{1,9}\.? ([\p{L}\p{M}]{3,9}|\d{1,2}[月월])\.? {1,2}(\d{1,2}) (\d\d:\d\d:\d\d) (\d{4})(?: {0,3}< {0,12}[\d.]{1,20} {0,2}>)?\] ?/yu, time: ([, month, day, clock, year]) => ctimeIn(month, day, clock, year) },
  // [Feb13 23:31]
  { at: /\[[A-Z][a-z]{2} ?\d{1,2} \d\d:\d\d\] ?/y },
  // kern  :info  :
  { at: /(?:kern|user|mail|daemon|auth|authpriv|syslog|lpr|news|uucp|cron|ftp|local[0-7]) {0,8}:(?:emerg|alert|crit|err|warn|notice|info|debug) {0,8}: /y },
  // [    T1], [  C3]
  { at: /\[ {0,12}[TC]\d{1,8}\] ?/y },
  // Talos: 10.0.0.1: kern:    info: [2026-01-02T03:04:05.123456789Z]:
  { at: /(?:[\w.:-]{1,64}: )?(?:kern|user|mail|daemon|auth|authpriv|syslog|local[0-7]): {1,8}(?:emerg|alert|crit|err|warning|notice|info|debug): \[(\d{4}-\d\d-\d\d)T(\d\d:\d\d:\d\d)(\.\d{1,9})?Z\]: ?/y, time: ([, date, clock, fraction]) => iso(date, clock, fraction) },
  // Kata's console of the guest: level=info msg="[    1.0] …, or time="…" level=debug msg="reading guest console" … vmconsole="[    1.0] …
  { at: new RegExp(`(?:${word}(?:\\[\\d{1,8}\\])?: )?(?:time="[^"]{1,40}" )?level=[a-z]{1,8} msg=(?:"(?=\\[ {0,12}\\d{1,12}\\.\\d{1,9}\\])|"reading guest console" .{0,500}?vmconsole="(?=\\[ {0,12}\\d{1,12}\\.\\d{1,9}\\]))`, 'y') },
  // 2026-01-02T03:04:05.123456Z, 2024-01-05T12:06:13+0100, libvirtd's 2026-01-02 03:04:05.123+0000: 1234:
  { at: /(\d{4}-\d\d-\d\d)[T ](\d\d:\d\d:\d\d)([.,]\d{1,9})?(Z|[+-]\d\d:?\d\d)?(?:: \d{1,8}: |:? )/y, time: ([, date, clock, fraction, zone]) => iso(date, clock, fraction, zone) },
  // Thu 2024-02-29 07:43:02 CET
  { at: /[A-Z][a-z]{2} (\d{4}-\d\d-\d\d) (\d\d:\d\d:\d\d)(\.\d{1,9})? [A-Z+-][A-Z\d+:-]{0,6} /y, time: ([, date, clock, fraction]) => iso(date, clock, fraction) },
  // Oct 17 18:46:10, Oct 17 18:46:10.123456, and in the language of the reader: avril 30 18:16:51, déc. 03, 11月 21; no year, so no time
  { at: /(?:\p{L}{3,9}\.?|\d{1,2}[月월]) [ \d]\d \d\d:\d\d:\d\d(?:\.\d{1,9})? /yu },
  // 1697450000.123456 host kernel:
  { at: new RegExp(`(\\d{9,11}\\.\\d{6}) (?=${word} ${word}(?:\\[\\d{1,8}\\])?: )`, 'y'), time: ([, s]) => ({ epoch: Number(s) }) },
  // /dev/kmsg and extended netconsole: 6,339,5140900,-;
  { at: /\d{1,3},\d{1,20},(\d{1,20}),[-c+][^;\s]{0,80};/y, time: ([, us]) => ({ boot: Number(us) / 1e6 }) },
  // kernel: [    1.234567], where the time of syslog was cut off
  { at: /kernel: (?=\[ {0,12}\d{1,12}\.\d{1,9}\])/y },
  // host kernel:, kernel:, NOTICE kernel:, kernel[0]:
  { at: new RegExp(`(?:${word} )?kernel(?:\\[\\d{1,8}\\])?: ?`, 'y'), after: true },
  { at: /kernel(?:\[\d{1,8}\])?: /y },
  // host libvirtd[1234]: the host goes, the program stays
  { at: new RegExp(`${word} (?=[\\w.@/-]{1,64}(?:\\[\\d{1,8}\\])?: )`, 'y'), after: true },
]

/** Serial terminals lose the escape byte and leave the rest of a sequence: `c[?7l[2J[    0.0`. */
const leftovers = /c?(?:\[[?\d;]{1,8}[hlJHmK]){1,8}/y
const blanks = /[\s\u00a0\ufeff]{0,64}/y
/** What a host name can stand behind: a syslog or journal stamp. A kernel's own stamp may be followed by `word word: text`, and so may the one of `dmesg --time-format iso`, which has a comma. */
const namesHost = /^(?:[A-Z][a-z]{2} |\d{4}-\d\d-\d\d(?!T\d\d:\d\d:\d\d,)|\d{9})/

function match(form: RegExp, line: string, at: number): RegExpExecArray | null {
  form.lastIndex = at
  return form.exec(line)
}

/** The prefix of a line, blanks in front of it included. Linear: bounded forms, each taken at most eight times. */
export function prefixOf(line: string): Prefix {
  let at = match(blanks, line, 0)?.[0].length ?? 0
  at += match(leftovers, line, at)?.[0].length ?? 0
  const start = at
  const host = namesHost.test(line.slice(at, at + 20))
  const times: { boot?: number; epoch?: number } = {}
  let before: Form | undefined
  for (let left = 8; left > 0; left--) {
    const found = next(line, at, at > start, host, before)
    if (!found) break
    Object.assign(times, found.form.time?.(found.groups))
    at += found.groups[0].length
    before = found.form
  }
  if (at === start) return { length: 0, time: null }
  const time = times.boot ?? times.epoch ?? null
  return { length: at, time: time !== null && Number.isFinite(time) ? time : null }
}

const hostForm = forms.at(-1)

function next(line: string, at: number, inside: boolean, host: boolean, before: Form | undefined): { form: Form; groups: RegExpExecArray } | null {
  for (const form of forms) {
    if (form.after && !inside) continue
    if (form === hostForm && (!host || !before || before.after)) continue
    const groups = match(form.at, line, at)
    if (groups && groups[0].length > 0) return { form, groups }
  }
  return null
}
