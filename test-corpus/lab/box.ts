/**
 * One running box: QEMU with the machine, its disk and three channels: the console (a log file), the second serial
 * port (which job to run, how it ended) and a shared folder (scripts in, output and files out). Every wait has an end.
 */
import { spawn, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { connect, type Socket } from 'node:net'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { setTimeout as sleep } from 'node:timers/promises'
import type { BootEntry } from './boot-entry.ts'
import { machineOptions, type Machine } from './machine.ts'

export interface BoxOptions {
  readonly machine: Machine
  /** A qcow2 file, which the box writes to. */
  readonly disk: string
  /** A tar file that the box unpacks into its root at its first start. */
  readonly cargo?: string
  readonly boot: BootEntry
  /** For sockets and logs; short, as the path of a socket has at most 107 bytes. */
  readonly folder: string
  readonly log?: (line: string) => void
}

export interface Box {
  /** The folder both sides see; /run/lab in the box. */
  readonly share: string
  /** Runs a script with bash and gives what it printed; throws where it fails or takes longer. */
  run(script: string, seconds: number): Promise<string>
  /** The same, with its exit status instead of an error. */
  attempt(script: string, seconds: number): Promise<{ status: number; output: string }>
  /** A command for QEMU's monitor, as `pcie_aer_inject_error rp1 DLP`; gives its answer. */
  monitor(command: string): Promise<string>
  /** Ends the box with its file systems in order. */
  powerOff(): Promise<void>
  /** Ends the box at once; harmless when it has ended. */
  stop(): Promise<void>
}

const bootSeconds = 150
const running = new Set<ChildProcess>()
process.on('exit', () => running.forEach(child => child.kill('SIGKILL')))

/** Starts QEMU and waits until the box answers. On a machine with much else to do it may be late, so there is a second try. */
export const startBox = (options: BoxOptions): Promise<Box> => tryBox(options).catch((error: unknown) => {
  if (!(error instanceof Hung)) throw error
  options.log?.(`    ${error.message}; once more`)
  return tryBox(options)
})

/** It did not come up in time. */
class Hung extends Error {}

async function tryBox(options: BoxOptions): Promise<Box> {
  const { folder } = options
  const share = join(folder, 'share')
  mkdirSync(share, { recursive: true })
  for (const name of ['jobs', 'qmp']) rmSync(join(folder, name), { force: true })
  const said: string[] = []
  const started = Date.now()
  // setpriv: the box goes when the lab goes, even where that is killed.
  const child = spawn('setpriv', ['--pdeathsig', 'KILL', '--', 'qemu-system-x86_64', ...qemuOptions(options, share)], { stdio: ['ignore', 'ignore', 'pipe'] })
  running.add(child)
  const ended = once(child, 'exit').then(() => running.delete(child))
  child.stderr.setEncoding('utf8').on('data', (text: string) => said.push(text))
  const gone = (): string | null => (child.exitCode !== null || child.signalCode !== null ? `the box has ended: ${said.join('').trim() || lastOf(join(folder, 'console.log'))}` : null)

  const stop = async (): Promise<void> => {
    child.kill('SIGKILL')
    await ended
  }
  try {
    const jobs = await lines(join(folder, 'jobs'), gone)
    const qmp = await lines(join(folder, 'qmp'), gone)
    qmp.send('{"execute":"qmp_capabilities"}')
    await jobs.next(line => (line.endsWith('ready') ? line : null), bootSeconds, '', gone)
      .catch((error: Error) => { throw error.message === '' ? new Hung(`the box did not come up in ${bootSeconds} s: ${lastOf(join(folder, 'console.log'))}`) : error })
    options.log?.(`    ${((Date.now() - started) / 1000).toFixed(1).padStart(5)} s  boot`)
    let count = 0

    const attempt: Box['attempt'] = async (script, seconds) => {
      const asked = Date.now()
      const job = `job${process.hrtime.bigint()}-${++count}`
      writeFileSync(join(share, `${job}.sh`), `export LC_ALL=C.UTF-8 PATH=/lab/bin:$PATH\n${script}\n`)
      jobs.send(`${job} ${seconds}`)
      const line = await jobs.next(text => (text.includes(`done ${job} `) ? text : null), seconds + 30, `no answer within ${seconds} s to: ${script.slice(0, 200)}`, gone)
      const output = readFileSync(join(share, `${job}.out`), 'utf8')
      options.log?.(`    ${((Date.now() - asked) / 1000).toFixed(1).padStart(5)} s  ${script.replace(/^set -e\n/, '').split('\n').join(' ⏎ ').slice(0, 120)}`)
      for (const end of ['sh', 'out']) rmSync(join(share, `${job}.${end}`), { force: true })
      return { status: Number(line.trim().split(' ').at(-1)), output }
    }
    return {
      share, stop, attempt,
      run: async (script, seconds) => {
        const { status, output } = await attempt(script, seconds)
        if (status !== 0) throw new Error(`${status === 124 ? `not done within ${seconds} s` : `exit status ${status}`} of: ${script.slice(0, 300)}\n${output.slice(-2000)}`)
        return output
      },
      monitor: async command => {
        qmp.send(JSON.stringify({ execute: 'human-monitor-command', arguments: { 'command-line': command }, id: ++count }))
        const wanted = count
        return qmp.next(line => {
          const answer = JSON.parse(line) as { id?: number; return?: string; error?: { desc: string } }
          return answer.id === wanted ? String(answer.return ?? answer.error?.desc) : null
        }, 30, `no answer of the monitor to ${command}`, gone)
      },
      powerOff: async () => {
        jobs.send('power-off 30')
        await Promise.race([ended, sleep(60_000, undefined, { ref: false })])
        if (gone() === null) await stop()
      },
    }
  } catch (error) {
    await stop()
    throw error
  }
}

function qemuOptions({ machine, disk, cargo, boot, folder }: BoxOptions, share: string): string[] {
  return [
    ...machineOptions(machine, folder),
    '-drive', `file=${disk},if=virtio,format=qcow2,cache=unsafe`,
    ...(cargo ? ['-drive', `file=${cargo},if=virtio,format=raw,readonly=on`] : []),
    '-virtfs', `local,path=${share},mount_tag=lab,security_model=none`,
    '-chardev', `file,id=console,path=${join(folder, 'console.log')},append=on`, '-serial', 'chardev:console',
    '-chardev', `socket,id=jobs,path=${join(folder, 'jobs')},server=on,wait=off`, '-serial', 'chardev:jobs',
    '-qmp', `unix:${join(folder, 'qmp')},server=on,wait=off`,
    '-kernel', boot.kernel, '-initrd', boot.initrd, '-append', boot.arguments.join(' '),
  ]
}

interface Lines {
  send(line: string): void
  /** The first line for which `pick` gives something, from those that have come since the last call. */
  next(pick: (line: string) => string | null, seconds: number, late: string, gone: () => string | null): Promise<string>
}

/** A socket that speaks in lines; waits until QEMU has made it. */
async function lines(path: string, gone: () => string | null): Promise<Lines> {
  const socket = await opened(path, gone)
  const came: string[] = []
  createInterface(socket).on('line', line => came.push(line))
  return {
    send: line => void socket.write(`${line}\n`),
    next: async (pick, seconds, late, gone) => {
      for (const end = Date.now() + seconds * 1000; Date.now() < end; await sleep(50)) {
        while (came.length > 0) {
          const picked = pick(came.shift()!)
          if (picked !== null) return picked
        }
        const why = gone()
        if (why !== null) throw new Error(why)
      }
      throw new Error(late)
    },
  }
}

async function opened(path: string, gone: () => string | null): Promise<Socket> {
  for (let attempt = 0; attempt < 200; attempt++, await sleep(50)) {
    const why = gone()
    if (why !== null) throw new Error(why)
    if (!existsSync(path)) continue
    const socket = connect(path)
    const [event] = await Promise.race([once(socket, 'connect').then(() => ['connect']), once(socket, 'error').then(() => ['error'])])
    if (event === 'connect') return socket.on('error', () => {})
  }
  throw new Error(`QEMU did not open ${path}`)
}

const lastOf = (file: string): string => (existsSync(file) ? readFileSync(file, 'utf8').trim().split('\n').slice(-8).join('\n') : 'no console output')
