import { nameOf, type Evidence } from '../../model/evidence.ts'

/** Whether a text can be a VM's name: it becomes a key of the snapshot, so nothing that an object has by itself. */
export const isVmName = (text: string): boolean => /^[\w.@+][\w.@:+-]{0,228}$/.test(text) && !Object.hasOwn(Object.prototype, text)

const general = new Set(['bhyve', 'vm-bhyve', 'log', 'logs', 'console', 'vm', 'vms', 'messages', 'run', 'start', 'bhyve-log', 'bhyve-commands', 'tmp', 'root', 'home'])

/** The VM a piece of evidence is about, from its own name or from its folder (`/vm/NAME/vm-bhyve.log`); null where neither tells. */
export function vmOfEvidence(evidence: Evidence): string | null {
  const name = nameOf(evidence.id)?.replace(/\/(?:vm-)?bhyve(?:\.log)?$/, '') ?? null
  if (name !== null && isVmName(name) && !general.has(name.toLowerCase())) return name
  const path = evidence.from.slice(-512)
  const folder = (/\/libvirt\/bhyve\/([^/]{1,229})\.log$/.exec(path) ?? /([^/]{1,229})\/(?:vm-bhyve|bhyve)\.log$/.exec(path))?.[1]
  return folder !== undefined && isVmName(folder) && !general.has(folder.toLowerCase()) ? folder : null
}
