import { mkdtempSync, readdirSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, it } from 'vitest'
import { ScratchFile } from './scratch-file.ts'

function bytesOf(length: number, first: number): Uint8Array {
  return Uint8Array.from({ length }, (_, at) => (first + at) & 255)
}

it('what is written is read back, also in room that others left, and no file stays', () => {
  const folder = mkdtempSync(join(tmpdir(), 'millrace-spill-'))
  const scratch = new ScratchFile(folder)
  const [small, large] = [scratch.write(bytesOf(100, 1)), scratch.write(bytesOf(5000, 2))]
  scratch.free(small)
  const other = scratch.write(bytesOf(300, 3))
  expect(other.at).toBe(small.at)
  expect([scratch.read(other), scratch.read(large)]).toEqual([bytesOf(300, 3), bytesOf(5000, 2)])
  expect(readdirSync(folder)).toEqual([])
  scratch.close()
  rmSync(folder, { recursive: true })
})

it('a folder that cannot be written to is named', () => {
  const scratch = new ScratchFile(join(tmpdir(), 'millrace-no-such-folder'))
  expect(() => scratch.write(bytesOf(1, 1))).toThrow(expect.objectContaining({ code: 'LIVE_SCRATCH_IO' }))
})
