/** Whichever ends first ends the others; the first failure is what is raised. */
export async function endTogether(runs: readonly Promise<unknown>[], session: AbortController): Promise<void> {
  const failures: unknown[] = []
  const ended = runs.map((run) =>
    run
      .catch((error: unknown) => {
        if (!session.signal.aborted) failures.push(error)
      })
      .finally(() => session.abort()),
  )
  await Promise.all(ended)
  if (failures.length > 0) throw failures[0]
}
