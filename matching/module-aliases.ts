/**
 * modules.alias of the kernel ↔ the PCI functions of a host, as modprobe matches them: each module lists the devices it is for
 * (file2alias.c of Linux, do_pci_entry).
 *
 *     alias pci:v000010DEd*sv*sd*bc03sc*i* nouveau
 */
const aliasLine = /^alias pci:v(\*|[0-9A-F]{8})d(\*|[0-9A-F]{8})sv(\*|[0-9A-F]{8})sd(\*|[0-9A-F]{8})bc(\*|[0-9A-F]{2})sc(\*|[0-9A-F]{2})i(\*|[0-9A-F]{2})\*? ([\w-]{1,64})$/
const ownFile = /^\/sys\/bus\/pci\/devices\/([0-9a-f]{4,8}:[0-9a-f]{2}:[0-9a-f]{2}\.[0-7])\/(vendor|device|subsystem_vendor|subsystem_device|class)\t=0x([0-9a-f]{4,6})$/
/** Displays, accelerators, audio, USB, network cards and NVMe: what is passed through. */
const classesThatMatter = /^(?:03|12|040[13]|0c03|02|0108)/

/** The fields of an alias in their order: vendor, device, subsystem vendor and device, the three bytes of the class. */
type Fields = readonly string[]

function functionsOf(pieces: readonly string[]): Map<string, Fields> {
  const files = new Map<string, Map<string, string>>()
  for (const line of pieces.flatMap(piece => (piece.includes('/sys/bus/pci/devices/') ? piece.split('\n') : []))) {
    const [, bdf, name = '', digits = ''] = (line.length < 160 ? ownFile.exec(line) : null) ?? []
    if (bdf !== undefined) (files.get(bdf) ?? files.set(bdf, new Map()).get(bdf))?.set(name, digits.toUpperCase())
  }
  const functions = new Map<string, Fields>()
  for (const [bdf, own] of files) {
    const code = own.get('class') ?? ''
    const ids = ['vendor', 'device', 'subsystem_vendor', 'subsystem_device'].map(name => (own.get(name) ?? '').padStart(8, '0'))
    if (classesThatMatter.test(code.toLowerCase()) && own.has('vendor') && own.has('device')) functions.set(bdf, [...ids, code.slice(0, 2), code.slice(2, 4), code.slice(4, 6)])
  }
  return functions
}

/** `0000:01:00.0 nouveau nvidiafb` for each function that matters, `0000:01:00.0` alone where no module is for it. `taken`: texts that show the functions in sysfs. */
export function modulesByFunction(text: string, taken: readonly string[]): string {
  const functions = functionsOf(taken)
  const modules = new Map([...functions.keys()].map(bdf => [bdf, new Set<string>()]))
  const vendors = new Set([...functions.values()].map(([vendor]) => vendor))
  for (const line of text.split('\n')) {
    const parts = line.length < 200 ? aliasLine.exec(line)?.slice(1) : undefined
    if (!parts || (parts[0] !== '*' && !vendors.has(parts[0]))) continue
    for (const [bdf, fields] of functions) if (fields.every((field, at) => parts[at] === '*' || parts[at] === field)) modules.get(bdf)?.add((parts[7] ?? '').replaceAll('-', '_'))
  }
  return [...modules].map(([bdf, names]) => `${[bdf, ...names].join(' ')}\n`).join('')
}
