/** One listener of the process's end for all agents in it, so that many of them are no leak. */
const savers = new Set<() => void>()

export function atExit(save: () => void): () => void {
  if (savers.size === 0) process.on('exit', saveAll)
  savers.add(save)
  return () => {
    savers.delete(save)
    if (savers.size === 0) process.removeListener('exit', saveAll)
  }
}

function saveAll(): void {
  for (const save of savers) {
    try {
      save()
    } catch {
      // The process ends; there is nobody left to tell.
    }
  }
}
