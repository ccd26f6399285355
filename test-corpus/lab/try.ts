import { image } from './image.ts'
import { startBox } from './box.ts'
import { mkdtempSync } from 'node:fs'
import { run } from './tools.ts'
import { packCargo, takeTool } from './cargo.ts'
const t0 = Date.now()
const say = (line: string) => console.log(((Date.now() - t0) / 1000).toFixed(1), line)
const made = await image(say)
const folder = mkdtempSync('/tmp/gpudoctor-lab-')
await run('qemu-img', ['create', '-q', '-f', 'qcow2', '-b', made.disk, '-F', 'qcow2', folder + '/disk.qcow2'], 20)
const cargo = await packCargo(await takeTool(folder + '/tool'), 'echo aty128fb > /etc/modules-load.d/gpu.conf', folder + '/cargo.tar')
const box = await startBox({ machine: { iommu: process.env.IOMMU as 'intel' ?? 'intel' }, disk: folder + '/disk.qcow2', boot: made.boot, folder, cargo })
say('up ' + folder)
for (const cmd of process.argv.slice(2)) {
  const r = await box.attempt(cmd, 200)
  say(cmd + ' -> ' + r.status + '\n' + r.output)
}
await box.powerOff()
say('off')
process.exit(0)
