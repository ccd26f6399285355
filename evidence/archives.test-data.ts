/** Writers of archives for tests, which also make what honest tools do not: names that climb, links, encrypted members. */
import { execFileSync } from 'node:child_process'
import { crc32, deflateRawSync } from 'node:zlib'
import { Header } from 'tar'

export interface Packed {
  readonly path: string
  readonly text?: string | Buffer
  readonly type?: 'File' | 'SymbolicLink' | 'Link' | 'CharacterDevice' | 'Directory'
  readonly linkpath?: string
  /** What the header says, where the bytes follow by other ways. */
  readonly size?: number
  /** Marks a member of a zip archive as encrypted. */
  readonly encrypted?: true
}

const bytesOf = ({ text = '' }: Packed): Buffer => (typeof text === 'string' ? Buffer.from(text) : text)

/** A tar archive; the size of anything but a file is 0. */
export function tarOf(members: readonly Packed[]): Buffer {
  const blocks = members.flatMap(member => {
    const bytes = member.type === undefined || member.type === 'File' ? bytesOf(member) : Buffer.alloc(0)
    const block = Buffer.alloc(512)
    new Header({ path: member.path, mode: 0o644, size: member.size ?? bytes.length, type: member.type ?? 'File', linkpath: member.linkpath ?? '', mtime: new Date(0) }).encode(block, 0)
    return [block, bytes, Buffer.alloc((512 - (bytes.length % 512)) % 512)]
  })
  return Buffer.concat([...blocks, Buffer.alloc(1024)])
}

/** A zip archive with deflated members (APPNOTE.TXT 4.3). */
export function zipOf(members: readonly Packed[]): Buffer {
  const parts: Buffer[] = []
  const directory: Buffer[] = []
  let at = 0
  for (const member of members) {
    const [bytes, name] = [bytesOf(member), Buffer.from(member.path)]
    const packed = deflateRawSync(bytes)
    const common = Buffer.alloc(26)
    common.writeUInt16LE(20, 0)
    common.writeUInt16LE(0x800 | (member.encrypted ? 1 : 0), 2)
    common.writeUInt16LE(8, 4)
    common.writeUInt32LE(crc32(bytes), 10)
    common.writeUInt32LE(packed.length, 14)
    common.writeUInt32LE(bytes.length, 18)
    common.writeUInt16LE(name.length, 22)
    const local = Buffer.concat([Buffer.from('PK\x03\x04', 'latin1'), common, name, packed])
    const tail = Buffer.alloc(14)
    tail.writeUInt32LE(at, 10)
    directory.push(Buffer.concat([Buffer.from('PK\x01\x02\x14\x00', 'latin1'), common, tail, name]))
    parts.push(local)
    at += local.length
  }
  const central = Buffer.concat(directory)
  const end = Buffer.alloc(22)
  end.write('PK\x05\x06', 'latin1')
  end.writeUInt16LE(members.length, 8)
  end.writeUInt16LE(members.length, 10)
  end.writeUInt32LE(central.length, 12)
  end.writeUInt32LE(at, 16)
  return Buffer.concat([...parts, central, end])
}

/** What a program of the system makes of bytes; null where it is not installed. */
export function packedBy(program: 'xz' | 'zstd', bytes: Buffer): Buffer | null {
  try {
    return execFileSync(program, ['-c', '-q'], { input: bytes, maxBuffer: 1 << 28, stdio: ['pipe', 'pipe', 'ignore'] })
  } catch {
    return null
  }
}
