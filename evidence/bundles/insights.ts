import { bundle, hostFiles } from './bundle.ts'
import { noted } from '../../language/say.ts'

/** Logs in it are filtered by keywords: what is not there proves nothing. Listings are whole. */
export default bundle({
  name: 'Red Hat Insights', about: noted('a Red Hat Insights archive'), mark: /^(?:data\/)?insights_(?:commands\/|archive\.txt$)/, marked: 'a folder `insights_commands` or a file `insights_archive.txt`',
  members: [
    { at: /^(?:data\/)?insights_commands\/lspci_-k$/, kind: 'lspci', best: 'lspci' },
    { at: /^(?:data\/)?insights_commands\/lspci_-vmmkn$/, kind: 'lspci', best: 'lspci' },
    { at: /^(?:data\/)?insights_commands\/dmesg$/, kind: 'kernel-log', best: 'kernel-log', partial: true },
    { at: /^(?:data\/)?insights_commands\/lsmod$/, kind: 'modules', best: 'modules' },
    { at: /^(?:data\/)?insights_commands\/uname_-a$/, kind: 'kernel-version', best: 'kernel-version' },
    { at: /^(?:data\/)?insights_commands\/nvidia-smi[^/]*$/, kind: 'nvidia-smi', best: 'nvidia-smi' },
    ...hostFiles.map(rule => ({ ...rule, at: new RegExp(rule.at.source.replaceAll('^', '^(?:data/)?')), ...(['kernel-log', 'qemu-log', 'libvirt-log'].includes(rule.kind) ? { partial: true as const } : {}) })),
  ],
  source: 'RedHatInsights/insights-core, insights/specs and insights/client/archive.py',
})
