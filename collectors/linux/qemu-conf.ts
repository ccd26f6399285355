import { collector } from '../collector.ts'

const settings = /^[^\t]*\t=\s*(?:user|group|dynamic_ownership|remember_owner|security_\w+|clear_emulator_capabilities|cgroup_\w+|relaxed_acs_check|namespaces|hugetlbfs_mount|max_core|nvram|swtpm_\w+|memory_backing_dir)\b|\t[/!]|^\/sys\//

/** libvirt's settings for QEMU that decide what a VM may open, and the security modules of the kernel. Passwords in the same file are left out. */
export default collector({
  gives: 'qemu-conf',
  platform: 'linux',
  every: [
    { tree: ['/etc/libvirt'], files: ['qemu.conf'] },
    { tree: ['/sys/fs/selinux'], files: ['enforce'] },
    { tree: ['/sys/module/apparmor/parameters'], files: ['enabled'] },
    { tree: ['/etc/apparmor.d/local/abstractions'], files: ['libvirt-qemu'] },
  ],
  privilege: { root: 'to read /etc/libvirt/qemu.conf' },
  reduce: text => continuedSettings(text),
  loses: 'As which user QEMU runs, and which nodes libvirt lets it open.',
})

/** The lines of settings that matter; a list goes on over lines up to its bracket. Comments are most of the file. */
function continuedSettings(text: string): string {
  let inList = false
  return text.split('\n').filter(line => {
    const content = /\t=(.*)$/.exec(line)?.[1] ?? ''
    if (/libvirt-qemu\t=\s*\S/.test(line)) return !/=\s*#/.test(line)
    const keep = inList || (settings.test(line) && !/\t=\s*#/.test(line))
    if (keep) inList = (inList || /=\s*\[/.test(content)) && !content.includes(']')
    return keep
  }).map(line => `${line}\n`).join('')
}
