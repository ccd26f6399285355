import fc from '../test-corpus/property.ts'
import t from 'tap'
import type { Evidence, EvidenceKind } from '../model/evidence.ts'
import type { Fact } from '../model/fact.ts'
import type { HostFacts } from '../model/snapshot.ts'
import bootConfig from './boot-config.ts'
import cmdline from './cmdline.ts'
import initramfsConf from './initramfs-conf.ts'
import initramfsList from './initramfs-list.ts'
import kernelConfig from './kernel-config.ts'
import kernelVersion from './kernel-version.ts'
import modprobeConf from './modprobe-conf.ts'
import moduleParameters from './module-parameters.ts'
import modulesBuiltin from './modules-builtin.ts'
import modules from './modules.ts'
import osRelease from './os-release.ts'
import type { Parser } from './parser.ts'
import { readTree, statOf } from './tree.ts'

const evidence = (kind: EvidenceKind, body: string): Evidence => ({ id: kind, kind, from: 'x', status: 'ok', body })
const lines = (...text: string[]): string => text.map(line => `${line}\n`).join('')
const host = (parser: Parser, ...text: string[]): HostFacts => parser.parse(evidence(parser.gives, lines(...text))).host ?? {}
/** Value and cited lines. */
const said = (fact: Fact<unknown> | undefined) => fact && [fact.value, fact.at.map(({ where }) => where)]

t.test('the tree reader takes every form', async t => {
  const read = (...text: string[]) => [...readTree(lines(...text))].map(({ path, mark, text: rest, line }) => `${path}|${mark}|${rest}|${line}`)
  t.same(read('/etc/a.conf\t=one\ttwo', '/sys/x\t>../y', '/sys/c\t#8680', '/root/z\t!denied', '/etc\t/'),
    ['/etc/a.conf|=|one\ttwo|1', '/sys/x|>|../y|2', '/sys/c|#|8680|3', '/root/z|!|denied|4', '/etc|/||5'])
  t.same(read('/etc/modprobe.d/vfio.conf:options vfio-pci ids=10de:1b39', '/sys/bus/pci/devices/0000:01:00.0/vendor:0x10de', '/sys/devices/pci0000:00/0000:00:01.0/class:0x060400'),
    ['/etc/modprobe.d/vfio.conf|=|options vfio-pci ids=10de:1b39|1', '/sys/bus/pci/devices/0000:01:00.0/vendor|=|0x10de|2', '/sys/devices/pci0000:00/0000:00:01.0/class|=|0x060400|3'])
  t.same(read('==> /etc/modules <==', 'vfio', '$ cat /etc/default/grub', 'GRUB_TIMEOUT=5'), ['/etc/modules|=|vfio|2', '/etc/default/grub|=|GRUB_TIMEOUT=5|4'])
  t.same(read('plain text: of a file\r'), ['|=|plain text: of a file|1'])
  const [stat, other] = [...readTree('/boot/initrd.img-6.1\t@100600 0 0 52428800 1714560000\n/x\t=@1\n')]
  t.same(stat && statOf(stat), { mode: 0o100600, uid: 0, gid: 0, size: 52428800, mtime: 1714560000 })
  t.equal(other && statOf(other), null)
})

t.test('the running kernel', async t => {
  t.same(said(host(kernelVersion, 'Linux version 6.1.0-18-amd64 (kernel@example.org) (gcc-12 (Debian 12.2.0-14) 12.2.0) #1 SMP').kernel), ['6.1.0-18-amd64', [1]])
  t.equal(host(kernelVersion, 'Linux node7 6.8.12-4-pve #1 SMP PREEMPT_DYNAMIC PMX 6.8.12-4 (2024-11-06T15:04Z) x86_64 GNU/Linux').kernel?.value, '6.8.12-4-pve')
  t.equal(host(kernelVersion, '5.15.0-91-generic').kernel?.value, '5.15.0-91-generic')
  t.equal(host(kernelVersion, 'FreeBSD box 14.1-RELEASE FreeBSD 14.1-RELEASE GENERIC amd64').platform?.value, 'freebsd')
  const tree = host(kernelVersion, '/proc\t/', '/proc/version\t=Linux version 6.9.9-200.fc40.x86_64 (x) #1 SMP', '/proc/sys/kernel/osrelease\t=6.9.9-200.fc40.x86_64', '/proc/sys/kernel/tainted\t=4097', '/sys/kernel/security/lockdown\t=none [integrity] confidentiality')
  t.same([tree.kernel?.value, said(tree.taint), tree.lockdown?.value], ['6.9.9-200.fc40.x86_64', [4097, [4]], 'integrity'])
  t.same(host(kernelVersion, 'the kernel I use is new'), {})
})

t.test('the distribution', async t => {
  const debian = ['PRETTY_NAME="Debian GNU/Linux 12 (bookworm)"', 'VERSION_ID="12"', 'ID=debian']
  const plain = host(osRelease, ...debian)
  t.same([said(plain.distribution), said(plain.distributionVersion), plain.initramfsTool?.value], [['debian', [3]], ['12', [2]], 'initramfs-tools'])
  const pve = host(osRelease, ...debian, 'pve-manager/8.2.7/3e0176e6bb2ade3b (running kernel: 6.8.12-4-pve)')
  t.same([pve.distribution?.value, pve.distributionLike?.value], ['proxmox', ['proxmox', 'debian']])
  t.equal(host(osRelease, ...debian.map(line => `/etc/os-release\t=${line}`), '/etc/pve\t@40755 0 33 0 0').distribution?.value, 'proxmox')
  t.same([host(osRelease, 'NAME="unraid OS"', 'ID=slackware', 'VERSION_ID=15.0')].map(h => [h.distribution?.value, h.bootLoader?.value]), [['unraid', 'unraid']])
  t.same(host(osRelease, 'ID="opensuse-leap"', 'ID_LIKE="suse opensuse"').distributionLike?.value, ['opensuse-leap', 'suse', 'opensuse'])
  t.equal(host(osRelease, 'ID=arch').initramfsTool, undefined, 'a choice there')
  t.same(host(osRelease, 'nothing of the kind'), {})
})

t.test('loaded modules', async t => {
  const lsmod = host(modules, 'Module                  Size  Used by', 'vfio_pci               16384  0', 'vfio                   69632  3 vfio_pci_core,vfio_iommu_type1,vfio_pci', 'nvidia_drm  77824  4')
  t.same(lsmod.modules?.value, ['vfio_pci', 'vfio', 'nvidia_drm'])
  t.same(said(lsmod.modulesInUse), [['vfio 3 vfio_pci_core vfio_iommu_type1 vfio_pci', 'nvidia_drm 4'], [3, 4]])
  t.equal(host(modules, 'vfio_pci 16384 0 - Live 0x0000000000000000').modules, undefined, 'what a grep left proves no absence')
  const taken = modules.parse({ ...evidence('modules', 'vfio_pci 16384 1 nouveau, Live 0x0\n'), takenAt: '2026-01-01T00:00:00Z' })
  t.same(taken.host?.modulesInUse?.value, ['vfio_pci 1 nouveau'])
})

t.test('built-in modules', async t => {
  const both = ['/proc/sys/kernel/osrelease\t=6.1.0-18-amd64', '/lib/modules/6.1.0-17-amd64/modules.builtin\t=kernel/drivers/vfio/pci/vfio-pci.ko', '/lib/modules/6.1.0-18-amd64/modules.builtin\t=kernel/drivers/usb/host/xhci-hcd.ko']
  t.same(host(modulesBuiltin, ...both).builtinModules?.value, ['xhci_hcd'], 'the list of the kernel that runs')
  const sysfs = host(modulesBuiltin, '/sys/module/vfio_pci\t/', '/sys/module/kvm\t/', '/sys/module/kvm/initstate\t=live')
  t.same([said(sysfs.builtinModules), said(sysfs.vfioBuiltin)], [[['vfio_pci'], [1]], [true, [1]]])
  const loadable = host(modulesBuiltin, '/sys/module/vfio_pci\t/', '/sys/module/vfio_pci/initstate\t=live', '/sys/module/kernel\t/')
  t.equal(loadable.vfioBuiltin?.value, false)
  t.equal(host(modulesBuiltin, 'kernel/drivers/usb/host/xhci-pci.ko').vfioBuiltin, undefined, 'an excerpt')
  t.same(host(moduleParameters, '/sys/module/vfio_pci/parameters/disable_idle_d3:N', '/sys/module/kvm/parameters/ignore_msrs\t=Y').moduleParameters?.value, ['vfio_pci.disable_idle_d3=N', 'kvm.ignore_msrs=Y'])
})

t.test('modprobe.d', async t => {
  const conf = host(modprobeConf, '# passthrough', 'options vfio-pci ids=10DE:1b39,10de:10f0:1028:1234 \\', '  disable_vga=1', 'softdep nouveau pre: vfio-pci', 'softdep snd_hda_intel pre: vfio-pci post: x', 'blacklist nvidia-drm', 'install nouveau /bin/false', 'alias a b')
  t.same(said(conf.vfioIdsModprobe), [['10de:1b39', '10de:10f0'], [2]])
  t.same(conf.moduleOptions?.value, ['vfio_pci.ids=10DE:1b39,10de:10f0:1028:1234', 'vfio_pci.disable_vga=1'])
  t.same([conf.softdeps?.value, conf.vfioSoftdeps?.value], [['nouveau pre: vfio-pci', 'snd_hda_intel pre: vfio-pci post: x'], ['nouveau', 'snd_hda_intel']])
  t.same([said(conf.blacklist), conf.moduleInstalls?.value], [[['nvidia_drm'], [6]], ['nouveau /bin/false']])
  const masked = host(modprobeConf, '/usr/lib/modprobe.d/gpu.conf\t=blacklist nouveau', '/etc/modprobe.d/gpu.conf\t=# nothing', '/usr/lib/modprobe.d/other.conf\t=blacklist amdgpu', '/etc/modprobe.d/vfio.conf.bak\t=options vfio-pci ids=1:2', '/etc/modules\t=vfio-pci', '/etc/modules-load.d/gpu.conf\t=kvmgt')
  t.same([masked.blacklist?.value, masked.vfioIdsModprobe?.value, masked.modprobeIgnoredFiles?.value, masked.modulesAtBoot?.value], [['amdgpu'], [], ['/etc/modprobe.d/vfio.conf.bak'], ['kvmgt', 'vfio_pci']])
  const twice = host(modprobeConf, '/etc/modprobe.d/b.conf:options vfio-pci ids=1002:67df', '/etc/modprobe.d/a.conf:options vfio_pci ids=10de:1b39')
  t.same([twice.vfioIdsModprobe?.value, twice.vfioIdsModprobeLines?.value], [['1002:67df'], 2], 'the last by file name holds')
  t.same(host(modprobeConf, '/etc/modprobe.d\t/').blacklist?.value, [], 'looked, there is none')
  t.same(host(modprobeConf, '/etc/modprobe.d\t/', '/etc/modprobe.d/vfio.conf\t!denied'), {}, 'a file nobody could read')
  t.same(host(modprobeConf, 'what is modprobe?'), {})
})

t.test('the boot loader and its parameters', async t => {
  const grub = host(bootConfig, '# If you change this file', 'GRUB_CMDLINE_LINUX_DEFAULT="quiet intel_iommu=on"', "GRUB_CMDLINE_LINUX='iommu=pt vfio_pci.ids=10de:1b39'")
  t.same([grub.bootLoader?.value, said(grub.configuredParams)], ['grub', [['iommu=pt', 'vfio-pci.ids=10de:1b39', 'quiet', 'intel_iommu=on'], [3, 2]]])
  const added = host(bootConfig, '/etc/default/grub\t=GRUB_CMDLINE_LINUX_DEFAULT="quiet"', '/etc/default/grub.d/50-gpu.cfg\t=GRUB_CMDLINE_LINUX_DEFAULT="$GRUB_CMDLINE_LINUX_DEFAULT amd_iommu=off"', '/boot/grub/grub.cfg\t@100600 0 0 1 1')
  t.same(added.configuredParams?.value, ['quiet', 'amd_iommu=off'])
  t.same(host(bootConfig, 'GRUB_CMDLINE_LINUX_DEFAULT="quiet intel_iommu=on').bootConfigFaults?.value, ['/etc/default/grub: GRUB_CMDLINE_LINUX_DEFAULT: a quote is not closed'])
  t.match(host(bootConfig, 'GRUB_CMDLINE_LINUX_DEFAULT="quiet" intel_iommu=on').bootConfigFaults?.value, [/text behind the closing quote/])
  const pve = host(bootConfig, '/etc/kernel/proxmox-boot-uuids\t@100644 0 0 20 1', '/etc/kernel/cmdline\t=root=ZFS=rpool/ROOT/pve-1 boot=zfs', '/etc/kernel/cmdline\t=intel_iommu=on', '/etc/default/grub\t=GRUB_CMDLINE_LINUX_DEFAULT="iommu=pt"')
  t.same([pve.bootLoader?.value, pve.configuredParams?.value, pve.configuredUnusedParams?.value, pve.bootConfigFaults?.value],
    ['proxmox-boot-tool', ['root=ZFS=rpool/ROOT/pve-1', 'boot=zfs'], ['iommu=pt'], ['/etc/kernel/cmdline: there is more than one line']])
  const entries = host(bootConfig, '/proc/sys/kernel/osrelease\t=6.9.9-arch1-1', '/boot/loader/entries/a-fallback.conf\t=options quiet', '/boot/loader/entries/b.conf\t=linux /vmlinuz-linux', '/boot/loader/entries/b.conf\t=options root=/dev/sda2 rw amd_iommu=on')
  t.same([entries.bootLoader?.value, entries.configuredParams?.value], ['systemd-boot', ['root=/dev/sda2', 'rw', 'amd_iommu=on']])
  const fedora = host(bootConfig, '/etc/default/grub\t=GRUB_ENABLE_BLSCFG=true', '/etc/default/grub\t=GRUB_CMDLINE_LINUX="rhgb intel_iommu=on"', '/boot/loader/entries/f.conf\t=options root=UUID=1 ro rhgb')
  t.same([fedora.bootLoader?.value, fedora.configuredParams?.value, fedora.configuredUnusedParams?.value], ['grub', ['root=UUID=1', 'ro', 'rhgb'], ['intel_iommu=on']])
  const info = `06000000${Buffer.from('systemd-boot 255', 'utf16le').toString('hex')}0000`
  t.equal(host(bootConfig, '/etc/default/grub\t=GRUB_TIMEOUT=5', '/boot/grub/grub.cfg\t@100600 0 0 1 1', `/sys/firmware/efi/efivars/LoaderInfo-4a67b082-0a4c-41cf-b6c7-440b29bb8c4f\t#${info}`).bootLoader?.value, 'systemd-boot', 'what the loader itself told')
  const variable = (name: string, text: string) => `/sys/firmware/efi/efivars/${name}-4a67b082-0a4c-41cf-b6c7-440b29bb8c4f\t#06000000${Buffer.from(text, 'utf16le').toString('hex')}0000`
  const two = ['/proc/sys/kernel/osrelease\t=6.9.9-arch1-1', '/boot/loader/entries/arch.conf\t=options root=/dev/sda2 rw intel_iommu=on', '/boot/loader/entries/plain+2-1.conf\t=options root=/dev/sda2 rw', variable('LoaderInfo', 'systemd-boot 255')]
  const started = host(bootConfig, ...two, variable('LoaderEntrySelected', 'Plain.conf'))
  t.same([started.configuredParams?.value, started.bootEntry], [['root=/dev/sda2', 'rw'], { value: '/boot/loader/entries/plain+2-1.conf', at: [{ evidence: 'boot-config', where: 5 }] }])
  const gone = host(bootConfig, ...two, variable('LoaderEntrySelected', 'gone.conf'))
  t.same([gone.configuredParams?.value, gone.bootEntry], [['root=/dev/sda2', 'rw', 'intel_iommu=on'], undefined], 'an entry that is not among these')
  t.equal(host(bootConfig, '/etc/kernelstub/configuration\t="kernel_options": [ "quiet" ]', '/etc/default/grub\t=GRUB_CMDLINE_LINUX="x=1"', variable('LoaderInfo', 'GRUB 2.12')).bootLoader?.value, 'grub', 'a file that was left over')
  const pop = host(bootConfig, '{', '  "default": { "kernel_options": [ "quiet" ] },', '  "user": {', '    "kernel_options": [', '      "quiet",', '      "intel_iommu=on"', '    ],', '    "esp_path": "/boot/efi"', '  }', '}')
  t.same([pop.bootLoader?.value, pop.configuredParams?.value], ['kernelstub', ['quiet', 'intel_iommu=on']])
  const unraid = host(bootConfig, 'default menu.c32', 'label Unraid OS', '  menu default', '  kernel /bzimage', '  append vfio-pci.ids=10de:1b39 initrd=/bzroot', 'label Safe', '  append initrd=/bzroot')
  t.same([unraid.bootLoader?.value, unraid.configuredParams?.value], ['unraid', ['vfio-pci.ids=10de:1b39', 'initrd=/bzroot']])
  t.equal(host(bootConfig, '/etc/default\t/').bootLoader?.value, 'other')
  t.same(host(bootConfig, '/etc/default\t/', '/boot/loader\t!denied'), {}, 'nobody could look')
  t.same(host(bootConfig, 'hello'), {})
})

t.test('NixOS', async t => {
  const nix = host(bootConfig, '{ config, pkgs, ... }: {', '  boot.kernelParams = [ "intel_iommu=on"', '    "vfio-pci.ids=10de:1b39,10de:10f0" ];', '  boot.kernelModules = [ "kvm-intel" ];', '}')
  t.same([nix.configuredParams?.value, nix.distribution?.value], [['intel_iommu=on', 'vfio-pci.ids=10de:1b39,10de:10f0'], 'nixos'])
  t.same([nix.nixModules?.value, nix.nixInitrdModules?.value, nix.nixVideoDrivers?.value], [['kvm-intel'], [], []])
  const early = host(bootConfig, '{', '  boot.initrd.kernelModules = [ "vfio_pci"', '    "vfio" ];', '  boot.kernelModules = [ "nvidia" ];', '  services.xserver.videoDrivers = [ "nvidia" ];', '  boot.extraKernelParams = [ "amd_iommu=on" ];', '}')
  t.same([early.nixModules?.value, early.nixInitrdModules?.value, early.nixVideoDrivers?.value, early.configuredParams?.value], [['nvidia'], ['vfio_pci', 'vfio'], ['nvidia'], ['amd_iommu=on']])
  t.same(host(bootConfig, '# boot.kernelParams = [ "quiet" ];').configuredParams?.value, undefined)
})

t.test('what the initramfs is told', async t => {
  const dracut = host(initramfsConf, 'add_drivers+=" vfio_pci vfio-iommu-type1 "', 'force_drivers+="vfio"', '# add_drivers+="x"')
  t.same([dracut.initramfsTool?.value, dracut.initramfsModules?.value, said(dracut.dracutUnspaced)], ['dracut', ['vfio_pci', 'vfio_iommu_type1', 'vfio'], [['force_drivers+="vfio"'], [2]]])
  t.equal(dracut.initramfsHasVfio?.value, true)
  const arch = host(initramfsConf, '/etc/mkinitcpio.conf\t=MODULES=(vfio_pci vfio', '/etc/mkinitcpio.conf\t=  vfio_iommu_type1 amdgpu)', '/etc/mkinitcpio.conf\t=HOOKS=(base udev modconf kms)')
  t.same([arch.initramfsTool?.value, arch.initramfsModules?.value, arch.initramfsHooks?.value], ['mkinitcpio', ['vfio_pci', 'vfio', 'vfio_iommu_type1', 'amdgpu'], ['base', 'udev', 'modconf', 'kms']])
  t.same(host(initramfsConf, 'modules_force_load: vfio_pci,vfio', 'universal: true').initramfsModules?.value, ['vfio_pci', 'vfio'])
  const debian = host(initramfsConf, '/proc/sys/kernel/osrelease\t=6.1.0-18-amd64', '/etc/initramfs-tools/modules\t=# List of modules', '/usr/sbin/mkinitramfs\t@100755 0 0 1 1', '/boot/initrd.img-6.1.0-18-amd64\t@100644 0 0 9 1700000000', '/boot/initrd.img-6.1.0-22-amd64\t@100644 0 0 9 1700009000', '/etc/modprobe.d/vfio.conf\t@100644 0 0 9 1700003600', '/etc/modprobe.d/alsa.conf\t@100644 0 0 9 1700900000')
  t.same([debian.initramfsTool?.value, debian.initramfsModules?.value, debian.initramfsHasVfio, said(debian.initramfsAge)], ['initramfs-tools', [], undefined, [3600, [4, 6]]])
  t.same(host(initramfsConf, '/etc/initramfs-tools/modules:vfio_virqfd', '/etc/initramfs-tools/modules:vfio-pci ids=1:2').initramfsModules?.value, ['vfio_virqfd', 'vfio_pci'])
  t.same(host(initramfsConf, 'some words'), {})
})

t.test('what the initramfs holds', async t => {
  const image = host(initramfsList, '.', 'bin', 'etc/modprobe.d/vfio.conf', 'usr/lib/modules/6.1.0-18-amd64/kernel/drivers/vfio/pci/vfio-pci.ko', 'init')
  t.same([image.initramfsFiles?.value?.length, said(image.initramfsHasVfio)], [2, [true, [4]]])
  const fedora = host(initramfsList, 'Image: /boot/initramfs-6.9.9.img: 40M', 'drwxr-xr-x   3 root     root            0 Jul 18  2024 .', 'lrwxrwxrwx   1 root     root            7 Jul 18  2024 bin -> usr/bin', '-rw-r--r--   1 root     root        18484 Jul 18  2024 usr/lib/modules/6.9.9/kernel/drivers/gpu/drm/nouveau/nouveau.ko.xz')
  t.same([fedora.initramfsFiles?.value, fedora.initramfsHasVfio?.value], [['usr/lib/modules/6.9.9/kernel/drivers/gpu/drm/nouveau/nouveau.ko.xz'], false])
  t.equal(host(initramfsList, 'usr/lib/modules/6.1/kernel/drivers/gpu/drm/nouveau/nouveau.ko').initramfsHasVfio, undefined, 'a filtered listing')
})

t.test('the kernel configuration and command line', async t => {
  const config = host(kernelConfig, '# Linux/x86 6.1.76 Kernel Configuration', 'CONFIG_VFIO=m', 'CONFIG_VFIO_PCI=y', '# CONFIG_INTEL_IOMMU_DEFAULT_ON is not set', 'CONFIG_SQUASHFS=m', '# CONFIG_FUNCTION_TRACER is not set')
  t.same([config.kernelConfig?.value, said(config.vfioBuiltin)], [['CONFIG_VFIO=m', 'CONFIG_VFIO_PCI=y', 'CONFIG_INTEL_IOMMU_DEFAULT_ON=n', 'CONFIG_FUNCTION_TRACER=n'], [true, [3]]])
  const two = host(kernelConfig, '/proc/sys/kernel/osrelease\t=6.1-b', '/boot/config-6.1-a\t=CONFIG_VFIO_PCI=y', '/boot/config-6.1-b\t=CONFIG_VFIO_PCI=m')
  t.equal(two.vfioBuiltin?.value, false)
  t.same(host(kernelConfig, '/boot/config-1\t=CONFIG_VFIO_PCI=y', '/boot/config-2\t=CONFIG_VFIO_PCI=m'), {}, 'nobody knows which runs')
  const running = host(cmdline, '', 'BOOT_IMAGE=/vmlinuz root=/dev/sda1 intel_iommu=on vfio-pci.ids=10de:1b39')
  t.same([said(running.vfioIdsCmdline), running.cmdlineParams?.value?.at(2)], [[['10de:1b39'], [2]], 'intel_iommu=on'])
  t.same(host(cmdline, ''), {})
})

t.test('no text makes a parser throw', async t => {
  const parsers = [bootConfig, cmdline, initramfsConf, initramfsList, kernelConfig, kernelVersion, modprobeConf, moduleParameters, modulesBuiltin, modules, osRelease]
  const words = fc.constantFrom('/etc/modprobe.d/vfio.conf\t=', '/etc/default/grub:', 'GRUB_CMDLINE_LINUX="', 'options ', 'softdep ', '__proto__', 'constructor ', 'MODULES=(', ' )', 'add_drivers+="', '\\', '\n', '\t@', '\t#', '"kernel_options": [', 'append ', 'CONFIG_VFIO_PCI=', 'toString ', '$', '${', 'ID=', ' pre: ', '/boot/loader/entries/x.conf\t=options ')
  const text = fc.oneof(fc.string({ unit: 'binary' }), fc.array(fc.oneof(words, fc.string({ maxLength: 8 })), { maxLength: 40 }).map(parts => parts.join('')))
  fc.assert(fc.property(text, body => { for (const parser of parsers) parser.parse(evidence(parser.gives, body)) }), { numRuns: 300 })
  const long = 'GRUB_CMDLINE_LINUX="' + 'a '.repeat(200000)
  const start = performance.now()
  for (const parser of parsers) parser.parse(evidence(parser.gives, `${long}\n${'/a:'.repeat(100000)}\n${'/'.repeat(100000)}\n${' '.repeat(100000)}x\n`))
  t.ok(performance.now() - start < 30_000, 'linear in long lines')
})
