import { textOf } from '../model/evidence.ts'
import { gather, type Gathered } from './gather.ts'
import { parser } from './parser.ts'
import { unnamedVm } from '../model/snapshot.ts'
import { draft, nameFromEvidence, vmName } from './qemu/draft.ts'
import { linesOf } from './tree.ts'

/** Device Manager's codes by the names pnputil prints in brackets; keys around them are translated, these are not. */
const problemNames = new Map(Object.entries({
  NOT_CONFIGURED: 1, OUT_OF_MEMORY: 3, INVALID_DATA: 9, FAILED_START: 10, NORMAL_CONFLICT: 12, NEED_RESTART: 14, PARTIAL_LOG_CONF: 16, REINSTALL: 18, REGISTRY: 19,
  WILL_BE_REMOVED: 21, DISABLED: 22, DEVICE_NOT_THERE: 24, FAILED_INSTALL: 28, HARDWARE_DISABLED: 29, FAILED_ADD: 31, DISABLED_SERVICE: 32,
  TRANSLATION_FAILED: 33, NO_SOFTCONFIG: 34, BIOS_TABLE: 35, IRQ_TRANSLATION_FAILED: 36, FAILED_DRIVER_ENTRY: 37, DRIVER_FAILED_PRIOR_UNLOAD: 38, DRIVER_FAILED_LOAD: 39,
  SERVICE_KEY_INVALID: 40, LEGACY_SERVICE_NO_DEVICES: 41, DUPLICATE_DEVICE: 42, FAILED_POST_START: 43, HALTED: 44, PHANTOM: 45, HELD_FOR_EJECT: 47,
  DRIVER_BLOCKED: 48, REGISTRY_TOO_LARGE: 49, SETPROPERTIES_FAILED: 50, WAITING_ON_DEPENDENCY: 51, UNSIGNED_DRIVER: 52, USED_BY_DEBUGGER: 53, DEVICE_RESET: 54,
  NEED_CLASS_CONFIG: 56, GUEST_ASSIGNMENT_FAILED: 57,
}))
const problemName = /CM_PROB_([A-Z_]{1,40})/
const writtenCode = /[(（](?:Code|Código|Codice|Kod|Код|コード|代码|代碼|程式碼)\s?[:：]?\s?(\d{1,2})[)）]|\b(?:Code (\d{1,2})|error (43))\b|(?:Problem Code:|has the following problem:)\s*(\d{1,2})\b/i
const status = /\b0x(C0[0-9A-F]{6})\b/i
const pciId = /PCI\\{1,2}VEN_([0-9A-F]{4})&(?:amp;)?DEV_([0-9A-F]{4})/i
const version = /\b(\d{1,3}\.\d{1,3}\.\d{1,5}\.\d{1,5})\b/
const basicDriver = /\bbasicdisplay\.inf|\bdisplay\.inf|Microsoft Basic (?:Display|Render)/i
const highestCode = 57
/** What pnputil says where the list of devices with a problem is empty. */
const noProblems = /^\s{0,20}No devices were found on the system\b/
/** `Problem: 0x2B`, in events 411 and 442 of Kernel-PnP. */
const eventProblem = /^\s{0,20}Problem: (0x[0-9a-f]{1,2})\s*$/i

interface Found { codes: Gathered, states: Gathered, versions: Gathered, basics: Gathered, basic: number, listing: number, system?: { readonly family: string, readonly release: string } }
/** One device as the report tells it; lines of a block add to the same one. */
interface Device { id: string, code: number | null, state: string, version: string, line: number, display: boolean, basic: boolean }

const idIn = (text: string): string => {
  const parts = pciId.exec(text)
  return parts ? `PCI\\VEN_${parts[1]?.toUpperCase()}&DEV_${parts[2]?.toUpperCase()}` : ''
}

function codeIn(text: string): number | null {
  const named = problemNames.get(problemName.exec(text)?.[1] ?? '')
  const written = writtenCode.exec(text)
  const code = named ?? Number(written?.slice(1).find(Boolean) ?? eventProblem.exec(text)?.[1] ?? 0)
  return code > 0 && code <= highestCode ? code : null
}

function keep(found: Found, device: Device): void {
  const behind = (value: string): string => (device.id ? `${value} ${device.id}` : value)
  if (device.code !== null) found.codes.add(behind(String(device.code)), device.line)
  if (device.state) found.states.add(behind(device.state), device.line)
  if (device.basic && device.id) found.basics.add(device.id, device.line)
  if (device.version && device.id && device.display) found.versions.add(`${device.id} ${device.version}`, device.line)
}

/** Blocks of lines about one device, parted by blank lines: pnputil, dxdiag, a table or Device Manager's text. */
function readText(text: string, found: Found): void {
  const blank = (): Device => ({ id: '', code: null, state: '', version: '', line: 0, display: false, basic: false })
  let device = blank()
  const finish = () => { keep(found, device); device = blank() }
  for (const { text: row, line } of linesOf(text)) {
    if (row.trim() === '') { finish(); continue }
    if (noProblems.test(row)) found.listing ||= line
    const id = idIn(row)
    const code = codeIn(row)
    // A row of a table is a device of its own; so is a second id or a second code in a block.
    if ((id && device.id && id !== device.id) || (code !== null && device.code !== null && code !== device.code)) finish()
    if (id) { device.id = id; found.listing ||= line }
    if (code !== null) { device.code = code; device.line = line }
    device.line ||= line
    device.state ||= status.exec(row)?.[1] ? `0x${status.exec(row)?.[1]?.toUpperCase()}` : ''
    device.display ||= /4d36e968-e325-11ce-bfc1-08002be10318|\bDisplay\b|Card name/i.test(row)
    if (/version/i.test(row)) device.version ||= version.exec(row)?.[1] ?? ''
    if (basicDriver.test(row)) {
      device.basic = true
      found.basic ||= line
    }
    if (/^(?:Error|Problem)\s+\S/.test(row) && id && code === null) found.codes.add(`? ${id}`, line)
  }
  finish()
}

/** Get-PnpDevice, Win32_PnPEntity and the like as ConvertTo-Json prints them: one object or an array. */
function readJson(value: unknown, found: Found): boolean {
  const devices = (Array.isArray(value) ? value : [value]).slice(0, 5000)
  let read = false
  for (const device of devices) {
    if (typeof device !== 'object' || device === null) continue
    const fields = new Map(Object.entries(device))
    const text = (...keys: string[]): string => keys.map(key => fields.get(key)).filter(v => typeof v === 'string' || typeof v === 'number').map(String)[0]?.slice(0, 400) ?? ''
    const id = idIn(text('InstanceId', 'PNPDeviceID', 'DeviceID', 'PNPDeviceId'))
    const problem = text('ConfigManagerErrorCode', 'Problem', 'ProblemCode')
    if (id === '' && problem === '') continue
    read = true
    const number = /^\d{1,2}$/.test(problem) ? Number(problem) : codeIn(problem)
    const basic = basicDriver.test(text('FriendlyName', 'Name', 'Description'))
    keep(found, { id, code: number && number <= highestCode ? number : null, state: '', version: version.exec(text('DriverVersion'))?.[1] ?? '', line: 1, display: true, basic })
    if (basic) found.basic ||= 1
  }
  return read
}

/** The output of a command run by the guest agent is base64 inside JSON. */
function agentOutput(value: unknown): string | null {
  const inner = typeof value === 'object' && value !== null ? (value as { return?: unknown }).return ?? value : null
  const data = typeof inner === 'object' && inner !== null ? (inner as { 'out-data'?: unknown })['out-data'] : null
  // Proxmox has decoded it already.
  return typeof data === 'string' ? /^[\w+/]+={0,2}$/.test(data) ? Buffer.from(data, 'base64').toString('utf8') : data : null
}

/** What guest-get-osinfo and guest-get-devices of the QEMU guest agent answer (qemu qga/qapi-schema.json); Proxmox prints the same as "result". */
function readAgent(value: unknown, found: Found): boolean {
  const fieldsOf = (one: unknown) => new Map<string, unknown>(typeof one === 'object' && one !== null && !Array.isArray(one) ? Object.entries(one) : [])
  const answer = fieldsOf(value)
  const given: unknown = answer.get('return') ?? answer.get('result') ?? value
  const system = fieldsOf(given)
  const text = (key: string) => { const field = system.get(key); return typeof field === 'string' ? field.slice(0, 200) : '' }
  if (text('kernel-release') !== '') {
    const id = text('id')
    const family = id === 'mswindows' ? 'windows' : /bsd$/.test(id) ? 'freebsd' : 'linux'
    found.system = { family, release: `${text('pretty-name') || text('name')} ${text('kernel-release')}`.trim() }
    return true
  }
  if (!Array.isArray(given)) return false
  let read = false
  for (const device of (given as unknown[]).slice(0, 2000)) {
    const fields = fieldsOf(device)
    const id = fieldsOf(fields.get('id'))
    const [vendor, product, driver] = [id.get('vendor-id'), id.get('device-id'), fields.get('driver-version')]
    if (id.get('type') !== 'pci' || typeof vendor !== 'number' || typeof product !== 'number' || typeof driver !== 'string') continue
    read = true
    const hex = (n: number) => (Math.trunc(n) & 0xffff).toString(16).toUpperCase().padStart(4, '0')
    if (displayVendors.has(vendor) && /^\d{2}\./.test(driver) && version.test(driver)) found.versions.add(`PCI\\VEN_${hex(vendor)}&DEV_${hex(product)} ${version.exec(driver)?.[1] ?? ''}`, 1)
  }
  if (read) found.system ??= { family: 'windows', release: '' }
  return read
}
/** The agent lists every device with a driver and no class: NVIDIA's and AMD's are GPUs and their parts, of which sound has drivers that begin with a single digit. */
const displayVendors: ReadonlySet<number> = new Set([0x10de, 0x1002])

/** One answer, or one a line. */
function answersIn(text: string): unknown[] {
  const parsed = (json: string): unknown[] => { try { return [JSON.parse(json) as unknown] } catch { return [] } }
  const whole = parsed(text)
  return whole.length > 0 ? whole : text.split('\n').slice(0, 200).filter(line => /^[[{]/.test(line)).flatMap(parsed)
}

function readReport(text: string, found: Found): void {
  const start = text.trimStart().replace(/^\ufeff/, '')
  if (/^[[{]/.test(start) && text.length < 8 * 2 ** 20) {
    let read = false
    for (const value of answersIn(start)) {
      const output = agentOutput(value)
      if (output !== null) readText(output, found)
      else if (!readAgent(value, found)) {
        if (!readJson(value, found)) continue
        found.listing ||= 1
      }
      read = true
    }
    if (read) return
  }
  readText(text, found)
}

/**
 * What a Windows guest says of its devices: pnputil, Get-PnpDevice (table or JSON), dxdiag, msinfo32, or the sentence
 * out of Device Manager; and what its QEMU guest agent answered, of any system.
 *
 *     Instance ID:                PCI\VEN_10DE&DEV_1B39&SUBSYS_11A010DE&REV_A1\4&1d81e16&0&0010
 *     Problem Code:               43 (0x2B) [CM_PROB_FAILED_POST_START]
 */
export default parser({
  gives: 'guest-report',
  parse(evidence) {
    const d = draft(evidence.id)
    const found: Found = { codes: gather(evidence.id), states: gather(evidence.id), versions: gather(evidence.id), basics: gather(evidence.id), basic: 0, listing: 0 }
    readReport(textOf(evidence), found)
    if (!found.codes.size && !found.listing && !found.basic && !found.system) return {}
    // The name of a file somebody handed in is no VM's name.
    const name = evidence.takenAt === undefined ? unnamedVm : vmName(nameFromEvidence(evidence.id))
    const vm = d.vm(name)
    vm.set('name', name, 1)
    if (found.codes.size || found.listing) vm.facts.guestProblemCodes = found.codes.fact()
    if (found.states.size) vm.facts.guestProblemStatus = found.states.fact()
    if (found.versions.size) vm.facts.guestDriverVersions = found.versions.fact()
    if (found.basics.size || found.listing) vm.facts.guestBasicDisplays = found.basics.fact()
    vm.set('guestOs', found.system?.family ?? 'windows', 1)
    if (found.system?.release) vm.set('guestRelease', found.system.release, 1)
    return d.contribution()
  },
})
