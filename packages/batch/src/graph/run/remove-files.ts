/** Removes files of versions, and the folders that are empty then, up to the model's own. */
import { readdirSync, rmdirSync, rmSync } from 'node:fs'
import { dirname, join } from 'node:path'

/** `versions/model`. */
const MODEL_DEPTH = 2

export function removeFiles(folder: string, files: Iterable<string>): void {
  for (const file of files) {
    rmSync(join(folder, file), { force: true })
    for (let part = dirname(file); part.split('/').length > MODEL_DEPTH && isEmpty(join(folder, part)); part = dirname(part))
      rmdirSync(join(folder, part))
  }
}

function isEmpty(path: string): boolean {
  try {
    return readdirSync(path).length === 0
  } catch {
    return false
  }
}
