import { bundle } from './bundle.ts'
import { noted } from '../../language/say.ts'

export default bundle({
  name: 'hw-probe', about: noted('an hw-probe archive (linux-hardware.org, bsd-hardware.info)'), mark: /^logs\/(?:dmesg|lspci|lspci_all|pciconf)$/, marked: 'members `logs/dmesg`, `logs/lspci` or `logs/pciconf`',
  members: [
    { at: /^logs\/lspci_all$/, kind: 'lspci', best: 'lspci' },
    { at: /^logs\/lspci$/, kind: 'lspci', best: 'lspci' },
    { at: /^logs\/pciconf$/, kind: 'pciconf' },
    // The ring may have been rebuilt from other files, and without root it is a few lines.
    { at: /^logs\/dmesg$/, kind: 'kernel-log', partial: true },
    { at: /^logs\/lsmod$/, kind: 'modules' },
    { at: /^logs\/(?:cpuinfo|lscpu)$/, kind: 'cpuinfo', best: 'cpuinfo' },
    { at: /^logs\/(?:grub|grub\.cfg)$/, kind: 'boot-config', tree: true },
    { at: /^logs\/modprobe\.d$/, kind: 'modprobe-conf' },
    { at: /^logs\/nvidia-smi$/, kind: 'nvidia-smi' },
    { at: /^logs\/acpidump$/, kind: 'acpidump', best: 'acpidump' },
    { at: /^logs\/acpidump_decoded$/, kind: 'acpidump', best: 'acpidump' },
    { at: /^logs\/uname$/, kind: 'kernel-version' },
    { at: /^logs\/(?:kldstat_v|kldstat)$/, kind: 'kldstat', best: 'kldstat' },
    { at: /^logs\/sysctl$/, kind: 'sysctl' },
    { at: /^logs\/loader\.conf$/, kind: 'loader-conf', tree: true },
    { at: /^logs\/rc\.conf$/, kind: 'rc-conf', tree: true },
  ],
  source: 'linuxhw/hw-probe, hw-probe.pl',
  read: 'a probe of version 1.6 (kingfs/w510, hw.info)',
})
