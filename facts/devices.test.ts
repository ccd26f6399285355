/** Who has devices, who hands them out and what they are meant for: from text to joined facts. */
import fc from '../test-corpus/property.ts'
import t from 'tap'
import { parsers } from '../parsers/all.ts'
import { yamlValues } from '../parsers/yaml-values.ts'
import type { Evidence, EvidenceKind } from '../model/evidence.ts'
import { assemble } from './assemble.ts'

const piece = (kind: EvidenceKind, body: string, more: Partial<Evidence> = {}): Evidence => ({ id: kind, kind, from: kind, status: 'ok', body, ...more })
const taken = { takenAt: '2026-03-04T08:15:30Z' }
const joined = (...evidence: Evidence[]) => assemble(evidence, parsers, () => '')
const lines = (...text: string[]): string => text.map(line => `${line}\n`).join('')

const machine = piece('lspci', `00:00.0 Host bridge [0600]: Intel Corporation Device [8086:3ec2] (rev 07)
\tKernel driver in use: skl_uncore
01:00.0 VGA compatible controller [0300]: NVIDIA Corporation GP104 [GeForce GTX 1080] [10de:1b80] (rev a1)
\tKernel driver in use: nouveau
01:00.1 Audio device [0403]: NVIDIA Corporation GP104 High Definition Audio Controller [10de:10f0] (rev a1)
\tKernel driver in use: snd_hda_intel
02:00.0 3D controller [0302]: NVIDIA Corporation TU104GL [Tesla T4] [10de:1eb8] (rev a1)
\tKernel driver in use: vfio-pci
03:00.0 Ethernet controller [0200]: Intel Corporation I350 [8086:1521] (rev 01)
\tKernel driver in use: igb
`)

t.test('who has device nodes open', async t => {
  const drm = piece('gpu-sysfs', lines('/sys/class/drm\t/', '/sys/class/drm/card0\t>../../devices/pci0000:00/0000:01:00.0/drm/card0', '/sys/class/drm/renderD128\t>../../devices/pci0000:00/0000:01:00.0/drm/renderD128'))
  const proc = (...more: string[]) => piece('device-holders', lines('/proc\t/', '/proc/1187/comm\t=Xorg', '/proc/1187/fd/14\t>/dev/dri/card0', '/proc/1187/fd/15\t>/dev/dri/card0', '/proc/2301/comm\t=Web Content', '/proc/2301/fd/9\t>/dev/dri/renderD128', '/proc/9/fd/1\t>/dev/null', ...more), taken)
  const seen = joined(machine, drm, proc())
  t.same(seen.functions['0000:01:00.0']?.holders?.value, ['Xorg (1187)', 'Web Content (2301)'])
  t.same(seen.host.deviceHolders, { value: ['/dev/dri/card0 1187 Xorg', '/dev/dri/renderD128 2301 Web Content'], at: [{ evidence: 'device-holders', where: 3 }, { evidence: 'device-holders', where: 6 }] })
  t.equal(seen.functions['0000:02:00.0']?.holders, undefined, 'no node of it is known')
  t.same(joined(machine, drm, piece('device-holders', '/proc\t/\n', taken)).functions['0000:01:00.0']?.holders?.value, [], 'looked into all, and nobody has it')
  t.equal(joined(machine, drm, piece('device-holders', lines('/proc\t/', '/proc/1/fd/0\t!denied'), taken)).functions['0000:01:00.0']?.holders, undefined, 'not permitted to look')

  const minor = piece('nvidia-proc', lines('/proc/driver/nvidia/gpus/0000:02:00.0/information\t=Device Minor: \t 0'))
  const said = (text: string) => joined(machine, minor, drm, piece('device-holders', text))
  const verbose = said(`                     USER        PID ACCESS COMMAND
/dev/nvidia0:        root        901 F.... nvidia-persiste
                     alice      4242 F...m python3
/dev/dri/card0:      root     kernel mount /dev/dri
/dev/dri/renderD128: root       1187 F...m Xorg
`)
  t.same(verbose.functions['0000:02:00.0']?.holders?.value, ['nvidia-persiste (901)', 'python3 (4242)'])
  t.same(verbose.functions['0000:01:00.0']?.holders?.value, ['Xorg (1187)'])
  t.same(said('/dev/nvidia0:         901m 4242\n').host.deviceHolders?.value, ['/dev/nvidia0 901 ?', '/dev/nvidia0 4242 ?'])
  t.same(said('COMMAND    PID USER   FD   TYPE DEVICE SIZE/OFF NODE NAME\nXorg      1187 root   13u   CHR  226,0      0t0  560 /dev/dri/card0\nXorg      1187 root  mem    CHR  226,0            560 /dev/dri/card0\n').host.deviceHolders?.value, ['/dev/dri/card0 1187 Xorg'])
  const group = joined(piece('iommu-sysfs', '/sys/kernel/iommu_groups/14/devices/0000:02:00.0\n'), piece('device-holders', '/dev/vfio/14:        root       4711 F...m qemu-system-x86\n'))
  t.same(group.functions['0000:02:00.0']?.holders?.value, ['qemu-system-x86 (4711)'])
})

t.test('who runs with a group that another VM wants', async t => {
  const groups = piece('iommu-sysfs', '/sys/kernel/iommu_groups/14/devices/0000:02:00.0\n')
  const games = piece('libvirt-domain', "<domain type='kvm'><name>games</name><devices><hostdev mode='subsystem' type='pci' managed='yes'><source><address domain='0x0000' bus='0x02' slot='0x00' function='0x0'/></source></hostdev></devices></domain>")
  const runs = (command: string) => piece('qemu-processes', `  PID USER     COMMAND\n 4711 root     ${command}\n`)
  const said = (...more: Evidence[]) => {
    const { host } = joined(machine, groups, ...more)
    return [host.vmsInTheWay?.value, host.groupsInTheWay?.value]
  }
  t.same(said(games, runs('qemu-system-x86_64 -M q35 -m 64 -device vfio-pci,host=02:00.0')), [[], ['14']], 'started by hand')
  t.same(said(games, runs('/usr/bin/qemu-system-x86_64 -name guest=work -blockdev {"driver":"file","filename":"/var/lib/libvirt/qemu/nvram/work_VARS.fd","node-name":"libvirt-pflash1-storage"} -device vfio-pci,host=0000:02:00.0')), [['work'], []], "libvirt's")
  t.same(said(piece('proxmox-vm', 'cores: 4\nhostpci0: 0000:02:00.0,pcie=1\n', { id: 'proxmox-vm/102' }), runs('/usr/bin/kvm -id 101 -name games -pidfile /var/run/qemu-server/101.pid -device vfio-pci,host=0000:02:00.0')), [['101'], []])
  t.same(said(games, runs('qemu-system-x86_64 -name guest=games -device vfio-pci,host=02:00.0')), [[], []], 'it is the VM itself that runs')
  t.same(said(games), [undefined, undefined], 'nobody knows what runs')
})

t.test('microcontrollers of Intel GPUs', async t => {
  const intel = piece('lspci', '00:02.0 VGA compatible controller [0300]: Intel Corporation Alder Lake-P GT2 [8086:46a6]\n\tKernel driver in use: i915\n')
  const guc = (at: string, ...more: string[]) => lines(...['GuC firmware: i915/adlp_guc_62.0.3.bin', 'GuC firmware wanted: i915/adlp_guc_70.bin', '\tstatus: RUNNING', '\tversion: wanted 70.1, found 62.0'].map(row => `${at}${row}`), ...more)
  const said = (text: string) => joined(intel, piece('gpu-debugfs', text)).host.intelMicrocontrollers?.value
  t.same(said(guc('/sys/kernel/debug/dri/0/gt0/uc/guc_info\t=', '/sys/kernel/debug/dri/0/gt0/uc/huc_info\t=HuC firmware: i915/tgl_huc.bin', '/sys/kernel/debug/dri/0/gt0/uc/huc_info\t=\tstatus: LOAD FAIL')), ['GuC RUNNING i915/adlp_guc_62.0.3.bin', 'HuC LOAD FAIL i915/tgl_huc.bin'])
  t.same(said(guc('')), ['GuC RUNNING i915/adlp_guc_62.0.3.bin'], 'pasted')
  t.same(said(lines('/sys/kernel/debug/dri/0/gt/uc/huc_info\t=HuC not supported')), undefined, 'says nothing of the GuC')
  t.equal(said('/sys/kernel/debug/dri/0\t/\n'), undefined)
  t.equal(joined(intel).host.intelMicrocontrollers, undefined, 'nobody looked')
  t.same(joined(machine).host.intelMicrocontrollers?.value, [], 'no driver of Intel is there')
})

t.test('what the person says stands above configuration', async t => {
  const ids = piece('modprobe-conf', 'options vfio-pci ids=10de:1eb8\n')
  const quiet = joined(machine)
  t.same([quiet.host.goal?.value, quiet.functions['0000:01:00.0']?.goal?.value, quiet.functions['0000:02:00.0']?.goal?.value, quiet.host.goalDevicesMissing?.value], [null, null, 'passthrough', []], 'vfio-pci has it: that is a sign')
  t.equal(joined(machine, ids).functions['0000:02:00.0']?.goal?.value, 'passthrough')
  const compute = joined(machine, ids, piece('intent', 'goal compute\n'))
  t.same([compute.functions['0000:02:00.0']?.wanted?.value, compute.functions['0000:02:00.0']?.goal?.value, compute.host.wantsPassthrough?.value], [false, 'compute', false])
  t.equal(compute.functions['0000:03:00.0']?.goal?.value, null, 'said of GPUs')
  const one = joined(machine, piece('intent', 'goal passthrough\ndevice 0000:01:00.0\ndevice 0000:09:00.0\n'))
  t.same([one.functions['0000:01:00.0']?.wanted?.value, one.functions['0000:01:00.1']?.wanted, one.host.wantsPassthrough?.value, one.host.goalDevicesMissing?.value], [true, undefined, true, ['0000:09:00.0']])
  const display = joined(machine, piece('intent', 'goal display\ndevice 0000:02:00.0\n'))
  t.same([display.functions['0000:02:00.0']?.wanted?.value, display.functions['0000:01:00.0']?.goal?.value], [false, null], 'of the others nothing was said')
  const passthrough = joined(machine, piece('intent', 'goal passthrough\n'))
  t.same([passthrough.functions['0000:01:00.0']?.wanted, passthrough.host.wantsPassthrough?.value], [undefined, true], 'of two cards nobody knows which')
  const desktop = joined(piece('gpu-sysfs', lines('/sys/class/drm/card0\t>../../devices/pci0000:00/0000:01:00.0/drm/card0', '/sys/class/drm/card0-DP-1/status\t=connected')), machine)
  t.equal(desktop.functions['0000:01:00.0']?.goal?.value, 'display')
})

t.test('Proxmox mappings', async t => {
  const mapping = (...maps: string[]) => piece('proxmox-mapping', lines('t4', ...maps.map(map => `\tmap ${map}`), '', 'other', '\tdescription spare', '\tmap id=10de:2204,node=far,path=0000:01:00'))
  const vm = piece('proxmox-vm', 'cores: 4\nmemory: 4096\nboot: order=scsi0\nhostpci0: mapping=t4,pcie=1\n', { id: 'proxmox-vm/101' })
  const map = 'id=10de:1eb8,iommugroup=2,node=pve,path=0000:02:00.0,subsystem-id=10de:12a2'
  const given = joined(machine, mapping(map), vm)
  t.same([given.assignments['101 0000:02:00.0']?.managed?.value, given.assignments['101 0000:02:00.0']?.written?.value, given.functions['0000:02:00.0']?.wantedBy?.value], [true, 'mapping=t4', ['101']])
  t.same([given.host.proxmoxMappingsUndefined?.value, given.host.proxmoxMappingsWrong?.value], [[], []], 'of other nodes nothing can be said')
  const moved = piece('proxmox-mapping', lines('t4', '\tmap id=10de:1eb8,node=pve,path=0000:05:00.0'))
  t.same([joined(machine, moved, vm).host.proxmoxMappingsWrong?.value, joined(machine, moved, vm).assignments], [['t4 0000:05:00.0 10de:1eb8'], {}])
  t.same(joined(machine, piece('proxmox-mapping', lines('a100', '\tmap id=10de:1eb8,node=pve,path=0000:02:00.0')), vm).host.proxmoxMappingsUndefined?.value, ['101 t4'])
  const two = joined(machine, mapping(map, 'id=10de:1b80,node=pve,path=0000:01:00.0'), vm)
  t.same([two.assignments, two.functions['0000:01:00.0']?.wanted?.value], [{}, true], 'either of two: meant for VMs, given to none by name')
  t.equal(joined(machine, piece('proxmox-mapping', 'no mapping at all: prose\n')).host.proxmoxMappings, undefined)
})

t.test('OpenStack', async t => {
  const conf = (...text: string[]) => joined(machine, piece('nova-conf', lines('[pci]', ...text)))
  const good = conf('device_spec = { "vendor_id": "10de", "product_id": "1b80" }', 'alias = { "vendor_id":"10de", "product_id":"1b80", "device_type":"type-PCI", "name":"gtx" }')
  t.same([good.host.novaDevices?.value, good.host.novaUnmatched?.value, good.host.novaAliasesUnmatched?.value, good.functions['0000:01:00.0']?.wanted?.value], [['10de:1b80 *'], [], [], true])
  const bad = conf('passthrough_whitelist = [{"vendor_id":"10de","product_id":"20b5"},{"address":"*:02:00.*"}]', 'device_spec = {"vendor_id": "10de", product_id: 1}')
  t.same([bad.host.novaUnmatched?.value, bad.host.novaBad?.value?.length, bad.functions['0000:02:00.0']?.wanted?.value], [['10de:20b5 *'], 1, true])
  t.same(conf('device_spec = {"vendor_id":"10de","product_id":"1eb8"}', 'alias = {"vendor_id":"10de","product_id":"20b5","name":"a100"}').host.novaAliasesUnmatched?.value, ['a100 10de:20b5'])
  t.equal(joined(machine, piece('nova-conf', 'nothing of the kind\n')).host.novaDevices, undefined)
})

const cluster = `apiVersion: v1
items:
- apiVersion: kubevirt.io/v1
  kind: KubeVirt
  metadata:
    name: kubevirt
  spec:
    configuration:
      permittedHostDevices:
        pciHostDevices:
        - externalResourceProvider: true
          pciVendorSelector: 10DE:1EB8
          resourceName: nvidia.com/TU104GL_Tesla_T4
- apiVersion: kubevirt.io/v1
  kind: VirtualMachine
  metadata:
    annotations:
      note: |
        kind: Pod
    name: trainer
  spec:
    template:
      spec:
        domain:
          devices:
            disks:
            - disk:
                bus: virtio
              name: root
            gpus:
            - deviceName: nvidia.com/TU104GL_Tesla_T4
              name: gpu1
            hostDevices:
            - deviceName: intel.com/qat  # not there
              name: qat
          memory:
            guest: 8Gi
- kind: Node
  metadata:
    name: worker-1
  status:
    allocatable:
      cpu: "16"
      devices.kubevirt.io/kvm: 1k
      nvidia.com/TU104GL_Tesla_T4: "1"
- kind: ClusterPolicy
  metadata: { name: x }
  status:
    conditions:
    - message: 'driver daemonset is not ready'
      type: Error
    state: notReady
kind: List
`

t.test('KubeVirt and the GPU Operator', async t => {
  const yaml = joined(machine, piece('kubernetes', cluster))
  t.same([yaml.host.kubePermitted?.value, yaml.host.kubeOffered?.value, yaml.host.kubeUnpermitted?.value, yaml.host.kubeUnoffered?.value, yaml.host.gpuOperatorState?.value, yaml.host.gpuOperatorWhy?.value],
    [['nvidia.com/TU104GL_Tesla_T4 10de:1eb8'], ['worker-1 nvidia.com/TU104GL_Tesla_T4 1'], ['trainer intel.com/qat'], ['trainer intel.com/qat'], 'notReady', 'driver daemonset is not ready'])
  t.same([yaml.vms['trainer']?.hypervisor?.value, yaml.vms['trainer']?.memoryMiB?.value, yaml.vms['trainer']?.wants?.value, yaml.assignments['trainer 0000:02:00.0']?.managed?.value], ['kubevirt', 8192, ['0000:02:00.0'], false])
  t.same(yaml.vms['trainer']?.kubeDevices?.at.map(({ where }) => where), [31, 34])
  const json = joined(piece('kubernetes', JSON.stringify({ apiVersion: 'kubevirt.io/v1', kind: 'VirtualMachineInstance', metadata: { name: 'vmi' }, spec: { domain: { devices: { gpus: [{ deviceName: 'nvidia.com/X1', name: 'g' }] } } }, status: { phase: 'Running' } }, null, 2)))
  t.same([json.vms['vmi']?.kubeDevices?.value, json.vms['vmi']?.kubeDevices?.at[0]?.where, json.vms['vmi']?.running?.value], [['nvidia.com/X1'], 12, true])
})

t.test('values of YAML, with any text', async t => {
  t.same([...yamlValues('a:\n- 1\n- b: 2\n  c: "x: y" # note\n  d:\n  - e\nf.g/h: 3\n---\nk: v\n')].map(({ path, value, line, document }) => [path.join('.'), value, line, document]),
    [['a.0', '1', 2, 0], ['a.1.b', '2', 3, 0], ['a.1.c', 'x: y', 4, 0], ['a.1.d.0', 'e', 6, 0], ['f.g/h', '3', 7, 0], ['k', 'v', 9, 1]])
  const word = fc.constantFrom('- ', '  ', 'a: ', 'kind: ', 'VirtualMachine', '\n', '"', '{', '}', '[', '|', ':', '---\n', 'metadata:', 'name: x', '__proto__: ')
  fc.assert(fc.property(fc.oneof(fc.string(), fc.array(word, { maxLength: 60 }).map(words => words.join(''))), text => {
    joined(piece('kubernetes', text))
    return [...yamlValues(text)].every(one => one.line >= 1 && one.path.length <= 60)
  }), { numRuns: 200 })
})

t.test('overrides by driverctl and udev', async t => {
  const boot = (...text: string[]) => joined(machine, piece('device-binding', lines(...text)))
  const files = boot('/etc/driverctl.d/pci-0000:01:00.0\t=vfio-pci', '/etc/udev/rules.d/70-vfio.rules\t=ACTION=="add", SUBSYSTEM=="pci", ATTR{vendor}=="0x10de", ATTR{device}=="0x10f0", ATTR{driver_override}="vfio-pci"', '/etc/udev/rules.d/70-vfio.rules\t=# KERNEL=="0000:03:00.0", ATTR{driver_override}="vfio-pci"')
  t.same(['0000:01:00.0', '0000:01:00.1', '0000:03:00.0'].map(bdf => [files.functions[bdf]?.overrideAtBoot?.value, files.functions[bdf]?.wanted?.value]), [['vfio-pci', true], ['vfio-pci', true], [null, undefined]])
  t.same(boot('0000:07:00.0 vfio-pci (GP104 [GeForce GTX 1080])', '0000:01:00.0 vfio-pci').host.overridesUnmatched?.value, ['0000:07:00.0 vfio-pci'])
  t.equal(boot('KERNEL=="0000:01:00.0", SUBSYSTEM=="pci", RUN+="/bin/sh -c \'echo vfio-pci > /sys/bus/pci/devices/0000:01:00.0/driver_override\'"').functions['0000:01:00.0']?.overrideAtBoot?.value, 'vfio-pci')
  t.equal(boot('nothing of the kind').host.overridesAtBoot, undefined)
})

t.test("AMD's tools", async t => {
  const smi = joined(piece('amd-smi', `WARNING: something first
[
    {
        "gpu": 0,
        "asic": {
            "market_name": "Radeon RX 7900 XTX",
            "target_graphics_version": "gfx1100"
        },
        "bus": { "bdf": "0000:03:00.0" },
        "vbios": { "name": "N/A", "part_number": "113-D7020100-102" },
        "driver": { "name": "amdgpu", "version": "6.10.5" },
        "vram": { "type": "GDDR6", "size": { "value": 24560, "unit": "MB" } }
    }
]
[
    {"tool": "AMDSMI Tool", "rocm_version": "6.4.2"}
]
{"card0": {"PCI Bus": "0000:03:00.0", "GFX Version": "gfx1100", "VRAM Total Memory (B)": "25753026560"}, "card1": {"PCI Bus": "0000:43:00.0", "GFX Version": "gfx90a"}, "system": {"Driver version": "6.10.5"}}
`))
  const fn = smi.functions['0000:03:00.0']
  t.same([fn?.gfxTarget?.value, fn?.vramMiB?.value, fn?.amdVbios?.value, smi.host.rocmVersion?.value, smi.host.amdDriverVersion?.value, smi.functions['0000:43:00.0']?.gfxTarget?.value], ['gfx1100', 24560, '113-D7020100-102', '6.4.2', '6.10.5', 'gfx90a'])
  t.equal(joined(piece('amd-smi', '{"gpu_data": [{"gpu": 0, "bus": {"bdf": "0000:65:00.0"}, "asic": {"target_graphics_version": "gfx1201:feature"}}]}')).functions['0000:65:00.0']?.gfxTarget?.value, 'gfx1201')
  t.same(joined(piece('amd-smi', 'ERROR:root:Driver not initialized (amdgpu not found in modules)\n{ "half": ')).functions, {})
})

t.test('modules on disk', async t => {
  const disk = lines('filename:       /lib/modules/6.8.0-45-generic/updates/dkms/nvidia.ko.zst', 'version:        550.120', 'license:        NVIDIA', 'vermagic:       6.8.0-45-generic SMP preempt mod_unload modversions ', 'signer:         box key',
    'filename:       /lib/modules/6.8.0-45-generic/extra/vendor-reset.ko', 'license:        GPL', 'vermagic:       6.8.0-31-generic SMP preempt ')
  const seen = joined(piece('modinfo', disk), piece('nvidia-proc', 'NVRM version: NVIDIA UNIX x86_64 Kernel Module  550.54.14  Thu Feb 22 01:44:30 UTC 2024\n'))
  t.same([seen.host.nvidiaDiskVersion?.value, seen.host.nvidiaDiskKind?.value, seen.host.modulesUnsigned?.value, seen.host.modulesBuiltFor?.value, seen.host.nvidiaModuleStale?.value], ['550.120', 'proprietary', ['vendor_reset'], ['nvidia 6.8.0-45-generic', 'vendor_reset 6.8.0-31-generic'], true])
  t.equal(joined(piece('modules', 'kvm 1400832 1 kvm_intel, Live 0x0000000000000000\n', taken)).host.nvidiaModuleStale?.value, false, 'no NVIDIA module is loaded at all')
  t.equal(joined(piece('modinfo', 'filename:       (builtin)\nlicense:        GPL v2\n')).host.modulesUnsigned, undefined)
})

t.test('containers', async t => {
  const files = piece('container-toolkit', lines('/etc/docker\t/', '/etc/docker/daemon.json\t={', '/etc/docker/daemon.json\t=    "runtimes": {', '/etc/docker/daemon.json\t=        "nvidia": {', '/etc/nvidia-container-runtime/config.toml\t=no-cgroups = true',
    '/var/run/cdi/nvidia.yaml\t=    - containerPath: /usr/lib/x86_64-linux-gnu/libcuda.so.550.54.15', '/var/run/cdi/nvidia.yaml\t=kind: nvidia.com/gpu', '/var/run/cdi/nvidia.yaml\t=  name: "0"', 'NVIDIA Container Toolkit CLI version 1.17.8'), taken)
  const seen = joined(files, piece('nvidia-proc', 'NVRM version: NVIDIA UNIX x86_64 Kernel Module  550.120  Fri Sep 13 10:10:01 UTC 2024\n'))
  t.same([seen.host.containerRuntimes?.value, seen.host.containerNoCgroups?.value, seen.host.cdiDriverVersion?.value, seen.host.cdiDevices?.value, seen.host.nvidiaToolkitVersion?.value, seen.host.cdiStale?.value], [['docker nvidia'], true, '550.54.15', ['nvidia.com/gpu=0'], '1.17.8', true])
  t.same(joined(piece('container-toolkit', 'Server:\n Runtimes: io.containerd.runc.v2 nvidia runc\n Default Runtime: runc\n')).host.containerRuntimes?.value, ['docker io.containerd.runc.v2', 'docker nvidia', 'docker runc'])
  t.same(joined({ ...piece('container-toolkit', ''), status: 'absent' }).host.containerRuntimes?.value, [], 'no engine at all')
})

t.test('the boot before', async t => {
  const log = (...end: string[]) => [...Array.from({ length: 30 }, (_, n) => `[ 51${n + 10}.000000] box kernel: usb 1-1: new device number ${n}`), ...end.map(text => `[ 5200.000000] box kernel: ${text}`)]
  const ended = (...end: string[]) => {
    const { host } = joined(piece('previous-boot', lines(...log(...end), '/sys/fs/pstore\t/'), taken))
    return [host.previousBootDied?.value, host.previousBootInOrder?.value, host.previousBootLast?.value, host.crashesSaved?.value]
  }
  t.same(ended('watchdog: BUG: soft lockup - CPU#5 stuck for 22s! [CPU 0/KVM:4711]', 'vfio-pci 0000:0a:00.0: not ready 1023ms after bus reset; waiting'),
    ['watchdog: BUG: soft lockup - CPU#5 stuck for 22s! [CPU 0/KVM:4711]', false, 'vfio-pci 0000:0a:00.0: not ready 1023ms after bus reset; waiting', []])
  t.same(ended('kvm: exiting hardware virtualization', 'reboot: Restarting system'), [null, true, 'reboot: Restarting system', []])
  const saved = joined(piece('previous-boot', lines('/var/lib/systemd/pstore\t/', '/var/lib/systemd/pstore/dmesg-efi-1\t@100644 0 0 1799 1741075200'), taken))
  t.same([saved.host.crashesSaved?.value, saved.host.previousBootLast], [['dmesg-efi-1'], undefined])
  t.equal(saved.host.kernel, undefined, 'the boot before says nothing of this one')
})

t.test('services, settings of libvirt, denials, interrupts', async t => {
  const services = joined(piece('services', 'Id=display-manager.service\nLoadState=loaded\nActiveState=active\nUnitFileState=enabled\n\nId=nvidia-fabricmanager.service\nLoadState=loaded\nActiveState=failed\nUnitFileState=enabled\n\nId=docker.service\nLoadState=not-found\nActiveState=inactive\nUnitFileState=\n'))
  t.same(services.host.services, { value: ['display-manager active enabled', 'nvidia-fabricmanager failed enabled', 'docker absent -'], at: [1, 6, 11].map(where => ({ evidence: 'services', where })) })

  const conf = joined(piece('qemu-conf', lines('/etc/libvirt\t/', '/etc/libvirt/qemu.conf\t=user = "root"', '/etc/libvirt/qemu.conf\t=cgroup_device_acl = [', '/etc/libvirt/qemu.conf\t=    "/dev/null", "/dev/kvm",', '/etc/libvirt/qemu.conf\t=    "/dev/kvmfr0"', '/etc/libvirt/qemu.conf\t=]', '/etc/libvirt/qemu.conf\t=# group = "x"', '/sys/fs/selinux/enforce\t=1', '/sys/module/apparmor/parameters/enabled\t=N'), taken)).host
  t.same([conf.qemuConf?.value, conf.cgroupDeviceAcl?.value, conf.selinuxEnforcing?.value, conf.apparmor?.value], [['user=root'], ['/dev/null', '/dev/kvm', '/dev/kvmfr0'], true, false])
  const refused = joined(piece('qemu-conf', lines('/etc/libvirt\t/', '/etc/libvirt/qemu.conf\t!denied'), taken)).host
  t.same([refused.qemuConf, refused.selinuxEnforcing], [undefined, undefined])

  const audit = joined(piece('audit-log', 'type=AVC msg=audit(1717171717.171:88): avc:  denied  { open } for  pid=3211 comm="qemu-kvm" path="/dev/vfio/12" dev="devtmpfs" tclass=chr_file permissive=0\n')).host
  t.same(audit.accessDenied?.value, ['qemu-kvm /dev/vfio/12'])
  t.equal(joined(piece('audit-log', 'type=USER_LOGIN msg=audit(1717171717.171:88): pid=1 uid=0\n')).host.accessDenied, undefined)

  const table = joined(machine, piece('interrupts', `            CPU0       CPU1
   1:          0          9  IR-IO-APIC    1-edge      i8042
  16:         12          0  IR-IO-APIC   16-fasteoi   vfio-intx(0000:01:00.0), snd_hda_intel:card0
 134:          0        210  IR-PCI-MSI-0000:02:00.0    0-edge      vfio-msi[0](0000:02:00.0)
 NMI:          1          2   Non-maskable interrupts
`))
  t.same([table.host.sharedInterrupts?.value, table.functions['0000:01:00.0']?.vfioInterrupt?.value, table.functions['0000:02:00.0']?.vfioInterrupt?.value, table.functions['0000:01:00.1']?.vfioInterrupt?.value], [['16 vfio-intx(0000:01:00.0) snd_hda_intel:card0'], 'line', 'message', null])
})

t.test("what NVIDIA's driver says, as text, as XML and from a file without its path", async t => {
  const text = `GPU 00000000:02:00.0
    VBIOS Version                         : 90.04.38.00.03
    Fan Speed                             : ERR!
`
  const xml = `<?xml version="1.0" ?>
<nvidia_smi_log>
\t<driver_version>550.120</driver_version>
\t<gpu id="00000000:02:00.0">
\t\t<fan_speed>ERR!</fan_speed>
\t\t<vbios_version>90.04.38.00.03</vbios_version>
\t\t<ecc_mode>
\t\t\t<current_ecc>Enabled</current_ecc>
\t\t\t<pending_ecc>Disabled</pending_ecc>
\t\t</ecc_mode>
\t</gpu>
</nvidia_smi_log>
`
  const both = joined(machine, piece('nvidia-smi', text + xml))
  const fn = both.functions['0000:02:00.0']
  t.same([both.host.nvidiaDriverVersion?.value, both.host.nvidiaGpus?.value, fn?.nvidiaVbios?.value, fn?.nvidiaErrors?.value, fn?.nvidiaStates?.value], ['550.120', ['0000:02:00.0'], '90.04.38.00.03', ['Fan Speed'], ['ECC Mode/Current=Enabled', 'ECC Mode/Pending=Disabled']])
  const file = joined(machine, piece('nvidia-proc', 'Model: \t\t Tesla T4\nVideo BIOS: \t 90.04.38.00.03\nBus Location: \t 0000:02:00.0\nDevice Minor: \t 1\n'))
  t.same([file.functions['0000:02:00.0']?.nvidiaVbios?.value, file.functions['0000:02:00.0']?.nodes?.value, file.host.nvidiaGpus?.value], ['90.04.38.00.03', ['/dev/nvidia1'], ['0000:02:00.0']])
})

t.test("libvirt's list of PCI functions", async t => {
  const device = (slot: string, driver: string) => `<device>
  <name>pci_0000_${slot}</name>
  <path>/sys/devices/pci0000:00/0000:00:01.0/0000:01:00.0</path>
  <parent>pci_0000_00_01_0</parent>
${driver}  <capability type='pci'>
    <class>0x030000</class>
    <domain>0</domain>
    <product id='0x1b80'>GP104 [GeForce GTX 1080]</product>
    <vendor id='0x10de'>NVIDIA Corporation</vendor>
    <iommuGroup number='14'>
      <address domain='0x0000' bus='0x01' slot='0x00' function='0x0'/>
    </iommuGroup>
    <numa node='1'/>
  </capability>
</device>
`
  const { functions } = joined(piece('libvirt-nodedev', device('01_00_0', '  <driver>\n    <name>vfio-pci</name>\n  </driver>\n') + device('02_00_0', '')))
  const fn = functions['0000:01:00.0']
  t.same([fn?.driver?.value, fn?.id?.value, fn?.class?.value, fn?.name?.value, fn?.groupId?.value, fn?.numaNode?.value, functions['0000:02:00.0']?.driver?.value], ['vfio-pci', '10de:1b80', '030000', 'NVIDIA Corporation GP104 [GeForce GTX 1080]', '14', 1, null])
  t.same(Object.keys(joined(piece('libvirt-nodedev', '<device>\n<name>net_eth0</name>\n</device>\n')).functions), [])
})

t.test('any text whatever', async t => {
  for (const kind of ['device-holders', 'device-binding', 'proxmox-mapping', 'nova-conf', 'intent', 'kubernetes', 'amd-smi', 'modinfo', 'container-toolkit', 'previous-boot', 'services', 'qemu-conf', 'audit-log', 'interrupts', 'nvidia-proc', 'nvidia-smi', 'libvirt-nodedev'] as const) {
    fc.assert(fc.property(fc.array(fc.oneof(fc.string(), fc.constantFrom('/dev/dri/card0:', '\t', '=', '>', ' map ', 'path=0000:01:00.0', '[pci]\nalias = {', 'device 00:00.0', '[{"bus":{"bdf":"0000:01:00.0"},', '"card0":', '}', ']', 'filename: /x/nvidia.ko\nlicense: ', 'kind: nvidia.com/gpu\nname: ', 'Id=x\nLoadState=loaded\n', 'cgroup_device_acl = [', '"/dev/x"', ' 16: 1 2 IO-APIC 16-fasteoi vfio-intx(0000:01:00.0), ', 'Model: ', '<device>', '<name>pci_0000_01_00_0</name>', '<driver>', "<product id='0x1b80'>", "<iommuGroup number='99999999999'>", 'Bus Location: 0000:01:00.0', '<gpu id="00000000:01:00.0">', '/proc/1/fd/2', '\n', '__proto__')), { maxLength: 30 }), parts => {
      joined(machine, piece(kind, parts.join('')))
      return true
    }), { numRuns: 100 })
    t.pass(`${kind} takes it`)
  }
})
