/** Many agents in one process: each with its own connection, queue and numbering, as in a process of its own. */
import { type Agent, createAgent } from '@millrace/agent'
import { assert } from '@millrace/base'
import type { FleetOrder, FromFleet, ToFleet } from './fleet-message.ts'
import { STREAM, TOKEN } from './project.ts'

const STATE_EVERY_MS = 100
const END_LIMIT_MS = 60_000

interface Member {
  readonly agent: Agent
  readonly number: number
  sent: number
  /** As of the last look. */
  accepted: number
  heardMs: number
  firstSchema: string | null
}

const order = JSON.parse(process.argv[2] ?? '{}') as FleetOrder
const members: Member[] = []
let isNewer = false
const problems = new Map<string, number>()

const tell = (message: FromFleet): void => {
  process.send?.(message)
}

function begin(): void {
  for (let at = 0; at < order.agents; at += 1) {
    const agent = createAgent({
      url: order.url,
      token: TOKEN,
      onProblem: ({ message }) => problems.set(message, (problems.get(message) ?? 0) + 1),
    })
    members.push({ agent, number: order.first + at, sent: 0, accepted: 0, heardMs: 0, firstSchema: null })
  }
  for (const member of members) {
    send(member)
    // As in a fleet, each has a rhythm of its own.
    setTimeout(() => setInterval(() => send(member), order.periodMs), Math.random() * order.periodMs)
  }
  setInterval(look, STATE_EVERY_MS)
}

function send(member: Member): void {
  if (isEnding) return
  const event = { agent: member.number, event: member.sent, page: `/page/${member.sent % 100}`, at: new Date() }
  if (member.agent.send(STREAM, isNewer ? { ...event, region: 'north' } : event)) member.sent += 1
}

let isEnding = false

function look(): void {
  let [heard, lastHeardMs, learnt, learntAnew, retries] = [0, 0, 0, 0, 0]
  for (const member of members) {
    const { accepted, schemas, retries: again } = member.agent.stats()
    if (accepted > member.accepted) {
      member.accepted = accepted
      if (member.heardMs === 0) member.heardMs = Date.now()
    }
    const schema = schemas[STREAM] ?? null
    if (!isNewer) member.firstSchema = schema
    if (schema !== null) learnt += 1
    if (schema !== member.firstSchema) learntAnew += 1
    if (member.heardMs > 0) heard += 1
    lastHeardMs = Math.max(lastHeardMs, member.heardMs)
    retries += again
  }
  tell({ kind: 'state', heard, lastHeardMs, learnt, learntAnew, retries })
}

/** The next wave: all count as unheard until something more of theirs is accepted. */
function newer(): void {
  look()
  isNewer = true
  for (const member of members) member.heardMs = 0
}

async function end(): Promise<void> {
  isEnding = true
  const flushed = await Promise.all(members.map(({ agent }) => agent.close({ timeoutMs: END_LIMIT_MS })))
  const sum = (of: (agent: Agent) => number): number => members.reduce((total, { agent }) => total + of(agent), 0)
  tell({
    kind: 'end',
    sent: members.map(({ sent }) => sent),
    accepted: sum((agent) => agent.stats().accepted),
    parked: sum((agent) => agent.stats().parked),
    dropped: sum((agent) => agent.stats().dropped),
    problems: Object.fromEntries(problems),
    unsent: flushed.filter((isAccepted) => !isAccepted).length,
  })
}

process.on('message', (message: ToFleet) => {
  if (message.kind === 'begin') begin()
  else if (message.kind === 'newer') newer()
  else void end()
})
process.on('disconnect', () => process.exit())
assert(order.agents > 0, 'a fleet has agents')
tell({ kind: 'ready' })
