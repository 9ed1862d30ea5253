import { statSync } from 'node:fs'
import { open } from 'node:fs/promises'

/** The file's bytes. After a power cut too, a version that the catalogue names is whole. */
export async function syncFile(path: string): Promise<number> {
  const file = await open(path)
  try {
    await file.datasync()
    return (await file.stat()).size
  } finally {
    await file.close()
  }
}

/** Files of one version that are synced while their rows are read already: only naming the version waits for them. */
export class FileSyncs {
  readonly #begun: Promise<number>[] = []

  /** The file's bytes. */
  begin(path: string): number {
    const synced = syncFile(path)
    // Told by `ended`.
    synced.catch(() => undefined)
    this.#begun.push(synced)
    return statSync(path).size
  }

  async ended(): Promise<void> {
    await Promise.all(this.#begun)
  }
}
