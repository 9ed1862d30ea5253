import { type MillraceError, systemClock, systemRandom } from '@millrace/base'
import type { AgentSource, AgentStream, LogReader } from '@millrace/core'
import { SchemaDesk, SchemaRegistry } from '@millrace/schema'
import { openReader, openStore, type Store } from '@millrace/store'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { openParking } from '../parking/parking-lot.ts'
import { AgentCapture, type AgentIntake } from './agent-capture.ts'
import { declaredStreams, discoverAgentStreams } from './declared-stream.ts'
import { TeamTokens } from './team-tokens.ts'

const CLICK: AgentStream = { columns: { id: 'int64', page: 'text' } }

let folder: string
let store: Store

beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), 'agent-capture-'))
  store = await openStore(join(folder, 'store.db'))
  for (const team of ['shop', 'other']) writeFileSync(join(folder, team), `token of ${team}\n`)
})

afterEach(async () => {
  await store.close()
  rmSync(folder, { recursive: true, force: true })
})

function configOf(click: AgentStream = CLICK): AgentSource {
  const token = (name: string): { secret: 'file'; path: string } => ({ secret: 'file', path: join(folder, name) })
  return {
    kind: 'agent',
    teams: {
      shop: { token: token('shop'), streams: { click } },
      other: { token: token('other'), streams: { secret: { columns: { id: 'int64' } } } },
    },
  }
}

/** The running source, seen through its door, until `work` ends. */
async function withSource<T>(config: AgentSource, work: (intake: AgentIntake, capture: AgentCapture) => Promise<T>): Promise<T> {
  const stop = new AbortController()
  const reader: LogReader = store.reader()
  let ended: Promise<void> = Promise.resolve()
  try {
    return await new Promise<T>((resolve, reject) => {
      const capture: AgentCapture = new AgentCapture({
        name: 'web',
        config,
        writer: store,
        reader,
        clock: systemClock,
        random: systemRandom,
        parking: openParking({ source: 'web', reader, clock: systemClock }),
        partitionsOf: () => 1,
        listen: (intake) => {
          work(intake, capture).then(resolve, reject)
          return Promise.resolve({ close: () => Promise.resolve(), evidence: () => ({ door: 'here' }) })
        },
      })
      ended = capture.run(stop.signal)
      ended.catch(reject)
    })
  } finally {
    stop.abort()
    await ended.catch(() => undefined)
    reader.close()
  }
}

describe('a schema', () => {
  it('is told to its team alone, read once, and has the same id in every replica', async () => {
    const { page, ids, evidence } = await withSource(configOf(), async (intake, capture) => {
      const mine = await intake.schemaOf('shop', 'click')
      const asked = [await intake.schemaOf('shop', 'click'), await intake.schemaById('shop', mine?.id ?? '')]
      expect(asked.map((each) => each?.body)).toEqual([mine?.body, mine?.body])
      expect(await intake.schemaOf('shop', 'secret')).toBeNull()
      expect(await intake.schemaOf('other', 'click')).toBeNull()
      expect(await intake.schemaById('other', mine?.id ?? '')).toBeNull()
      expect(await intake.schemaById('shop', 'none')).toBeNull()
      return { page: mine, ids: [mine?.id], evidence: capture.observe()[0]?.evidence }
    })
    expect(JSON.parse(String(page?.body))).toEqual({
      id: ids[0],
      stream: 'click',
      version: 1,
      columns: [
        { name: 'id', type: 'int64', nullable: true },
        { name: 'page', type: 'text', nullable: true },
      ],
      key: [],
    })
    expect(evidence).toMatchObject({ schemas: expect.stringContaining('read 1'), door: 'here' })
    // A replica reads the same file with a reader of its own, and no source runs there.
    const reader = openReader(join(folder, 'store.db'))
    const replica = new SchemaDesk({ read: (id) => Promise.resolve(new SchemaRegistry(reader).byId(id)) })
    expect((await replica.page(ids[0] ?? ''))?.id).toBe(ids[0])
    reader.close()
  })

  it('may grow, and then has a new id and version; the old one stays', async () => {
    const before = await withSource(configOf(), (intake) => intake.schemaOf('shop', 'click'))
    const grown = configOf({ columns: { ...CLICK.columns, region: 'text' } })
    await withSource(grown, async (intake) => {
      const after = await intake.schemaOf('shop', 'click')
      expect(after?.id).not.toBe(before?.id)
      expect(JSON.parse(String(after?.body))).toMatchObject({ version: 2 })
      expect((await intake.schemaById('shop', before?.id ?? ''))?.body).toEqual(before?.body)
      const head = JSON.stringify({ first: 0, count: 1, time: 1, sections: [['click', before?.id, ['id', 'page']]] })
      const batch = { team: 'shop', instance: 'a'.repeat(32), dropped: 3, text: `${head}\n0 0 [1,"/"]\n` }
      expect(await intake.take(batch)).toEqual({ accepted: 1, repeated: 0, parked: 0, schemas: { click: after?.id } })
    })
    const again = await withSource(grown, (intake) => intake.schemaOf('shop', 'click'))
    expect(JSON.parse(String(again?.body))).toMatchObject({ version: 2 })
  })

  it('that would surprise its readers is refused before anything is written', async () => {
    await withSource(configOf(), (intake) => intake.schemaOf('shop', 'click'))
    const broken = configOf({ columns: { id: 'text' } })
    const reader = store.reader()
    const [cut, known] = [reader.cut(), reader.streams()]
    expect(() => discoverAgentStreams({ name: 'web', config: broken }, known)).toThrow(
      expect.objectContaining({ code: 'SCHEMA_INCOMPATIBLE' }),
    )
    const failure = withSource(broken, () => Promise.resolve())
    await expect(failure).rejects.toMatchObject({ code: 'SCHEMA_INCOMPATIBLE' })
    await expect(failure).rejects.toThrow('the column id was BIGINT and is VARCHAR')
    expect([reader.cut(), reader.streams()]).toEqual([cut, known])
  })
})

describe('a token', () => {
  it('opens its own team, and no other does', async () => {
    await withSource(configOf(), async (intake) => {
      expect(await intake.teamOf('token of shop')).toBe('shop')
      expect(await intake.teamOf('token of other')).toBe('other')
      for (const wrong of ['', 'token of', 'token of shop ', 'TOKEN OF SHOP']) expect(await intake.teamOf(wrong)).toBeNull()
    })
  })

  it('rotates without a restart: both are known meanwhile, and one that cannot be read stays what it was', async () => {
    let nowMs = 0
    const problems: MillraceError[] = []
    const reference = (name: string): { secret: 'file'; path: string } => ({ secret: 'file', path: join(folder, name) })
    writeFileSync(join(folder, 'next'), 'next')
    const config: AgentSource = { kind: 'agent', teams: { shop: { token: [reference('shop'), reference('next')], streams: {} } } }
    const tokens = new TeamTokens(config, {
      clock: { ...systemClock, monotonicMs: () => nowMs },
      onProblem: (error) => problems.push(error),
    })
    await tokens.open()
    expect([await tokens.teamOf('token of shop'), await tokens.teamOf('next')]).toEqual(['shop', 'shop'])
    writeFileSync(join(folder, 'shop'), 'rotated')
    rmSync(join(folder, 'next'))
    nowMs += 6000
    expect([await tokens.teamOf('token of shop'), await tokens.teamOf('rotated'), await tokens.teamOf('next')]).toEqual([
      null,
      'shop',
      'shop',
    ])
    expect(problems).toMatchObject([{ code: 'CONFIG_SECRET_MISSING' }])
  })

  it('that is missing keeps the source from starting', async () => {
    rmSync(join(folder, 'other'))
    await expect(withSource(configOf(), () => Promise.resolve())).rejects.toMatchObject({ code: 'CONFIG_SECRET_MISSING' })
  })
})

describe('a declaration', () => {
  it.each([
    [{ columns: { id: 'int64' }, key: ['none'] }, "names 'none', which is no column"],
    [{ columns: { id: { type: 'int64', nullable: true } }, key: ['id'] }, 'may not be null'],
    [{ columns: { id: 'int65' } }, 'a type that there is not'],
  ])('that cannot be is refused: %j', (stream, problem) => {
    expect(() => declaredStreams({ name: 'web', config: configOf(stream as AgentStream) })).toThrow(problem)
  })

  it('names a stream for one team alone', () => {
    const { teams, ...rest } = configOf()
    const config = { ...rest, teams: { ...teams, third: { token: { secret: 'env', name: 'X' } as const, streams: { click: CLICK } } } }
    expect(() => declaredStreams({ name: 'web', config })).toThrow('is a stream of the team shop already')
  })
})
