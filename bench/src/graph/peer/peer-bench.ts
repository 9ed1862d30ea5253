import { assert } from '@millrace/base'
import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { type PythonPeer, pythonPeer } from '../../python/python-peer.ts'
import { runChild } from '../../run-child.ts'
import { type Measured, measureProcess } from '../measured-process.ts'
import { dbt } from './dbt.ts'
import { type GraphPeer, type PeerModel, type PeerProject, STEPS, type Step } from './graph-peer.ts'
import type { ChecksumsOrder } from './checksums-process.ts'
import { sqlmesh } from './sqlmesh.ts'

const CHECKSUMS = fileURLToPath(new URL('checksums-process.ts', import.meta.url))
const PEERS: readonly GraphPeer[] = [dbt, sqlmesh]
/** An error's last lines say what went wrong. */
const ERROR_CHARACTERS = 2000

export interface ReadyPeer extends PythonPeer {
  readonly peer: GraphPeer
}

export interface PeerRequest {
  readonly ready: ReadyPeer
  readonly project: PeerProject
  readonly edited: Omit<PeerModel, 'folder'>
  /** The right one of each model. */
  readonly checksums: Readonly<Record<string, string>>
  readonly note: (line: string) => void
}

export interface PeerFigures {
  readonly peer: string
  readonly versions: readonly string[]
  readonly seconds: Readonly<Record<Step, number>>
  readonly cpuSeconds: Readonly<Record<Step, number>>
  readonly peakMb: number
  /** Tables that are wrong: after all ran, after the edit, and in the new environment. */
  readonly differing: number
}

/** Those that `--peer` names, with commas between. A name that is wrong is told before anything is fetched. */
export async function readyPeers(names: string, note: (line: string) => void): Promise<ReadyPeer[]> {
  const named = names.split(',').filter((name) => name !== '')
  const peers = named.map((name) => {
    const peer = PEERS.find((each) => each.name === name)
    if (peer === undefined) throw new Error(`There is no peer ${name}; there are ${PEERS.map((each) => each.name).join(' and ')}.`)
    return peer
  })
  const ready: ReadyPeer[] = []
  for (const peer of peers) ready.push({ peer, ...(await pythonPeer({ peer: peer.name, note })) })
  return ready
}

export async function benchPeer({ ready, project, edited, checksums, note }: PeerRequest): Promise<PeerFigures> {
  const { peer, programs, versions } = ready
  const { folder, models } = project
  mkdirSync(folder, { recursive: true })
  peer.writeProject(project)
  const seconds = perStep()
  const cpuSeconds = perStep()
  let peakMb = 0
  let differing = 0
  for (const step of STEPS) {
    if (step === 'planAfterEdit') peer.writeModel({ folder, ...edited })
    const before = peer.before[step]
    if (before !== undefined) await call(before)
    const measured = await call(peer.words[step])
    note(`${peer.name}, ${step}: ${measured.seconds.toFixed(2)} s, of processor time ${measured.cpuSeconds.toFixed(2)} s`)
    seconds[step] = measured.seconds
    cpuSeconds[step] = measured.cpuSeconds
    peakMb = Math.max(peakMb, measured.peakMb)
    peer.after(step, folder)
    const schema = publishedBy(step, peer)
    if (schema !== null) differing += await countDiffering(schema)
  }
  return { peer: peer.name, versions, seconds, cpuSeconds, peakMb: Math.round(peakMb), differing }

  async function call(words: readonly string[]): Promise<Measured> {
    const measured = await measureProcess({ program: join(programs, peer.name), words, folder, environment: peer.environment })
    assert(measured.code === 0, `${peer.name} ${words.join(' ')} ends well: ${measured.output.slice(-ERROR_CHARACTERS)}`)
    return measured
  }

  async function countDiffering(schema: string): Promise<number> {
    const tables = models.map((model) => model.name)
    const order: ChecksumsOrder = { database: join(folder, peer.database), schema, tables }
    const theirs = await runChild<Record<string, string>>({ file: CHECKSUMS, flags: [], order })
    return tables.filter((table) => theirs[table] !== checksums[table]).length
  }
}

function perStep(): Record<Step, number> {
  return Object.fromEntries(STEPS.map((step) => [step, 0])) as Record<Step, number>
}

/** The schema that a step filled, if it did. */
function publishedBy(step: Step, { schemas }: GraphPeer): string | null {
  switch (step) {
    case 'full':
    case 'edit':
      return schemas.production
    case 'environment':
      return schemas.environment
    default:
      return null
  }
}
