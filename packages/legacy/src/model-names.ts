interface Named {
  readonly key: string
  readonly schema: string
  readonly name: string
}

/** Names of models are lower-case letters, digits and `_`; what clashes then gets a number. By the keys that were given. */
export function modelNames(relations: readonly Named[]): ReadonlyMap<string, string> {
  const taken = new Set<string>()
  return new Map(
    relations.map(({ key, schema, name }) => {
      const wanted = `${plainName(schema)}.${plainName(name)}`
      let found = wanted
      for (let number = 2; taken.has(found); number++) found = `${wanted}_${number}`
      taken.add(found)
      return [key, found] as const
    }),
  )
}

function plainName(text: string): string {
  return text
    .toLowerCase()
    .replaceAll(/[^a-z0-9_]/g, '_')
    .replace(/^(?=\d)/, '_')
}
