import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { buildMavenProject } from '../../jvm/maven-project.ts'
import { nexmarkBench, type NexmarkOutcome } from '../nexmark-bench.ts'

const note = (): void => {}

describe('Flink beside ours', () => {
  let outcome: NexmarkOutcome

  beforeAll(async () => {
    outcome = await nexmarkBench({
      events: 5000,
      rounds: 1,
      only: 'q4,q6',
      seed: 3,
      rate: 1000,
      portion: 1000,
      modes: 'operators',
      workers: 2,
      peer: 'flink',
      warmUp: 0,
      note,
    })
  }, 600_000)

  it('comes to the same rows on one core and on two', () => {
    const [query] = outcome.queries
    expect(query?.flink?.map(({ workers, sameAsDuckdb }) => [workers, sameAsDuckdb])).toEqual([
      [1, true],
      [2, true],
    ])
    expect(query?.flink?.[0]?.rows).toBe(query?.operators?.rows)
    expect(outcome.flink?.differs).toEqual([])
  })

  it('is compared by the processor time that each needs', () => {
    const [query] = outcome.queries
    const [one] = query?.flink ?? []
    const ratio = (query?.operators?.eventsPerProcessCpuSecond ?? Number.NaN) / (one?.eventsPerCpuSecond ?? Number.NaN)
    expect(one?.ours?.operators).toBeCloseTo(ratio, 1)
  })

  it('says why Flink cannot run a query', () => {
    expect(outcome.flink?.refused).toEqual([expect.stringContaining('q6: ')])
  })

  it('measures the source by itself', () => {
    expect(outcome.flink?.source.eventsPerSecond).toBeGreaterThan(0)
  })
})

describe('a peer that cannot be fetched', () => {
  const folder = mkdtempSync(join(tmpdir(), 'millrace-peer-'))
  afterAll(() => {
    rmSync(folder, { recursive: true, force: true })
  })

  it('says what it needs and how to go on without it', async () => {
    const words = ['--offline', `-Dmaven.repo.local=${join(folder, 'empty')}`]
    await expect(buildMavenProject({ peer: 'flink', folder, note, words })).rejects.toThrow(
      /could not be made[\s\S]*Maven Central[\s\S]*without --peer/,
    )
  })
})
