import { hasBody, textOf, type Evidence, type EvidenceId } from '../../model/evidence.ts'
import { collector, type NamesIn } from '../collector.ts'

const libvirt: NamesIn = { namesIn: '/run/libvirt/qemu', of: 'A-Za-z0-9_.@:+-', ending: '.xml', most: 8 }
const proxmox: NamesIn = { namesIn: '/run/qemu-server', of: '0-9', ending: '.pid', most: 8 }
const virsh = ['virsh', '-c', 'qemu:///system', 'qemu-agent-command', '--timeout', '3', '{name}'] as const
/** What Windows has to say of devices with a problem. */
const pnputil = ['/enum-devices', '/problem', '/deviceids'] as const

/**
 * What the QEMU guest agents of running VMs answer (qemu qga/qapi-schema.json): the system, the drivers of its devices (agents of
 * Windows, from 5.2 on), and Windows' list of devices with a problem, for which the agent runs pnputil in the guest.
 */
export default collector({
  gives: 'guest-report',
  platform: 'linux',
  extra: 'guests',
  every: [
    { run: [...virsh, '{"execute":"guest-get-osinfo"}'], for: libvirt },
    { run: [...virsh, '{"execute":"guest-get-devices"}'], for: libvirt },
    {
      run: [...virsh, JSON.stringify({ execute: 'guest-exec', arguments: { path: 'pnputil.exe', arg: pnputil, 'capture-output': true } })],
      for: libvirt,
      follow: { take: /"pid":\s*(\d{1,10})/, run: [...virsh, '{"execute":"guest-exec-status","arguments":{"pid":{taken}}}'], until: /"exited":\s*(?:true|1)/ },
    },
    { run: ['qm', 'guest', 'cmd', '{name}', 'get-osinfo'], for: proxmox },
    { run: ['qm', 'guest', 'exec', '{name}', '--timeout', '8', '--', 'pnputil.exe', ...pnputil], for: proxmox },
  ],
  privilege: { root: 'to speak to VMs' },
  timeout: 60,
  limit: 2 ** 20,
  settle: pieces => ofOneGuest(pieces),
  loses: 'What guests say of the devices they were given.',
})

/** The answers of one guest are one piece, a line each. What its agent does not know or may not do is left out where it has said something else. */
function ofOneGuest(pieces: readonly Evidence[]): Evidence[] {
  const guestOf = (piece: Evidence): EvidenceId => piece.id.replace(/~\d+$/, '') as EvidenceId
  // What is said of the names themselves is of no guest.
  const guests = [...new Set(pieces.filter(({ id, from }) => id.includes('/') && !from.startsWith('/')).map(guestOf))]
  return guests.length === 0 ? pieces.slice(0, 1) : guests.flatMap(id => {
    const answers = pieces.filter(piece => guestOf(piece) === id)
    const told = answers.filter(hasBody)
    const [first] = told
    return first ? [{ ...first, id, from: told.map(({ from }) => from).join(', '), body: told.map(piece => `${inOneLine(textOf(piece))}\n`).join('') }] : answers.slice(0, 1)
  })
}

function inOneLine(json: string): string {
  try {
    return JSON.stringify(JSON.parse(json))
  } catch {
    return json.trim().replace(/\s+/g, ' ')
  }
}
