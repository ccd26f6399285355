import { collector } from '../collector.ts'

/** The whole environment: redaction takes pass phrases out before anything is kept. */
export default collector({
  gives: 'kenv',
  platform: 'freebsd',
  first: [{ run: ['kenv'] }],
  limit: 1 << 20,
  loses: 'Whether the settings in loader.conf are in force: it may have been changed since the boot, or another system was booted.',
})
