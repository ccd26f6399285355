import { textOf } from '../model/evidence.ts'
import { known } from '../model/fact.ts'
import { gather, type HostDraft } from './gather.ts'
import { parser } from './parser.ts'
import { isTree, readTree } from './tree.ts'

const setting = /^\s*([a-z][a-z0-9_]{1,40})\s*=\s*(.{0,1000})$/

/**
 * /etc/libvirt/qemu.conf, and which security modules confine QEMU.
 *
 *     /etc/libvirt/qemu.conf<TAB>=cgroup_device_acl = [
 *     /etc/libvirt/qemu.conf<TAB>=    "/dev/null", "/dev/full", "/dev/kvm"
 *     /etc/libvirt/qemu.conf<TAB>=]
 *     /sys/fs/selinux/enforce<TAB>=1
 */
export default parser({
  gives: 'qemu-conf',
  parse(evidence) {
    const host: HostDraft = {}
    const [settings, acl] = [gather(evidence.id), gather(evidence.id)]
    const body = textOf(evidence)
    let inList = ''
    let seen = false
    for (const { path, mark, text, line } of readTree(body)) {
      seen ||= path === '/etc/libvirt/qemu.conf' && mark === '='
      if (path === '/etc/libvirt' && mark === '/') seen ||= evidence.status === 'ok'
      if (path === '/etc/libvirt/qemu.conf' && mark === '!') seen = false
      if (mark !== '=') continue
      if (path.endsWith('/enforce') && /^[01]$/.test(text.trim())) host.selinuxEnforcing = known(text.trim() === '1', evidence.id, line)
      if (path.endsWith('/apparmor/parameters/enabled')) host.apparmor = known(text.trim() === 'Y', evidence.id, line)
      if (/^\s*#/.test(text) || /libvirt-qemu$|\/enforce$|\/enabled$/.test(path)) continue
      const [, name = '', value = ''] = inList === '' ? setting.exec(text) ?? [] : []
      const list = inList !== '' ? inList : name
      if (list === 'cgroup_device_acl') for (const [, node = ''] of text.matchAll(/"(\/dev\/[^"]{1,200})"/g)) acl.add(node, line)
      if (name !== '' && !value.startsWith('[') && settings.size < 200) settings.add(`${name}=${value.trim().replace(/^"([^"]*)".*$/, '$1')}`, line)
      if (name !== '' && value.startsWith('[') && !value.includes(']')) inList = name
      else if (inList !== '' && text.includes(']')) inList = ''
    }
    if (settings.size > 0 || (seen && isTree(body))) host.qemuConf = settings.fact()
    if (acl.size > 0) host.cgroupDeviceAcl = acl.fact()
    return Object.keys(host).length > 0 ? { host } : {}
  },
})
