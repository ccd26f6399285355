import { bundle } from './bundle.ts'
import { noted } from '../../language/say.ts'

export default bundle({
  name: 'GPU Operator must-gather', about: noted('a must-gather of the NVIDIA GPU Operator'), mark: /^(?:must-gather\.log$|gpu_(?:operand|operator)|cluster\/gpu_nodes)|(?:^|\/)nvidia-bug-report_[^/]+\.log\.gz$/, marked: '`must-gather.log`, `gpu_operand…` or `nvidia-bug-report_NODE.log.gz`',
  members: [
    { at: /(?:^|\/)(?<name>nvidia-bug-report_[^/]+)\.log(?:\.gz)?$/, kind: 'by content' },
    { at: /(?:^|\/)nvidia-smi[^/]*\.(?:log|txt)$/, kind: 'nvidia-smi' },
    { at: /(?:^|\/)(?:lspci|dmesg|kernel|journal)[^/]*\.(?:log|txt)$/, kind: 'by content' },
    { at: /(?:^|\/)[^/]*driver-daemonset[^/]*\.log$/, kind: 'by content', partial: true },
  ],
  source: 'NVIDIA/gpu-operator, hack/must-gather.sh',
})
