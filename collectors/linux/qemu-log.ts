import type { Evidence } from '../../model/evidence.ts'
import { collector } from '../collector.ts'

/**
 * The log of each VM; libvirt appends to it at every start, and only the last one counts. Proxmox keeps what `qm start`
 * and QEMU said in a file for each task: of these the newest start of each VM is read.
 */
export default collector({
  gives: 'qemu-log',
  platform: 'linux',
  every: [
    { read: '/var/log/libvirt/qemu/*.log' }, { read: '/home/*/.cache/libvirt/qemu/log/*.log' },
    { read: '/var/log/pve/tasks/*/UPID:*:qmstart:*', newest: 64 },
  ],
  name: /:qmstart:(\d{3,9}):[^/]*$/,
  privilege: { root: 'to read /var/log/libvirt/qemu and /var/log/pve/tasks' },
  timeout: 10,
  limit: 2 * 2 ** 20,
  settle: startsOfVms,
  loses: 'What QEMU said when a VM started, and the options it really got.',
})

const task = /\/UPID:[^/:]{1,100}:[0-9A-F]{8}:[0-9A-F]{8,9}:([0-9A-F]{8}):qmstart:(\d{3,9}):[^/]*$/

/**
 * Of the tasks of Proxmox, which come newest first, the first of each VM, under the name of the VM. A VM that is gone, or was
 * last started before the host was, tells nothing of the present.
 */
function startsOfVms(pieces: readonly Evidence[], taken: readonly Evidence[]): readonly Evidence[] {
  const vms = new Map(taken.filter(({ kind, status }) => kind === 'proxmox-vm' && status === 'ok').map(piece => [piece.id.slice('proxmox-vm/'.length), piece]))
  const booted = bootTime(taken.find(({ kind }) => kind === 'kernel-version'))
  const seen = new Set<string>()
  const kept = pieces.flatMap((piece): readonly Evidence[] => {
    const [, begun = '', vmid] = task.exec(piece.from) ?? []
    if (vmid === undefined) return [piece]
    const vm = vms.get(vmid)
    if (seen.has(vmid) || parseInt(begun, 16) < booted || (vms.size > 0 && !vm)) return []
    seen.add(vmid)
    const name = /^name: ([\w.-]{1,200})$/m.exec(currentState(vm))?.[1] ?? vmid
    return [{ ...piece, id: `qemu-log/${pieces.some(other => other.id === `qemu-log/${name}`) ? vmid : name}` }]
  })
  return kept.length > 0 ? kept : pieces.slice(0, 1).map((piece): Evidence => ({ ...piece, id: 'qemu-log', from: '/var/log/pve/tasks', status: 'absent', body: '' }))
}

/** The settings above the first snapshot of a VM. */
const currentState = (vm: Evidence | undefined): string => (typeof vm?.body === 'string' ? vm.body : '').split(/^\[/m, 1)[0] ?? ''

/** Seconds since 1970, from how long the host had been up when that was read; 0 where nobody knows. */
function bootTime(version: Evidence | undefined): number {
  const uptime = typeof version?.body === 'string' ? /^\/proc\/uptime\t=(\d{1,10})/m.exec(version.body)?.[1] : undefined
  return uptime === undefined ? 0 : Date.parse(version?.takenAt ?? '') / 1000 - Number(uptime)
}
