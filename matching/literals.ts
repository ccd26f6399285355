/**
 * Finds many literals in one text at once, letter case ignored (ASCII): Wu and Manber's algorithm ("A fast algorithm
 * for multi-pattern searching", 1994) with blocks of three bytes. Its cost hardly grows with the number of literals,
 * which is why rules over logs must name a literal: a thousand rules read the log once.
 */

const block = 3
const tableBits = 17

/**
 * A byte a character, letters made small: offsets stay those of the text. A character cut to its low byte can only add a
 * candidate. Lower case of a few scripts is longer than the text; then only ASCII is folded.
 */
function folded(text: string): Uint8Array {
  const lower = text.toLowerCase()
  return Buffer.from(lower.length === text.length ? lower : text.replace(/[A-Z]+/g, letters => letters.toLowerCase()), 'latin1')
}

/** The shortest literal the search takes; the window is as long as the shortest, and strides are shorter than the window. */
export const shortestLiteral = 8

export class LiteralSearch {
  readonly #literals: Uint8Array[]
  readonly #window: number
  /** For a block's hash: how far the window may move. 0: a literal's window may end here. */
  readonly #shift = new Uint8Array(1 << tableBits)
  /** For a block's hash: one of the literals whose window ends with it, and for each literal the next of those; -1 ends. */
  readonly #ending = new Int32Array(1 << tableBits).fill(-1)
  readonly #next: Int32Array
  /** Where in each literal its window lies. */
  readonly #windowAt: number[]

  /** Throws RangeError where a literal is shorter than `shortestLiteral` characters. */
  constructor(literals: readonly string[]) {
    const short = literals.find(literal => literal.length < shortestLiteral)
    if (short !== undefined) throw new RangeError(`the literal "${short}" is shorter than ${shortestLiteral} characters`)
    this.#literals = literals.map(folded)
    this.#window = this.#literals.reduce((least, literal) => Math.min(least, literal.length), 12)
    this.#shift.fill(this.#window - block + 1)
    this.#next = new Int32Array(literals.length)
    this.#windowAt = this.#literals.map(literal => rarestWindow(literal, this.#window))
    this.#literals.forEach((literal, index) => {
      const start = this.#windowAt[index] as number
      for (let end = block; end <= this.#window; end++) {
        const at = start + end
        const hash = hashBefore(literal, at)
        const move = this.#window - end
        if (move < (this.#shift[hash] as number)) this.#shift[hash] = move
        if (move > 0) continue
        this.#next[index] = this.#ending[hash] as number
        this.#ending[hash] = index
      }
    })
  }

  /** Calls `found` with the literal's index and its offset in the text; for one literal in order of the offsets. */
  scan(text: string, found: (literal: number, offset: number) => void): void {
    if (this.#literals.length === 0) return
    const bytes = folded(text)
    const shift = this.#shift
    const length = bytes.length
    let at = this.#window - 1
    while (at < length) {
      const hash = hashOf(bytes[at - 2] as number, bytes[at - 1] as number, bytes[at] as number)
      const move = shift[hash] as number
      if (move > 0) {
        at += move
        continue
      }
      for (let index = this.#ending[hash] as number; index >= 0; index = this.#next[index] as number) {
        const start = at + 1 - this.#window - (this.#windowAt[index] as number)
        if (start >= 0 && standsAt(this.#literals[index] as Uint8Array, bytes, start)) found(index, start)
      }
      at++
    }
  }
}

function standsAt(literal: Uint8Array, bytes: Uint8Array, start: number): boolean {
  if (start + literal.length > bytes.length) return false
  for (let i = 0; i < literal.length; i++) if (bytes[start + i] !== literal[i]) return false
  return true
}

const hashOf = (a: number, b: number, c: number): number => ((a << 10) ^ (b << 5) ^ c) & ((1 << tableBits) - 1)

/**
 * What logs are full of, in lower case. A literal's window is laid where its blocks stand least often in this, so that
 * `vfio-pci 0000:` and `failed to` stop the search as seldom as can be.
 */
const usual = `usb 1-4: new high-speed device number 3 using xhci_hcd, product: manufacturer: serialnumber: input: as /devices/pci0000:00/
pci 0000:00:1f.3: [8086:a348] type 00 class 0x040300 pcieport bridge window [mem 0xe0000000-0xefffffff 64bit pref] adding to iommu group 14
vfio-pci 0000:01:00.0: enabling device (0000 -> 0003) reset done resetting nvidia nvrm: amdgpu [drm] i915 snd_hda_intel
systemd[1]: started reached target mounted starting service. ext4-fs (dm-0): mounted filesystem with ordered data mode
eth0: nic link is up gbps full duplex br0: port 2(vnet0) entered forwarding state blocking promiscuous mode audit: type=1400 apparmor
kernel: kvm: vcpu0 ignored wrmsr rdmsr data 0x0 acpi: error: failed to register unable cannot could not invalid not found support
qemu-system-x86_64: -device driver host=0000:01:00.0,id=hostdev0,bus=pci.4,addr=0x0: memory region size version configuration initialized
networkmanager: device state change dhcp interface activation wpa_supplicant dbus-daemon: successfully activated service via systemd
session opened for user root by uid threads of processes operation permitted requested reserved window disabled assigned using detected
changed completed finished loading firmware revision table entries usable bios method interrupt scan controller sound event button power
kernel command line cpu topology clocksource setup information protocol security policy condition source module parameter supports read-only`

/** Whether a literal stands in lines that every log is full of: each would have to be looked at. */
export const isUsual = (literal: string): boolean => usual.includes(literal.toLowerCase())

/** How often each block stands in the usual text, by its hash; made when the first search is. */
let frequencies: Uint8Array | undefined
function frequenciesOfUsual(): Uint8Array {
  if (frequencies) return frequencies
  frequencies = new Uint8Array(1 << tableBits)
  const bytes = Buffer.from(usual, 'latin1')
  for (let at = block; at <= bytes.length; at++) {
    const hash = hashBefore(bytes, at)
    frequencies[hash] = (frequencies[hash] as number) + 1
  }
  return frequencies
}

/** The hash of the block that ends before `at`. */
const hashBefore = (bytes: Uint8Array, at: number): number => hashOf(bytes[at - 3] as number, bytes[at - 2] as number, bytes[at - 1] as number)

/** The start of the window whose blocks are rarest; its last block counts most, as the search stops at every one of those. Linear: each block is looked up once on its way in and once on its way out. */
function rarestWindow(literal: Uint8Array, width: number): number {
  const frequency = frequenciesOfUsual()
  const at = (end: number): number => frequency[hashBefore(literal, end)] as number
  let sum = 0
  for (let end = block; end < width; end++) sum += at(end)
  let best = 0
  let bestCost = Infinity
  for (let start = 0; start + width <= literal.length; start++) {
    const last = at(start + width)
    sum += last
    const cost = sum + 3 * last
    if (cost < bestCost) [best, bestCost] = [start, cost]
    sum -= at(start + block)
  }
  return best
}
