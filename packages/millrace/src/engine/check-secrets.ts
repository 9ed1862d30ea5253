import { MillraceError } from '@millrace/base'
import type { ProjectConfig, SecretReference } from '@millrace/core'
import { describeReference, resolveSecret } from '@millrace/guard'

interface Reference {
  readonly reference: SecretReference
  /** The setting that names it: `sources.shop.url`. */
  readonly place: string
}

/** Every secret that the configuration refers to and that has no value, with the settings that need it; all at once. */
export async function checkSecrets(config: ProjectConfig): Promise<MillraceError[]> {
  const places = new Map<string, Reference[]>()
  for (const found of referencesIn(config, [])) {
    const name = describeReference(found.reference)
    places.set(name, [...(places.get(name) ?? []), found])
  }
  const missing: MillraceError[] = []
  for (const [name, found] of places) {
    if (await hasValue(found[0]?.reference)) continue
    const reference = `${name} for ${found.map(({ place }) => `\`${place}\``).join(' and ')}`
    missing.push(new MillraceError('CONFIG_SECRET_MISSING', { details: { reference } }))
  }
  return missing
}

async function hasValue(reference: SecretReference | undefined): Promise<boolean> {
  if (reference === undefined) return true
  return resolveSecret(reference).then(
    () => true,
    (error: unknown) => {
      if (error instanceof MillraceError && error.code === 'CONFIG_SECRET_MISSING') return false
      throw error
    },
  )
}

function referencesIn(value: unknown, path: readonly string[]): Reference[] {
  if (typeof value !== 'object' || value === null) return []
  if (isReference(value)) return [{ reference: value, place: path.join('.') }]
  return Object.entries(value).flatMap(([name, part]) => referencesIn(part, [...path, name]))
}

function isReference(value: object): value is SecretReference {
  return 'secret' in value && (value.secret === 'env' || value.secret === 'file')
}
