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
