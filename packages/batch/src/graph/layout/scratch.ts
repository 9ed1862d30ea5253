/** A folder below the graph's own for what is only tried, gone with its process. */
import { mkdirSync, readdirSync, rmSync } from 'node:fs'
import { join } from 'node:path'

const PARENT = 'spill'
const PREFIX = 'advise-'

/** From the graph's folder. What processes that were killed left behind is removed. */
export function openScratch(folder: string): string {
  const parent = join(folder, PARENT)
  mkdirSync(parent, { recursive: true })
  for (const name of readdirSync(parent)) {
    const owner = name.startsWith(PREFIX) ? Number(name.slice(PREFIX.length)) : null
    if (owner !== null && !isAlive(owner)) removeScratch(folder, `${PARENT}/${name}`)
  }
  const scratch = `${PARENT}/${PREFIX}${process.pid}`
  mkdirSync(join(folder, scratch), { recursive: true })
  return scratch
}

export function removeScratch(folder: string, scratch: string): void {
  rmSync(join(folder, scratch), { recursive: true, force: true })
}

function isAlive(pid: number): boolean {
  try {
    // Sends nothing.
    process.kill(pid, 0)
    return true
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM'
  }
}
