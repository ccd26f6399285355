/**
 * fast-check with the same seed in every run of the tests, so that what fails fails for everybody. `npm run fuzz` looks
 * further: it runs the same properties again and again with other seeds.
 */
import fc from 'fast-check'

fc.configureGlobal({ seed: Number(process.env['GPUDOCTOR_SEED'] ?? 20_261_121) })

export default fc
