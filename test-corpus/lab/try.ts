import { image } from './image.ts'
import { startBox } from './box.ts'
import { mkdtempSync } from 'node:fs'
import { run } from './tools.ts'
const t0 = Date.now()
const say = (line: string) => console.log(((Date.now() - t0) / 1000).toFixed(1), line)
const made = await image(say)
say('image ' + made.disk)
const folder = mkdtempSync('/tmp/gpudoctor-lab-')
await run('qemu-img', ['create', '-q', '-f', 'qcow2', '-b', made.disk, '-F', 'qcow2', folder + '/disk.qcow2'], 20)
const box = await startBox({ machine: { iommu: 'intel' }, disk: folder + '/disk.qcow2', boot: made.boot, folder })
say('up ' + folder)
for (const cmd of process.argv.slice(2)) {
  const r = await box.attempt(cmd, 200)
  say(cmd + ' -> ' + r.status + '\n' + r.output)
}
await box.powerOff()
say('off')
process.exit(0)
