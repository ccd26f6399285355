import { bundle } from './bundle.ts'
import { noted } from '../../language/say.ts'

/** Members have names that whoever wrote the specification chose, so that content decides. */
export default bundle({
  name: 'Troubleshoot', about: noted('a Troubleshoot support bundle (Kubernetes)'), mark: /^host-collectors\//, marked: 'a folder `host-collectors`',
  members: [
    { at: /^host-collectors\/(?:[^/]+\/)?run-host\/[^/]+\.txt$/, kind: 'by content' },
    { at: /^host-collectors\/(?:[^/]+\/)?journald\/[^/]+\.txt$/, kind: 'by content', partial: true },
    { at: /^host-collectors\/(?:[^/]+\/)?copy\/.+$/, kind: 'by content' },
  ],
  source: 'replicatedhq/troubleshoot, pkg/collect/host_run.go and pkg/supportbundle/collect.go',
})
