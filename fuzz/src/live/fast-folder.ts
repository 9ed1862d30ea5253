import { accessSync, constants } from 'node:fs'
import { tmpdir } from 'node:os'

/** Memory that looks like a disk, where there is one: what is looked for here is wrong rows, not lost ones. */
const MEMORY = '/dev/shm'

export function fastFolder(): string {
  try {
    accessSync(MEMORY, constants.W_OK)
    return MEMORY
  } catch {
    return tmpdir()
  }
}
