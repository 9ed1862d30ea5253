import { performance } from 'node:perf_hooks'

/** By the clock; of the thread that did the work (with workers, of the runner's thread and the busiest worker); of all threads of the process. */
export interface Spent {
  seconds: number
  cpuSeconds: number
  processCpuSeconds: number
}

export function startStopwatch(): () => Spent {
  const [startMs, thread, whole] = [performance.now(), process.threadCpuUsage(), process.cpuUsage()]
  return () => ({
    seconds: (performance.now() - startMs) / 1000,
    cpuSeconds: inSeconds(process.threadCpuUsage(thread)),
    processCpuSeconds: inSeconds(process.cpuUsage(whole)),
  })
}

export function addTo(sum: Spent, spent: Spent): void {
  sum.seconds += spent.seconds
  sum.cpuSeconds += spent.cpuSeconds
  sum.processCpuSeconds += spent.processCpuSeconds
}

function inSeconds({ user, system }: NodeJS.CpuUsage): number {
  return (user + system) / 1e6
}
