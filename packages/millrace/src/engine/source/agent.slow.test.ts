import { systemClock, systemRandom } from '@millrace/base'
import { openParking } from '@millrace/capture'
import type { AgentSource, Stage } from '@millrace/core'
import { Door } from '@millrace/guard'
import { openStore, type Store } from '@millrace/store'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, it } from 'vitest'
import { agentKind } from './agent.ts'

let folder: string
let store: Store

beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), 'agent-kind-'))
  store = await openStore(join(folder, 'store.db'))
  writeFileSync(join(folder, 'token'), 'secret')
})

afterEach(async () => {
  await store.close()
  rmSync(folder, { recursive: true, force: true })
})

function configOf(more: Partial<AgentSource> = {}): AgentSource {
  const token = { secret: 'file', path: join(folder, 'token') } as const
  return { kind: 'agent', port: 0, teams: { shop: { token, streams: { click: { columns: { id: 'int64' } } } } }, ...more }
}

const placeOf = (config: AgentSource) => ({ project: 'shop', name: 'web', config, folder, door: new Door({ allowInside: [] }) })

function stageOf(config: AgentSource): Stage {
  const reader = store.reader()
  const parking = openParking({ source: 'web', reader, clock: systemClock })
  const common = { writer: store, reader, clock: systemClock, random: systemRandom, parking, scratchFolder: folder }
  return agentKind.stage({ ...placeOf(config), ...common, partitionsOf: () => 1 })
}

it('a running source answers at its own door, from its start to its end', async () => {
  const stage = stageOf(configOf())
  const stop = new AbortController()
  const ended = stage.run(stop.signal)
  while (stage.observe()[0]?.phase !== 'running') await new Promise((resolve) => setTimeout(resolve, 5))
  const url = String(stage.observe()[0]?.evidence['door'])
  const ask = (): Promise<Response> => fetch(`${url}/agent/v1/schemas/click`, { headers: { authorization: 'Bearer secret' } })
  expect((await ask()).status).toBe(200)
  expect(stage.observe()[0]).toMatchObject({ kind: 'source', name: 'web', evidence: { schemaRequests: 1 } })
  stop.abort()
  await ended
  expect(stage.observe()[0]?.phase).toBe('stopped')
  await expect(ask()).rejects.toThrow()
})

it('a certificate that is missing, or is none, keeps it from starting, and says so', async () => {
  writeFileSync(join(folder, 'none.pem'), 'no certificate')
  for (const name of ['missing.pem', 'none.pem']) {
    const stage = stageOf(configOf({ tls: { certificate: name, key: name } }))
    await expect(stage.run(new AbortController().signal)).rejects.toMatchObject({ code: 'AGENT_TLS_INVALID' })
  }
})

it('an examination finds a token without a value, a certificate that is missing and a door that is open to all', async () => {
  expect((await agentKind.examine(placeOf(configOf()))).every(({ ok }) => ok)).toBe(true)
  rmSync(join(folder, 'token'))
  const findings = await agentKind.examine(placeOf(configOf({ tls: { certificate: 'missing.pem', key: 'missing.pem' } })))
  expect(findings.filter(({ ok }) => !ok).map(({ check }) => check)).toEqual(['token of shop', 'certificate'])
  const open = await agentKind.examine(placeOf(configOf({ host: '0.0.0.0' })))
  expect(open.find(({ check }) => check === 'door')).toMatchObject({ ok: false, fix: expect.stringContaining('sources.web.tls') })
})
