import { describeError, MillraceError } from '@millrace/base'
import { AgentCapture, type AgentIntake, type AgentListener, discoverAgentStreams } from '@millrace/capture'
import type { AgentSource } from '@millrace/core'
import { resolveSecret } from '@millrace/guard'
import { startAgentServer } from '@millrace/serve'
import { readFile } from 'node:fs/promises'
import { resolve } from 'node:path'
import type { Finding, SourceContext, SourceKind, SourcePlace } from './source-kind.ts'

const DEFAULT_HOST = '127.0.0.1'
const DEFAULT_PORT = 4771

export const agentKind: SourceKind<AgentSource> = {
  label: 'agents',
  discover: async (place) => discoverAgentStreams(place, place.known ?? []),
  stage: (context) => new AgentCapture({ ...context, listen: (intake) => listen(context, intake) }),
  examine,
}

async function listen(context: SourceContext<AgentSource>, intake: AgentIntake): Promise<AgentListener> {
  const { config, random } = context
  const tls = await tlsOf(context)
  try {
    return await startAgentServer({
      api: intake,
      host: config.host ?? DEFAULT_HOST,
      port: config.port ?? DEFAULT_PORT,
      random: () => random.next(),
      ...(tls === undefined ? {} : { tls }),
      ...(config.connections === undefined ? {} : { connections: config.connections }),
    })
  } catch (cause) {
    if (tls === undefined || cause instanceof MillraceError) throw cause
    throw new MillraceError('AGENT_TLS_INVALID', { cause, details: { source: context.name, problem: describeError(cause) } })
  }
}

/** Read anew at each start. Raises AGENT_TLS_INVALID. */
async function tlsOf({ name, config, folder }: SourcePlace<AgentSource>): Promise<{ certificate: string; key: string } | undefined> {
  if (config.tls === undefined) return undefined
  try {
    const [certificate, key] = await Promise.all(
      [config.tls.certificate, config.tls.key].map((path) => readFile(resolve(folder, path), 'utf8')),
    )
    return { certificate: certificate ?? '', key: key ?? '' }
  } catch (cause) {
    throw new MillraceError('AGENT_TLS_INVALID', { cause, details: { source: name, problem: describeError(cause) } })
  }
}

async function examine(place: SourcePlace<AgentSource>): Promise<readonly Finding[]> {
  const { config } = place
  const findings: Finding[] = [
    {
      check: 'streams',
      ok: true,
      detail: `${discoverAgentStreams(place, []).length} streams of ${Object.keys(config.teams).length} teams`,
    },
  ]
  for (const [team, { token }] of Object.entries(config.teams)) {
    for (const reference of [token].flat()) {
      const problem = await resolveSecret(reference).then(
        () => null,
        (error: unknown) => describeError(error),
      )
      findings.push({ check: `token of ${team}`, ok: problem === null, detail: problem ?? 'it has a value' })
    }
  }
  const problem = await tlsOf(place).then(() => null, describeError)
  if (problem !== null) findings.push({ check: 'certificate', ok: false, detail: problem })
  const isOpen = config.tls !== undefined || ['127.0.0.1', '::1', 'localhost'].includes(config.host ?? DEFAULT_HOST)
  const fix = `Set \`sources.${place.name}.tls\`, or listen on 127.0.0.1 behind a proxy that speaks TLS.`
  findings.push(
    isOpen
      ? { check: 'door', ok: true, detail: `${config.host ?? DEFAULT_HOST}:${config.port ?? DEFAULT_PORT}` }
      : { check: 'door', ok: false, detail: 'tokens and events travel in the open', fix },
  )
  return findings
}
