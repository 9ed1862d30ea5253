/**
 * Who may touch a folder of spill files: the process that its name names. Taking over a dead process's
 * folder is one rename, which of two takers only one achieves; there is no moment without an owner.
 *
 *     <instance>@<pid>-<start>-<machine>     <instance>@free
 *
 * The start is the moment at which the process began, where the system tells it, so that a pid that was
 * given away anew is not taken for the old process.
 */
import { createHash } from 'node:crypto'
import { readFileSync, statSync } from 'node:fs'
import { hostname } from 'node:os'

/** A folder of another machine counts as left behind once nothing in it has moved for so long. */
const STRANGER_SILENT_MS = 600_000
export const FREE = 'free'

const machine = createHash('sha256').update(`${hostname()}\n${bootId()}`).digest('hex').slice(0, 12)
export const OWNER = `${process.pid}-${startOf(process.pid) ?? 'x'}-${machine}`

const NAME = /^([0-9a-f]{32})@(.+)$/

export interface OwnedName {
  readonly instance: string
  readonly owner: string
}

export function readOwnedName(name: string): OwnedName | null {
  const match = NAME.exec(name)
  return match === null ? null : { instance: match[1] as string, owner: match[2] as string }
}

export function ownedName(instance: string, owner: string): string {
  return `${instance}@${owner}`
}

/** True where the folder's owner is surely gone. */
export function isLeft(path: string, owner: string): boolean {
  if (owner === FREE) return true
  if (owner === OWNER) return false
  const [pid, start, where] = owner.split('-')
  if (where !== machine) return silentMs(path) > STRANGER_SILENT_MS
  const number = Number(pid)
  if (!Number.isSafeInteger(number) || number <= 0) return true
  if (!isAlive(number)) return true
  const now = startOf(number)
  return now !== null && start !== 'x' && now !== start
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0)
    return true
  } catch (error) {
    // EPERM: it is there, and someone else's.
    return (error as NodeJS.ErrnoException).code === 'EPERM'
  }
}

/** In ticks since the machine's start, as Linux tells it; null elsewhere, and for one that is gone or only a zombie. */
function startOf(pid: number): string | null {
  try {
    const text = readFileSync(`/proc/${pid}/stat`, 'utf8')
    return text.slice(text.lastIndexOf(')') + 2).split(' ')[19] ?? null
  } catch {
    return null
  }
}

/** Of another start of the machine no process is left; where it is not told, all starts are one. */
function bootId(): string {
  try {
    return readFileSync('/proc/sys/kernel/random/boot_id', 'utf8').trim()
  } catch {
    return ''
  }
}

function silentMs(path: string): number {
  try {
    return Date.now() - statSync(path).mtimeMs
  } catch {
    return 0
  }
}
