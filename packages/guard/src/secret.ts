import { readFile } from 'node:fs/promises'
import { MillraceError } from '@millrace/base'
import type { SecretReference } from '@millrace/core'

/**
 * The value behind a reference, read anew on every call, so that a rotated secret is taken up without a
 * restart. Callers use it at once and keep it nowhere (law 10). A file's last line break is not part of it.
 */
export async function resolveSecret(reference: SecretReference): Promise<string> {
  const value = reference.secret === 'env' ? process.env[reference.name] : await readSecretFile(reference.path)
  if (value === undefined || value === '')
    throw new MillraceError('CONFIG_SECRET_MISSING', { details: { reference: describeReference(reference) } })
  return value
}

/** The reference as its author wrote it; safe to show. */
export function describeReference(reference: SecretReference): string {
  return reference.secret === 'env' ? `env('${reference.name}')` : `file('${reference.path}')`
}

async function readSecretFile(path: string): Promise<string> {
  try {
    return (await readFile(path, 'utf8')).replace(/\r?\n$/, '')
  } catch (cause) {
    throw new MillraceError('CONFIG_SECRET_MISSING', { cause, details: { reference: `file('${path}')` } })
  }
}
