/** What the door says of a batch that it took. */
export interface BatchAnswer {
  /** Of these events, how many were set aside because they did not fit. */
  readonly parked: number
  /** The ids under which the batch's streams have their schemas now. */
  readonly schemas: Readonly<Record<string, string>>
}

export function readBatchAnswer(text: string): BatchAnswer {
  try {
    const { parked, schemas } = (JSON.parse(text) ?? {}) as { parked?: unknown; schemas?: unknown }
    const known = typeof schemas === 'object' && schemas !== null ? Object.entries(schemas).filter(([, id]) => typeof id === 'string') : []
    return { parked: typeof parked === 'number' ? parked : 0, schemas: Object.fromEntries(known) }
  } catch {
    return { parked: 0, schemas: {} }
  }
}
