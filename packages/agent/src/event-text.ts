/**
 * An event as the text of one JSON object, written at the moment of `send`: what the host does to the object
 * afterwards changes nothing. `null` where it cannot be written. Never throws.
 */
export function eventText(event: unknown): string | null {
  try {
    return objectText(JSON.stringify(event))
  } catch {
    return carefulText(event)
  }
}

/** Once more, for the one thing that JSON lacks and a text can hold exactly: a large whole number. */
function carefulText(event: unknown): string | null {
  try {
    return objectText(JSON.stringify(event, (_, value: unknown) => (typeof value === 'bigint' ? String(value) : value)))
  } catch {
    return null
  }
}

function objectText(text: string | undefined): string | null {
  return text !== undefined && text.charCodeAt(0) === 0x7b ? text : null
}
