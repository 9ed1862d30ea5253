/** Whether an error is the network's or the server's: those carry a code, and a defect of ours does not. */
export function isOutside(error: unknown): boolean {
  return error instanceof Error && 'code' in error && typeof error.code === 'string' && !error.code.startsWith('ERR_')
}
