/** Where a delivery sends to and how it signs: references become values here, at the last moment (law 10). */
import type { LogReader, SecretReference, WebhookDelivery } from '@millrace/core'
import { deliverySecret } from './queries.ts'
import { parseSecret } from './signature.ts'

export type ResolveSecret = (reference: SecretReference) => string | Promise<string>

export interface Destination {
  readonly url: string
  /** The address without what may be secret in it, for people. */
  readonly label: string
  /** The first is the newest. */
  readonly keys: readonly Buffer[]
}

export interface DestinationOptions {
  readonly name: string
  readonly config: WebhookDelivery
  readonly reader: LogReader
  readonly resolveSecret: ResolveSecret
}

export async function resolveDestination({ name, config, reader, resolveSecret }: DestinationOptions): Promise<Destination> {
  const url = typeof config.url === 'string' ? config.url : await resolveSecret(config.url)
  const secrets =
    config.secret === undefined
      ? [deliverySecret(reader, name) ?? '']
      : await Promise.all(references(config.secret).map(async (reference) => resolveSecret(reference)))
  return { url, label: labelOf(url, typeof config.url === 'string'), keys: secrets.map((secret) => parseSecret(name, secret)) }
}

function references(secret: SecretReference | readonly SecretReference[]): readonly SecretReference[] {
  return Array.isArray(secret) ? secret : [secret as SecretReference]
}

/** The path is shown only where the whole URL was written openly into the configuration. */
function labelOf(url: string, open: boolean): string {
  const parsed = URL.parse(url)
  if (parsed === null) return ''
  return open ? `${parsed.origin}${parsed.pathname}` : parsed.origin
}
