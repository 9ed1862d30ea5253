/** The spill files, cut at every byte and with every byte damaged: what is read back is what was written, or less, and said. */
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import fc from 'fast-check'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { checksum, tableChecksum } from './checksum.ts'
import { DiskQueue } from './disk-queue.ts'
import type { Frame } from './frame.ts'
import { SegmentFiles } from './segment-files.ts'
import { recordAt, recordOf } from './spill-record.ts'

let folder: string

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'spill-'))
})

afterEach(() => rmSync(folder, { recursive: true, force: true }))

function frameOf(first: number, texts: readonly string[]): Frame {
  const head = { first, count: texts.length, time: 0, sections: [['click']] }
  const lines = texts.map((text) => `0 0 ${JSON.stringify({ text })}\n`).join('')
  return { first, count: texts.length, body: Buffer.from(`${JSON.stringify(head)}\n${lines}`) }
}

interface Read {
  readonly bodies: readonly string[]
  readonly damaged: number
  readonly problems: number
}

async function readAll(path: string): Promise<Read> {
  const bodies: string[] = []
  let [damaged, problems] = [0, 0]
  const queue = new DiskQueue({
    instance: '0'.repeat(32),
    files: new SegmentFiles(path),
    memoryBytesMax: 1e9,
    diskBytesMax: 1e9,
    freeName: `${path}-free`,
    onDamage: (events) => {
      damaged += events
    },
    onProblem: () => {
      problems += 1
    },
    onWritten: () => undefined,
  })
  for (let batch = await queue.take(100); batch !== null; batch = await queue.take(100)) {
    bodies.push(...batch.bodies.map(String))
    await queue.release(batch)
  }
  expect(queue.isEmpty).toBe(true)
  await queue.close()
  return { bodies, damaged, problems }
}

/** A file of these bytes, read as what a dead process left. */
async function readBytes(bytes: Buffer, name: string): Promise<Read> {
  const path = join(folder, name)
  void new SegmentFiles(path)
  writeFileSync(join(path, '00000001.spill'), bytes)
  return readAll(path)
}

const FRAMES = [frameOf(0, ['a', 'bc']), frameOf(2, ['MRa1', 'def']), frameOf(4, ['ghi'])]
const BYTES = Buffer.concat(FRAMES.map(recordOf))
const BODIES = FRAMES.map(({ body }) => body.toString())

describe('a spill file', () => {
  it('cut at any byte gives all frames that were whole', async () => {
    const ends = FRAMES.map((_, at) => Buffer.concat(FRAMES.slice(0, at + 1).map(recordOf)).length)
    for (let cut = 0; cut <= BYTES.length; cut += 1) {
      const { bodies, damaged } = await readBytes(BYTES.subarray(0, cut), `cut-${cut}`)
      expect(bodies).toEqual(BODIES.slice(0, ends.filter((end) => end <= cut).length))
      expect(damaged).toBe(0)
    }
  })

  it('with any byte changed gives all other frames, and says what is missing', async () => {
    for (let at = 0; at < BYTES.length; at += 1) {
      const bytes = Buffer.from(BYTES)
      bytes[at] = (bytes[at] as number) ^ 0x41
      const { bodies, damaged, problems } = await readBytes(bytes, `flip-${at}`)
      const hit = FRAMES.findIndex((_, frame) => at < Buffer.concat(FRAMES.slice(0, frame + 1).map(recordOf)).length)
      expect(bodies).toEqual(BODIES.filter((_, frame) => frame !== hit))
      expect(problems).toBe(1)
      // Before the first frame and after the last nobody knows how many there were.
      expect(damaged).toBe(hit === 1 ? 2 : 0)
    }
  })

  it('gives back whatever was appended, in order, through any sizes of batches', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.array(fc.string(), { minLength: 1, maxLength: 5 }), { maxLength: 30 }),
        fc.integer(),
        async (lists, seed) => {
          const path = join(folder, `run-${seed}-${Math.random()}`)
          let first = 0
          const frames = lists.map((texts) => {
            const frame = frameOf(first, texts)
            first += texts.length
            return frame
          })
          const queue = new DiskQueue({
            instance: '0'.repeat(32),
            files: new SegmentFiles(path),
            memoryBytesMax: 1e9,
            diskBytesMax: 1e9,
            freeName: `${path}-free`,
            onDamage: () => undefined,
            onProblem: () => undefined,
            onWritten: () => undefined,
          })
          for (const frame of frames) queue.append(frame)
          expect(await queue.settle()).toBe(true)
          expect((await readAll(path)).bodies).toEqual(frames.map(({ body }) => body.toString()))
        },
      ),
      { numRuns: 40 },
    )
  })

  it('of anything at all is read without a fault', async () => {
    await fc.assert(
      fc.asyncProperty(fc.uint8Array({ maxLength: 400 }), fc.nat(2), async (noise, frames) => {
        const bytes = Buffer.concat([...FRAMES.slice(0, frames).map(recordOf), noise])
        const { bodies } = await readBytes(bytes, `noise-${Math.random()}`)
        expect(bodies.slice(0, frames)).toEqual(BODIES.slice(0, frames))
      }),
      { numRuns: 100 },
    )
  })

  it('is removed once it was read', async () => {
    await readBytes(BYTES, 'once')
    expect(readdirSync(folder)).toEqual([])
  })
})

describe('a record', () => {
  it('tells a short one from a damaged one', () => {
    const record = recordOf(FRAMES[0] as Frame)
    expect(recordAt(record, 0)).toMatchObject({ end: record.length })
    expect(recordAt(record.subarray(0, 20), 0)).toBe('short')
    expect(recordAt(Buffer.from('nothing at all'), 0)).toBe('damaged')
  })

  it('has the checksum of zlib, built in or not', () => {
    fc.assert(fc.property(fc.uint8Array(), (bytes) => tableChecksum(Buffer.from(bytes)) === checksum(Buffer.from(bytes))))
    expect(tableChecksum(Buffer.from('123456789'))).toBe(0xcbf43926)
  })
})

describe('a disk that refuses', () => {
  it('leaves events in memory, from where they are sent, and is used again when it takes them', async () => {
    const path = join(folder, 'refusing')
    const files = new SegmentFiles(path)
    let problems = 0
    let refuses = true
    const write = files.write.bind(files)
    files.write = (segment, bytes) => (refuses ? Promise.reject(new TypeError('no space left')) : write(segment, bytes))
    const queue = new DiskQueue({
      instance: '0'.repeat(32),
      files,
      memoryBytesMax: 1e9,
      diskBytesMax: 1e9,
      freeName: `${path}-free`,
      onDamage: () => undefined,
      onProblem: () => {
        problems += 1
      },
      onWritten: () => undefined,
    })
    queue.append(FRAMES[0] as Frame)
    expect(await queue.settle()).toBe(false)
    const fromMemory = await queue.take(1)
    expect(fromMemory?.bodies.map(String)).toEqual([BODIES[0]])
    queue.append(FRAMES[1] as Frame)
    if (fromMemory !== null) await queue.release(fromMemory)
    refuses = false
    while (!(await queue.settle())) await new Promise((resolve) => setTimeout(resolve, 20))
    expect((await queue.take(1e6))?.bodies.map(String)).toEqual([BODIES[1]])
    expect(problems).toBe(1)
    expect(readFileSync(join(path, '00000001.spill')).length).toBeGreaterThan(0)
  })
})
