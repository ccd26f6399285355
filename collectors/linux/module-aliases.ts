import { modulesByFunction } from '../../matching/module-aliases.ts'
import { collector } from '../collector.ts'

/** Which modules of the running kernel say that they drive the GPUs and their like. Of the list, which is of megabytes, only the answer is kept. */
export default collector({
  gives: 'module-aliases',
  platform: 'linux',
  first: [{ run: ['grep', '^alias pci:', '/lib/modules/{release}/modules.alias'] }],
  timeout: 5,
  limit: 8 * 1024 * 1024,
  reduce: modulesByFunction,
  loses: 'Which modules of this kernel could drive a GPU that nothing drives.',
})
