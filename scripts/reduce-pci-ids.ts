/**
 * Makes data/pci.ids, the names that go with the package, from a full pci.ids (Debian's package `pci.ids`):
 * all vendors and classes, and the devices of vendors whose functions are passed through or stand beside those.
 *
 *   node build/scripts/reduce-pci-ids.js /usr/share/misc/pci.ids > data/pci.ids
 */
import { readFileSync } from 'node:fs'

/** NVIDIA, AMD/ATI, AMD, Intel, Matrox, ASPEED, Broadcom/LSI, Mellanox, Samsung, Realtek, ASMedia, VMware, QEMU, Red Hat. */
const vendors = new Set(['10de', '1002', '1022', '8086', '102b', '1a03', '1000', '14e4', '15b3', '144d', '10ec', '1b21', '1b73', '1912', '15ad', '1234', '1af4', '1b36'])

const [file] = process.argv.slice(2)
if (file === undefined) throw new Error('usage: reduce-pci-ids PCI.IDS')
let keep = true
let header = true
const lines = readFileSync(file, 'utf8').split('\n').filter(line => {
  if (header && line.startsWith('#')) return true
  header = header && line === ''
  if (line === '' || line.startsWith('#') || line.startsWith('\t\t')) return false
  if (line.startsWith('\t')) return keep
  keep = line.startsWith('C ') || vendors.has(line.slice(0, 4))
  return true
})
// Programming interfaces stand below classes with two tabs and go with the rest of that depth.
process.stdout.write(`${lines.join('\n')}\n`)
